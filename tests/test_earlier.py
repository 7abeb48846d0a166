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
from autograder.earlier import KIND, Earlier, taken_over
from autograder.grading import Grader
from autograder.report import read_report
from autograder.suites import judging
from autograder.suites.check_plugin import SUITES, collect, collect_checks
from autograder.suites.diagnosis import misconceptions
from tests.ppo_course import REPOSITORY, hand_in, released_course

FILES = sorted(path.name for path in (SUITES / "reinforce").glob("test_*.py"))
# It draws from the global generators, which must not make a difference between judging all checks and some.
UNSEEDED = """
def policy_gradient_loss(log_prob, score):
    torch.rand(3), np.random.rand(3)
    return -(log_prob * score).mean() * (1 if torch.rand(1) < 0.9 else 2)
"""
STUB = "def collect_experience(*args, **kwargs):\n    raise NotImplementedError\n"


@pytest.fixture(scope="module")
def graded(tmp_path_factory, warm):
    """A grader, and hand-ins with their reports."""
    course = released_course(tmp_path_factory.mktemp("course"), assignments=["reinforce"])
    grader = Grader(course, course.assignment("reinforce"), warm)
    mistake = next(each for each in misconceptions("reinforce") if each.exercise == "discounted_return")
    wrong = {"collect_experience": STUB, "policy_gradient_loss": UNSEEDED, mistake.exercise: mistake.source}
    changes: dict[str, dict[str, str]] = {"right": {}, "wrong": wrong}
    folders = [hand_in(course, name, changed, assignment="reinforce") for name, changed in changes.items()]
    return grader, {folder: grader.grade(folder).report for folder in folders}


def altered(file, *, passes):
    """The suite with another version of one of its files: all that it has passes, or its first check cannot be judged."""
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
    return folder


def run(folder, *command):
    """What a command of the copy says."""
    environment = os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"}
    words = [sys.executable, "-m", "autograder.cli", *command]
    done = subprocess.run(words, cwd=folder / "course", env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def grade(folder, *options):
    """Grades the class of the copy; what of it was taken over, and the report."""
    run(folder, "grade", "submitted", "--out", "results", "--workers", "1", "--no-gradebook", *options)
    report = read_report(folder / "course" / "results" / "student-01" / "ppo" / "report.json")
    return set(taken_over(report)), report


def change(folder, name):
    """Adds an empty line to a file of the suite."""
    with (folder / "autograder" / "suites" / "ppo" / name).open("a") as file:
        file.write("\n")


def test_from_the_command_line_a_changed_file_of_checks_is_judged_and_a_shared_one_has_all_judged(copy):
    everything = {each.exercise for each in collect_checks("ppo")} | {"policy"}
    nothing, first = grade(copy)
    assert nothing == set()
    change(copy, "test_critic_loss.py")
    taken, second = grade(copy)
    assert taken == everything - {"critic_loss"}
    assert without_record(second) == replace(first.without_times(), versions=second.versions)
    video = copy / "course" / "results" / "student-01" / "ppo" / "rollout.mp4"
    assert video.stat().st_size > 10_000
    change(copy, "test_actor_loss.py")
    taken, third = grade(copy)
    assert taken == everything - {"actor_loss"}
    suites = {name: run_of["suite"] for name, run_of in taken_over(third).items()}
    assert suites == dict.fromkeys(taken, first.versions["suite"]) | {"critic_loss": second.versions["suite"]}
    said = run(copy, "explain", "student-01", "ppo", "--results", "results")
    assert f"by suite {first.versions['suite']}; for them nothing has changed since" in said
    assert "critic_loss: verdicts of " in said
    assert grade(copy) == (taken, third)
    change(copy, "test_actor_loss.py")
    assert grade(copy, "--force")[0] == set()
    change(copy, "hidden_inputs.py")
    assert grade(copy)[0] == set()
