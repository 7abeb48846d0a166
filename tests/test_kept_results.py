"""Results of an earlier run: kept where nothing has changed, whatever ended that run."""

import json
import shutil
from pathlib import Path

import pytest

from autograder.class_run import grade_folder
from autograder.course import load_course
from autograder.errors import InputError
from autograder.gradebook_database import open_gradebook
from autograder.kept_results import STOP_SIGN, _of_software, only_grader
from autograder.report import read_reports
from tests.killed_grader import grade_in_spite_of_kills
from tests.ppo_course import hand_in, released_course

STUDENTS = [f"student-{number:02}" for number in range(1, 5)]
KILLS = 4
LIMITS = "\n[assignments.ppo.limits]\ncell_seconds = 7.0\n"
EXTENSION = '\n[assignments.ppo.extensions]\n"student-03" = 2027-01-20T23:59:00\n'


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = released_course(tmp_path_factory.mktemp("course"))
    for student in STUDENTS:
        hand_in(course, student, at="2027-01-10 10:00:00")
    (course.root / "submitted" / "student-02" / "ppo" / "ppo.ipynb").write_text("not a notebook")
    return course


@pytest.fixture(scope="module")
def results(course):
    """Results of a run that nothing disturbed."""
    run(course, course.root / "results")
    return course.root / "results"


@pytest.fixture
def again(course, results, tmp_path):
    """A copy of these results, and of the class, which a test may change."""
    shutil.copytree(results, tmp_path / "results")
    shutil.copytree(course.root, tmp_path / "course", ignore=shutil.ignore_patterns("results"))
    return load_course(tmp_path / "course"), tmp_path / "results"


def run(course, results, **options):
    return grade_folder(course, course.root / "submitted", results, workers=1, **options)


def reports(results: Path) -> dict[str, object]:
    """The reports, times aside."""

    def timeless(value):
        if isinstance(value, dict):
            return {name: timeless(each) for name, each in value.items() if name != "seconds"}
        return [timeless(each) for each in value] if isinstance(value, list) else value

    return {path.parts[-3]: timeless(json.loads(path.read_text())) for path in results.glob("*/*/report.json")}


def test_a_second_run_grades_nothing_and_starts_no_sandbox(course, results, monkeypatch):
    monkeypatch.setattr("autograder.desk.WarmProcess", None)
    second = run(course, results)
    assert second.kept == len(STUDENTS)
    assert [report.student for report in second.reports] == STUDENTS
    assert second.reports[1].status == "needs_attention"


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: hand_in(folder, "student-03", {"critic_loss": "def critic_loss(a, b): return 0"}),
        lambda folder: (folder.root / "submitted/student-03/ppo/timestamp.txt").write_text("2027-01-20 10:00:00"),
        lambda folder: (folder.root / "submitted/student-03/ppo/policy.safetensors").write_bytes(b"another agent"),
    ],
    ids=["notebook", "timestamp", "agent"],
)
def test_only_what_has_changed_is_graded_anew(again, change):
    copied, results = again
    before = reports(results)
    change(copied)
    second = run(copied, results)
    assert second.kept == len(STUDENTS) - 1
    after = reports(results)
    assert {student for student in before if before[student] != after[student]} == {"student-03"}
    assert run(copied, results).kept == len(STUDENTS)


def test_other_deadlines_and_titles_run_nothing_and_come_to_what_grading_anew_comes_to(again, monkeypatch, tmp_path):
    copied, results = again
    text = (copied.root / "course.toml").read_text()
    text = text.replace("2027-01-17T23:59:00", "2027-01-09T23:59:00").replace("PPO on HalfCheetah", "PPO, once more")
    (copied.root / "course.toml").write_text(text + EXTENSION)
    changed = load_course(copied.root)
    anew = run(changed, tmp_path / "anew", write_gradebook=False)
    monkeypatch.setattr("autograder.desk.WarmProcess", None)
    second = run(changed, results)
    assert second.kept == len(STUDENTS)
    assert reports(results) == reports(tmp_path / "anew")
    late = {report.student: report.late_penalty for report in second.reports}
    assert late == {report.student: report.late_penalty for report in anew.reports}
    assert late == pytest.approx({"student-01": 2.75, "student-02": 0.0, "student-03": 0.0, "student-04": 2.75})
    pages = [(results / student / "ppo" / "feedback.html").read_text() for student in STUDENTS]
    assert all("PPO, once more" in page for page in pages)
    with open_gradebook(changed) as gradebook:
        rows = {row.student.id: row.late_submission_penalty for row in gradebook.assignment_submissions("ppo")}
    assert rows == pytest.approx(late)


def test_an_extension_touches_nobody_else(again):
    copied, results = again
    before = {path: path.stat().st_mtime_ns for path in results.glob("*/*/*")}
    (copied.root / "course.toml").write_text((copied.root / "course.toml").read_text() + EXTENSION)
    assert run(load_course(copied.root), results, write_gradebook=False).kept == len(STUDENTS)
    touched = {path.parts[-3] for path, time in before.items() if path.stat().st_mtime_ns != time}
    assert touched == {"student-03"}
    assert "Extension" in (results / "student-03" / "ppo" / "feedback.html").read_text()


def test_another_secret_or_suite_or_release_or_limit_grades_all_anew(again, monkeypatch):
    copied, results = again
    for change in (
        lambda: (copied.root / "course.secret").write_text((copied.root / "course.secret").read_text()[::-1]),
        lambda: copied.released(copied.assignment("ppo"), "ru").write_text("{}"),
        lambda: monkeypatch.setattr("autograder.kept_results._of_software", lambda _: "another suite"),
        lambda: (copied.root / "course.toml").write_text((copied.root / "course.toml").read_text() + LIMITS),
    ):
        change()
        assert _kept_of_one(load_course(copied.root), results) == 0


def _kept_of_one(course, results):
    """Graded for one student alone, the one whose hand-in costs nothing."""
    kept: int = run(course, results, student="student-02", write_gradebook=False).kept
    return kept


def test_force_grades_all_anew_and_comes_to_the_same(again):
    copied, results = again
    before = reports(results)
    assert run(copied, results, student="student-01", force=True).kept == 0
    assert reports(results) == before


def test_a_report_whose_page_or_notebook_is_gone_is_made_anew(again):
    copied, results = again
    (results / "student-02" / "ppo" / "feedback.html").unlink()
    (results / "student-01" / "ppo" / "executed.ipynb").unlink()
    assert run(copied, results, write_gradebook=False).kept == len(STUDENTS) - 2
    assert (results / "student-02" / "ppo" / "feedback.html").exists()
    assert (results / "student-01" / "ppo" / "executed.ipynb").exists()


def test_neither_the_suite_of_another_assignment_nor_a_page_changes_what_is_judged(course, monkeypatch, tmp_path):
    package = tmp_path / "autograder"
    monkeypatch.setattr("autograder.kept_results._PACKAGE", package)
    monkeypatch.setattr("autograder.kept_results.SUITES", package / "suites")
    for name in ("suites/ppo/test_actor.py", "suites/ppo/calibration.json", "suites/judging.py"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text("{}")

    def found():
        _of_software.cache_clear()
        return _of_software("ppo")

    seen = [found()]
    (package / "suites" / "reinforce").mkdir()
    (package / "suites" / "reinforce" / "test_train.py").write_text("{}")
    assert found() == seen[0]
    (package / "outlets").mkdir()
    (package / "outlets" / "feedback.py").write_text("{}")
    assert found() == seen[0]
    for name in ("suites/ppo/test_actor.py", "suites/ppo/calibration.json", "suites/judging.py"):
        (package / name).write_text("[]")
        seen.append(found())
    assert len(set(seen)) == len(seen)
    _of_software.cache_clear()


def test_two_graders_do_not_write_to_one_folder(again):
    copied, results = again
    with only_grader(results), pytest.raises(InputError, match="found another `autograder grade` at work"):
        run(copied, results)
    assert run(copied, results).kept == len(STUDENTS)


def test_a_grader_that_is_killed_loses_nothing_and_grades_nothing_twice(course, results, tmp_path):
    """Killed at random moments, it comes to the results of an undisturbed run, with one grade for each student."""
    killed = tmp_path / "results"
    grade_in_spite_of_kills(course, killed, KILLS)
    assert reports(killed) == reports(results)
    with open_gradebook(course) as gradebook:
        rows = [(row.student.id, row.score) for row in gradebook.assignment_submissions("ppo")]
    assert sorted(student for student, _ in rows) == STUDENTS
    expected = {report.student: report.total for report in read_reports(results) if report.status == "graded"}
    assert {student: score for student, score in rows if student in expected} == pytest.approx(expected)


def test_a_stop_sign_does_not_outlive_its_grader(tmp_path):
    """Nor does one that a killed grader has left end the training runs of the next."""
    sign = tmp_path / STOP_SIGN
    sign.touch()
    with only_grader(tmp_path):
        assert not sign.exists()
        sign.touch()
    assert not sign.exists()
