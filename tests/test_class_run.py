"""The made-up class, graded as `make demo` grades it: real notebooks, real sandbox, real gradebook."""

import csv
import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest

from autograder.class_run import ClassRun, grade_folder, write_class_reports
from autograder.course import Course, load_course
from autograder.demo import DemoStudent
from autograder.demo.demo_course import make_course
from autograder.errors import InputError
from autograder.outlets.feedback import render_feedback
from autograder.report import GradeReport, read_report, read_reports
from autograder.suites.diagnosis import misconceptions
from tests.made_up_course import run_nbgrader
from tests.untranslated import english_left, untranslated

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return Path(tmp_path_factory.mktemp("demo"), "course")


@pytest.fixture(scope="module")
def students(folder) -> dict[str, DemoStudent]:
    return {student.id: student for student in make_course(REPOSITORY, folder)}


@pytest.fixture(scope="module")
def course(folder, students) -> Course:
    return load_course(folder)


@pytest.fixture(scope="module")
def run(course) -> ClassRun:
    return grade_folder(course, course.root / "submitted", course.root / "results")


@pytest.fixture(scope="module")
def reports(run) -> dict[str, GradeReport]:
    return {report.student: report for report in run.reports}


def verdicts(report: GradeReport) -> dict[str, set[str]]:
    """The statuses that occur in each exercise."""
    found: dict[str, set[str]] = {}
    for check in report.checks:
        found.setdefault(check.exercise, set()).add(check.status)
    return found


def test_every_submission_has_a_report_with_the_status_that_was_foretold(course, reports, students):
    assert set(reports) == set(students)
    for student in students.values():
        report = reports[student.id]
        assert read_report(course.root / "results" / student.id / "ppo" / "report.json") == report
        assert student.expected_status in (None, report.status), student.description
        assert report.isolation == ("namespaces" if report.checks else report.isolation)
        if report.status == "needs_attention":
            assert report.attention
            assert report.score == report.bonus == 0.0


def test_the_wrong_exercises_and_no_others_are_failed(reports, students):
    for student in students.values():
        report = reports[student.id]
        if student.wrong is None or report.status != "graded":
            continue
        found = {name for name, statuses in verdicts(report).items() if statuses & {"failed", "timeout"}}
        assert found <= set(student.wrong), student.description
        for exercise in student.wrong:  # one that needs a missing one may be blocked as a whole
            assert verdicts(report)[exercise] != {"passed"}, (student.description, exercise)
        if not student.wrong:
            assert (report.score, report.bonus) == (5.0 if student.agent else 4.5, 1.0), student.description


def test_misconceptions_are_named_and_never_misnamed(reports, students):
    named = 0
    for student in students.values():
        if student.wrong is None:
            continue
        expected = dict(zip(student.wrong, student.misconceptions, strict=False))
        found = {check.exercise: check.misconception for check in reports[student.id].checks if check.misconception}
        assert found.items() <= expected.items(), student.description
        named += len(found)
    assert named >= 12  # of those that have a fingerprint


def test_feedback_names_the_misconception_and_shows_nothing_hidden(course, reports, students):
    sentences = {(each.exercise, each.id): each.sentence for each in misconceptions("ppo")}
    suites = [path.read_text() for path in Path(REPOSITORY, "autograder/suites/ppo").glob("test_*.py")]
    hidden_lines = {line.strip() for text in suites for line in text.splitlines() if len(line.strip()) > 60}
    hidden_lines -= {line for line in hidden_lines if "hint(" in line or line.startswith('"')}
    for report in reports.values():
        page = (course.root / "results" / report.student / "ppo" / "feedback.html").read_text()
        plain = re.sub(r"<[^>]+>", "", page).replace("&#39;", "'").replace("&#34;", '"')
        for check in report.checks:
            if check.misconception:
                start = sentences[check.exercise, check.misconception].split("`")[0][:25]
                assert start in plain, report.student
        for value in ("0.7733", "0.6802", "0.4850", "-0.5050", course.secret().hex()):
            assert value not in page
        assert not [line for line in hidden_lines if line in plain]


def test_no_english_sentence_is_left_in_a_russian_page(reports):
    for report in reports.values():
        texts = [check.message for check in report.checks] + [fact.get("text", "") for fact in report.evidence]
        assert [template for text in texts for template in untranslated(text)] == []
        page = render_feedback(report, "PPO", language="ru")
        said_by_python = {said for text in texts for said in english_left(text)}
        assert [said for said in english_left(page) if said not in said_by_python] == [], report.student


def test_lateness_takes_off_its_share(reports, students):
    for student in students.values():
        report = reports[student.id]
        if student.late_fraction:
            expected = student.late_fraction * (report.score + report.bonus)
            assert report.late_penalty == pytest.approx(expected)
            assert any(each["kind"] == "late" for each in report.evidence)
        else:
            assert report.late_penalty == 0.0


def test_executed_notebooks_are_valid_and_show_the_verdicts(course, reports, students):
    for report in reports.values():
        path = course.root / "results" / report.student / "ppo" / "executed.ipynb"
        assert path.exists() == bool(report.checks)
        if path.exists():
            notebook = nbformat.read(path, as_version=4)
            nbformat.validate(notebook)
            shown = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in notebook.cells}
            text = shown["check_actor_loss"].outputs[0].text
            points = sum(check.points for check in report.checks if check.exercise == "actor_loss")
            first = {"en": f"actor_loss: {points:g} of 0.75 points\n", "ru": f"actor_loss: баллов {points:g} из 0.75\n"}
            assert text.startswith(first[report.language])


def test_outputs_of_cells_are_kept(course, students):
    def outputs(description: str) -> str:
        student = next(each for each in students.values() if each.description == description)
        return Path(course.root, "results", student.id, "ppo", "executed.ipynb").read_text()

    assert "image/png" in outputs("a plot with %matplotlib inline")
    assert "100%" in outputs("progress bars")
    flood = outputs("prints a million lines")
    assert "more characters of output were dropped" in flood
    assert len(flood) < 3_000_000


def test_the_others_reports_are_byte_identical_without_the_hostile(course, reports, students, tmp_path):
    alone = tmp_path / "submitted"
    kept = [each for each in students.values() if not each.is_hostile]
    for student in kept:
        shutil.copytree(course.root / "submitted" / student.id, alone / student.id)
    again = grade_folder(course, alone, tmp_path / "results", write_gradebook=False)
    assert len(again.reports) == len(kept) < len(students)
    for report in again.reports:
        assert report.without_times().to_json() == reports[report.student].without_times().to_json()


def test_the_gradebook_has_the_grades_that_nbgrader_exports(course, reports):
    run_nbgrader(course, "export", "--to=grades.csv")
    with (course.root / "grades.csv").open() as stream:
        exported = {row["student_id"]: row for row in csv.DictReader(stream) if row["assignment"] == "ppo"}
    assert set(exported) == set(reports)
    for report in reports.values():
        if report.status == "graded":
            assert float(exported[report.student]["score"]) == pytest.approx(report.total)


def test_the_class_report_links_to_every_page(run, course, students):
    (page,) = run.pages
    text = page.read_text()
    for student in students:
        assert f"{student}/ppo/feedback.html" in text
        assert (page.parent / student / "ppo" / "feedback.html").exists()
    assert [page] == write_class_reports(course, read_reports(course.root / "results"), course.root / "results")


def test_the_report_is_json_as_it_is_documented(course, reports):
    path = next((course.root / "results").glob("*/ppo/report.json"))
    fields = json.loads(path.read_text())
    assert list(fields)[:4] == ["schema_version", "student", "assignment", "status"]
    assert set(fields["checks"][0]) - {"parts"} == {
        *("id", "exercise", "points", "max_points", "status", "message", "misconception", "seconds")
    }


def test_bad_input_is_refused_before_anything_is_graded(course, tmp_path):
    submitted = course.root / "submitted"
    with pytest.raises(InputError, match="expected a folder of submissions"):
        grade_folder(course, tmp_path / "nowhere", tmp_path / "results")
    with pytest.raises(InputError, match=r"expected one of .*, received 'dqn'"):
        grade_folder(course, submitted, tmp_path / "results", assignment="dqn")
    with pytest.raises(InputError, match="expected a folder of student"):
        grade_folder(course, submitted, tmp_path / "results", student="student-99")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="expected a folder to write results to"):
        grade_folder(course, submitted, tmp_path / "file", student="student-01")
    assert not (tmp_path / "results").exists()
