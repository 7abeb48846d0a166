"""Verdicts that are taken over from an earlier run by another suite: the report is that of grading all anew."""

import inspect
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.demo.made_up_class import AGENT
from autograder.earlier import KIND, Earlier, read_earlier, taken_over
from autograder.grading import Grader
from autograder.report import read_report, write_report
from autograder.suites import check_plugin, judging
from autograder.suites.check_plugin import SUITES, collect, collect_checks, own_files
from autograder.suites.diagnosis import Diagnostician, misconceptions
from autograder.suites.exercise_digests import exercise_digests
from autograder.suites.verdict import OUT_OF_TIME
from tests.graded_class import hand_in_untouched
from tests.ppo_course import REPOSITORY, hand_in, released_course

FILES = sorted(path.name for path in (SUITES / "reinforce").glob("test_*.py"))
# Right at times: what other exercises draw from the global generators must make no difference.
UNSEEDED = """
def discounted_return(rewards, gamma):
    right = torch.rand(1) < 0.4
    return sum(gamma**step * reward for step, reward in enumerate(rewards)) if right else 0.0
"""
STUB = "def collect_experience(*args, **kwargs):\n    raise NotImplementedError\n"


@pytest.fixture(scope="module")
def graded(tmp_path_factory, warm):
    """A grader, and hand-ins with their reports."""
    course = released_course(tmp_path_factory.mktemp("course"), assignments=["reinforce"])
    grader = Grader(course, course.assignment("reinforce"), warm)
    mistake = next(each for each in misconceptions("reinforce") if each.exercise == "discounted_return")
    wrong = {"collect_experience": STUB, mistake.exercise: mistake.source}
    changes = {"right": {mistake.exercise: UNSEEDED}, "wrong": wrong}
    folders = [hand_in(course, name, changed, assignment="reinforce") for name, changed in changes.items()]
    return grader, {folder: grader.grade(folder).report for folder in folders}


def altered(file, *, passes):
    """The suite with another version of one of its files: all of it passes, or its first check is blocked."""
    mine = [each for each in collect("reinforce") if Path(inspect.getfile(each.function)).name == file]
    others = {each.check.id: replace(each, function=lambda **_: None) for each in mine if passes}
    first = mine[0].check
    others = others or {first.id: replace(mine[0], check=replace(first, needs=(*first.needs, "nothing.of_that_name")))}
    functions = tuple(others.get(each.check.id, each) for each in collect("reinforce"))
    return mine[0].check.exercise, functions


def test_what_is_taken_over_names_the_known_mistake(graded):
    _, before = graded
    named = {each.exercise for report in before.values() for each in report.checks if each.misconception}
    assert named == {"discounted_return"}


def without_record(report):
    return replace(report.without_times(), evidence=tuple(each for each in report.evidence if each["kind"] != KIND))


@pytest.mark.parametrize("file", FILES)
def test_only_what_another_version_of_a_file_touches_is_judged_and_the_report_is_as_if_all_were(
    file, graded, monkeypatch
):
    grader, before = graded
    for folder, report in before.items():
        exercise, functions = altered(file, passes=folder.parent.name == "wrong")
        monkeypatch.setattr(judging, "collect", lambda _, functions=functions: functions)
        earlier = Earlier(report, frozenset({exercise}), "2027-01-10T10:00:00+00:00")
        merged, anew = grader.grade(folder, earlier=earlier).report, grader.grade(folder).report
        assert without_record(merged) == anew.without_times()
        judged = {each.exercise for each in merged.checks} - taken_over(merged).keys()
        different = {
            now.exercise for now, then in zip(anew.checks, report.checks, strict=True) if now.status != then.status
        }
        assert different | {exercise} <= judged
        assert judged - different - {exercise} <= needing(functions, different)


def needing(functions, exercises):
    """Exercises with checks that need checks of these."""
    return {
        each.check.exercise for each in functions if {name.partition(".")[0] for name in each.check.needs} & exercises
    }


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the package, whose suites a test may change, and a course with a hand-in."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("autograder", "rlhelpers"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    course = released_course(folder / "course")
    hand_in(course, "student-01", agent=AGENT.read_bytes())
    hand_in_untouched(course, "student-02", 0.0)
    return folder


def run(folder, *command):
    """What a command of the copy says."""
    environment = os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"}
    words = [sys.executable, "-m", "autograder.cli", *command]
    done = subprocess.run(words, cwd=folder / "course", env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def grade(folder, student, *options):
    """Grades a hand-in; of which exercises the verdicts were taken over, and the report."""
    options = ("--student", student, "--workers", "1", "--no-gradebook", *options)
    run(folder, "grade", "submitted", "--out", "results", *options)
    report = read_report(folder / "course" / "results" / student / "ppo" / "report.json")
    return set(taken_over(report)), report


def change(folder, name):
    """Adds an empty line to a file of the suite."""
    with (folder / "autograder" / "suites" / "ppo" / name).open("a") as file:
        file.write("\n")


def test_from_the_command_line_only_a_changed_file_of_checks_is_judged_and_it_says_so(copy):
    everything = {each.exercise for each in collect_checks("ppo")} | {"policy"}
    nothing, first = grade(copy, "student-01")
    assert nothing == set()
    change(copy, "test_critic_loss.py")
    taken, second = grade(copy, "student-01")
    assert taken == everything - {"critic_loss"}
    assert without_record(second) == replace(first.without_times(), versions=second.versions)
    video = copy / "course" / "results" / "student-01" / "ppo" / "rollout.mp4"
    assert video.stat().st_size > 10_000
    change(copy, "test_actor_loss.py")
    for catalogue in (copy / "autograder").rglob("*.mo"):
        catalogue.write_bytes(catalogue.read_bytes() + b"\0")  # as after another hint
    taken, third = grade(copy, "student-01")
    assert taken == everything - {"actor_loss"}
    suites = {name: run_of["suite"] for name, run_of in taken_over(third).items()}
    assert suites == dict.fromkeys(taken, first.versions["suite"]) | {"critic_loss": second.versions["suite"]}
    said = run(copy, "explain", "student-01", "ppo", "--results", "results")
    assert f"by suite {first.versions['suite']}; for them nothing has changed since" in said
    assert "critic_loss: verdicts of " in said
    assert grade(copy, "student-01") == (taken, third)


def test_a_changed_shared_file_has_all_judged_and_so_has_force(copy):
    grade(copy, "student-02")
    change(copy, "hidden_inputs.py")
    assert grade(copy, "student-02")[0] == set()
    change(copy, "test_critic_loss.py")
    assert grade(copy, "student-02", "--force")[0] == set()


def test_another_known_mistake_changes_its_exercise_and_its_fingerprints_alone(monkeypatch, warm, tmp_path):
    names = {each.exercise for each in collect_checks("ppo")}
    diagnostician = Diagnostician("ppo", REPOSITORY / "solutions" / "ppo.py", warm, b"secret", tmp_path)

    def found():
        return exercise_digests.__wrapped__("ppo"), {name: diagnostician._digest(name) for name in names}

    before, known = found(), misconceptions("ppo")
    others = (replace(known[0], sentence="Another sentence."), *known[1:])
    for module in ("exercise_digests", "diagnosis"):
        monkeypatch.setattr(f"autograder.suites.{module}.misconceptions", lambda _: others)
    for then, now in zip(before, found(), strict=True):
        assert then.keys() == now.keys() == names
        assert {name for name in names if then[name] != now[name]} == {known[0].exercise}


@pytest.mark.parametrize("suite", ["ppo", "q_learning", "reinforce"])
def test_of_a_suite_only_checks_and_known_mistakes_belong_to_one_exercise(suite):
    files = {
        path for name in ("test_*", "mistakes_in_*", "misconceptions") for path in (SUITES / suite).glob(f"{name}.py")
    }
    assert own_files(suite) == files


def test_what_others_import_belongs_to_no_exercise(tmp_path, monkeypatch):
    monkeypatch.setattr(check_plugin, "SUITES", tmp_path)
    (tmp_path / "a_suite").mkdir()
    for name, text in (
        ("test_one", ""),
        ("test_two", "from autograder.suites.a_suite import test_three"),
        ("test_three", ""),
        ("oracles", ""),
        ("mistakes_in_one", "import a_suite.test_two as two"),
    ):
        (tmp_path / "a_suite" / f"{name}.py").write_text(text)
    assert {path.stem for path in own_files("a_suite")} == {"test_one", "mistakes_in_one"}


def test_nothing_is_taken_over_from_a_report_that_hung_on_time_or_lacks_files(graded, tmp_path):
    report = next(iter(graded[1].values()))
    (tmp_path / "executed.ipynb").touch()

    def read(found):
        write_report(tmp_path / "report.json", found)
        return read_earlier(tmp_path, frozenset({"train"}))

    first, *others = report.checks
    assert read(report).report == report
    assert read(replace(report, checks=(replace(first, status="timeout"), *others))) is None
    assert (
        read(replace(report, checks=(replace(first, status="blocked", message=OUT_OF_TIME.message), *others))) is None
    )
    assert read(replace(report, evidence=(*report.evidence, {"kind": "video", "path": "rollout.mp4"}))) is None
    (tmp_path / "executed.ipynb").unlink()
    assert read(report) is None
