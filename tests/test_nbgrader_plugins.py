"""``nbgrader autograde`` and ``generate_feedback`` as they are installed, against ``autograder grade``, on PPO."""

import csv
import html
import json

import pytest

from autograder.class_run import grade_folder
from autograder.course import load_course
from autograder.grading_plan import GradingPlan
from autograder.kept_results import only_grader
from autograder.nbgrader_plugins import SandboxedExecution
from tests.made_up_course import run_nbgrader
from tests.ppo_course import REPOSITORY, hand_in, released_course

IN_TIME = "2027-01-10 12:00:00 UTC"
LATE = "2027-01-18 12:00:00 UTC"
STUB = 'raise NotImplementedError("to be written")'
WRONG_LOSS = "def critic_loss(target_values, pred_values):\n    return ((target_values - pred_values) ** 2).sum()\n"
NOISE = "import sys, warnings\nprint('noise', file=sys.stderr)\nwarnings.warn('more noise')\n"
ON_TIME_BY_EXTENSION = '\n[assignments.ppo.extensions]\n"student-06" = 2027-01-20T23:59:00\n'


def with_cell(folder, source):
    """Adds a cell of the student's own at the end."""
    path = folder / "ppo.ipynb"
    notebook = json.loads(path.read_text())
    cell = {"cell_type": "code", "id": "own", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
    path.write_text(json.dumps(notebook | {"cells": [*notebook["cells"], cell]}))


def grades(course):
    """What nbgrader exports, by student."""
    run_nbgrader(course, "export", "--to", "grades.csv")
    with (course.root / "grades.csv").open(encoding="utf-8") as stream:
        lines = list(csv.DictReader(stream))
    names = ("score", "raw_score", "late_submission_penalty")
    return {line["student_id"]: {name: line[name] for name in names} for line in lines if line["assignment"] == "ppo"}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = released_course(tmp_path_factory.mktemp("course"), ON_TIME_BY_EXTENSION)
    hand_in(course, "student-01", at=IN_TIME)
    hand_in(course, "student-02", {"critic_loss": WRONG_LOSS, "PPOTrainer": STUB}, at=IN_TIME)
    hand_in(course, "student-03", at=LATE)
    with_cell(hand_in(course, "student-04", at=IN_TIME), NOISE)
    hopeless = hand_in(course, "student-05", at=IN_TIME)
    (hopeless / "ppo.ipynb").write_text("My homework: I trained it and it runs.")
    hand_in(course, "student-06", at=LATE)
    hand_in(course, "student-07", at=IN_TIME, language="ru")
    return course


@pytest.fixture(scope="module")
def by_nbgrader(course):
    """Grades after ``nbgrader autograde`` and ``generate_feedback`` of the class."""
    run_nbgrader(course, "autograde", "ppo")
    run_nbgrader(course, "generate_feedback", "ppo")
    return grades(course)


def test_nbgrader_gives_what_autograder_gives(course, by_nbgrader):
    from nbgrader.api import Gradebook

    with Gradebook(course.database, course.id) as gradebook:
        waiting = {each.student.id: each.needs_manual_grade for each in gradebook.assignment_submissions("ppo")}
    run = grade_folder(course, course.root / "submitted", course.root / "results-of-ours", workers=1)
    assert by_nbgrader == grades(course)  # recorded anew by us
    scores = {report.student: report for report in run.reports}
    assert set(by_nbgrader) == set(scores) == {f"student-0{number}" for number in range(1, 8)}
    for student, line in by_nbgrader.items():
        assert float(line["score"]) == pytest.approx(scores[student].total), student
    full = float(by_nbgrader["student-01"]["score"])
    assert scores["student-01"].bonus > 0 and full == pytest.approx(
        scores["student-01"].score + scores["student-01"].bonus
    )
    assert 0 < float(by_nbgrader["student-02"]["score"]) < full
    assert float(by_nbgrader["student-03"]["score"]) == pytest.approx(full / 2)
    assert all(float(by_nbgrader[f"student-0{number}"]["score"]) == pytest.approx(full) for number in (4, 6, 7))
    assert waiting["student-05"] and scores["student-05"].status == "needs_attention"


def test_the_usual_files_are_there(course, by_nbgrader):
    for student in by_nbgrader:
        folder = course.root / "results" / student / "ppo"
        assert (folder / "report.json").exists() and (folder / "feedback.html").exists()
    page = (course.root / "results" / "student-06" / "ppo" / "feedback.html").read_text()
    assert "Extension: full points up to 2027-01-20 23:59 (Europe/Prague)" in page
    assert "half of them up to 2027-02-03 23:59 (Europe/Prague)" in page


def test_nbgraders_feedback_shows_messages_points_and_lateness(course, by_nbgrader):
    pages = {name: (course.root / "feedback" / name / "ppo" / "ppo.html").read_text() for name in by_nbgrader}
    report = json.loads((course.root / "results" / "student-02" / "ppo" / "report.json").read_text())
    told = [check["message"] for check in report["checks"] if check["exercise"] == "critic_loss" and check["message"]]
    shown = html.unescape(pages["student-02"])
    assert told and all(line in shown for each in told for line in str(each).splitlines())
    assert "after the soft deadline (2027-01-17 23:59 (Europe/Prague)): 50% is taken off" in pages["student-03"]
    assert "expected a notebook" in pages["student-05"]


def test_what_was_graded_is_graded_again_by_neither_command(course, by_nbgrader):
    results = course.root / "results"
    written = {path: path.stat().st_mtime_ns for path in results.glob("*/ppo/report.json")}
    with only_grader(results):  # and what is kept is not waited for
        run_nbgrader(course, "autograde", "ppo", "--force")
    assert grades(course) == by_nbgrader
    assert grade_folder(course, course.root / "submitted", results, workers=1).kept == len(written) == len(by_nbgrader)
    assert written == {path: path.stat().st_mtime_ns for path in results.glob("*/ppo/report.json")}


def test_the_course_of_the_repository_has_no_extensions():
    assert not load_course(REPOSITORY).assignment("ppo").extensions


def test_whatever_the_command_line_can_ask_for_nbgrader_can():
    assert SandboxedExecution()._plan() == GradingPlan()
    asked = SandboxedExecution(tier="score", device="cpu", videos=False, timesteps=1000)
    assert asked._plan() == GradingPlan(tier="score", device="cpu", videos=False, timesteps=1000)
