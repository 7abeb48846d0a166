"""A small calibration of PPO's cheapest training check, in real sandboxes: stopped, gone on with, and written."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from autograder.calibration.plan import Trainer, groups, select_checks, trainers
from autograder.calibration.process import Request, calibrate
from autograder.console import calibration_table
from autograder.course import load_course
from autograder.errors import InputError
from autograder.suites.calibrated import Calibration
from tests.course.judged_suite import ROOT

NAME = "PPOTrainer.learn_finds_out_which_actions_pay"
RUNS = 30  # of right trainers without a failure: below 0.1% for three attempts
STILL = Trainer("still", "right", "", ("PPOTrainer",))


@pytest.fixture(scope="module")
def request_(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    course = replace(load_course(ROOT), root=folder)
    (folder / "solutions").symlink_to(ROOT / "solutions")
    check = replace(select_checks("ppo", (NAME,))[0], broken=("ascends", "trains_a_copy"))
    return Request(course, "ppo", (check,), (STILL,), RUNS, 1, folder / "calibration.json")


@pytest.fixture(scope="module")
def calibrated(request_):
    """The calibration, and how many chunks were measured before and after an interruption."""
    counts = []

    def interrupted(chunks, total, title):
        counts.append((title, total))
        for number, chunk in enumerate(chunks):
            if number == 2:
                raise KeyboardInterrupt
            yield chunk

    def whole(chunks, total, title):
        counts.append((title, total))
        yield from chunks

    with pytest.raises(KeyboardInterrupt):
        calibrate(request_, interrupted)
    return calibrate(request_, whole), counts


def test_what_was_measured_before_an_interruption_is_not_measured_again(calibrated):
    (_, planned), (_, left), (_, more) = calibrated[1]
    assert planned == 2 * 5  # 30 runs are two chunks; reference, a variant, two broken trainers, an untrained one
    assert left == planned - 2
    assert more == 0


def test_the_file_holds_what_was_found(request_, calibrated):
    assert Calibration.from_json(request_.file.read_text()) == calibrated[0]


def test_thresholds_lie_between_right_and_broken_trainers(calibrated):
    (check,) = calibrated[0].checks
    found = {each.name: each for each in check.trainers}
    assert check.attempts == 3
    assert set(found) == {"reference", "still", "ascends", "trains_a_copy", "untrained"}
    assert {each.runs for each in check.trainers} == {RUNS}
    assert max(found["ascends"].quantiles) < max(found["untrained"].quantiles) == 0.0 < check.threshold
    assert check.threshold < min(found["reference"].quantiles)
    assert (found["reference"].reached, found["ascends"].reached) == (RUNS, 0)
    assert found["reference"].joint_bound <= 0.001
    assert found["reference"].quantiles == found["still"].quantiles  # the same code, the same seeds


def test_the_table_says_how_often_checks_are_wrong(calibrated):
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(calibration_table(calibrated[0]))
    text = console.export_text()
    assert "PPOTrainer.learn_finds_out_which_actions_pay" in text
    assert "≤ 0.086%" in text  # 30 runs without a failure: (1 - 0.05 ** (1 / 30)) ** 3
    assert "0 of 3" in text  # 30 runs of a broken trainer prove nothing


def test_a_name_that_no_check_has_is_refused():
    with pytest.raises(InputError, match=r"expected one of PPOTrainer\.update_makes_good_actions_likelier"):
        select_checks("ppo", ("learns",))
    with pytest.raises(InputError, match="expected training checks in"):
        select_checks("gymnasium_intro", ())


def test_checks_of_one_run_are_measured_together():
    found = groups(select_checks("ppo", ()))
    assert [len(group.checks) for group in found if group.name == "updated"] == [4]
    assert len({group.name for group in found}) == len(found)
    for group in found:
        names = [each.name for each in trainers(group, ())]
        assert names[0] == "reference"
        assert len(names) == len(set(names))
