"""What was recorded, as ``nbgrader export`` and formgrader read it."""

import csv
import html
import shutil

import nbformat
import pytest

from autograder.errors import InputError
from autograder.outlets.gradebook import place_executed, record
from autograder.release import release
from tests.made_up_course import (
    POINTS,
    copy_course,
    handed_in,
    made_report,
    make_course,
    run_nbgrader,
    ungradable,
)


@pytest.fixture(scope="module")
def released_once(tmp_path_factory):
    course = make_course(tmp_path_factory.mktemp("course"))
    release(course, course.assignment("numbers"), POINTS)
    return course


@pytest.fixture
def course(released_once, tmp_path):
    """A released course of its own, whose gradebook has no student."""
    return copy_course(released_once, tmp_path)


@pytest.fixture
def api(course, monkeypatch, tmp_path_factory):
    """What formgrader asks, of the course as nbgrader_config.py sets it up."""
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path_factory.mktemp("jupyter")))
    place = CourseDirectory(
        root=str(course.root), db_url=course.database, course_id=course.id, source_directory="build/source"
    )
    return NbGraderAPI(place)


def test_nbgrader_export_writes_the_right_numbers(course):
    reports = [
        made_report("student-07", failed=("double.0",), evidence=(handed_in("2027-01-17T20:00:00+01:00"),)),
        made_report("student-08", late=0.5, evidence=(handed_in("2027-01-20T20:00:00+01:00"),)),
        ungradable("student-13"),
    ]
    record(course, reports)
    run_nbgrader(course, "export", "--to", "grades.csv")
    with (course.root / "grades.csv").open(encoding="utf-8") as stream:
        lines = {line["student_id"]: line for line in csv.DictReader(stream)}
    assert {line["assignment"] for line in lines.values()} == {"numbers"}
    for report in reports:
        line = lines[report.student]
        assert float(line["score"]) == pytest.approx(report.total)
        assert float(line["raw_score"]) == pytest.approx(report.score + report.bonus)
        assert float(line["late_submission_penalty"]) == pytest.approx(report.late_penalty)
        assert float(line["max_score"]) == 2.0
        assert line["duedate"] == "2027-01-17 22:59:00"
    assert lines["student-08"]["timestamp"] == "2027-01-20 19:00:00"


def write_executed(results, course, student):
    folder = results / student / "numbers"
    folder.mkdir(parents=True)
    shutil.copy(course.nbgrader_source_dir / "numbers" / "numbers.ipynb", folder / "executed.ipynb")


def test_formgrader_lists_the_class_and_finds_the_executed_notebooks(course, api, tmp_path):
    reports = [made_report("student-07", failed=("double.0",)), ungradable("student-13")]
    write_executed(tmp_path / "results", course, "student-07")
    for report in reports:
        (course.root / "submitted" / report.student / "numbers").mkdir(parents=True)
    record(course, reports)
    place_executed(course, reports, tmp_path / "results")
    assert [assignment["name"] for assignment in api.get_assignments()] == ["numbers"]
    listed = {each["student"]: each for each in api.get_submissions("numbers")}
    assert {name: each["autograded"] for name, each in listed.items()} == {"student-07": True, "student-13": True}
    assert {name: each["score"] for name, each in listed.items()} == {"student-07": 3.0, "student-13": 0.0}
    assert {name: each["needs_manual_grade"] for name, each in listed.items()} == {
        "student-07": False,
        "student-13": True,
    }
    shown = api.get_notebook_submissions("numbers", "numbers")
    assert {each["student"]: each["score"] for each in shown} == {"student-07": 3.0, "student-13": 0.0}
    assert {each["student"]: each["needs_manual_grade"] for each in shown} == {"student-07": False, "student-13": True}


def test_nbgraders_feedback_on_a_hand_in_that_is_no_notebook_says_why(course, tmp_path):
    reports = [made_report("student-07"), ungradable("student-13")]
    write_executed(tmp_path / "results", course, "student-07")
    for report in reports:
        (course.root / "submitted" / report.student / "numbers").mkdir(parents=True)
    record(course, reports)
    place_executed(course, reports, tmp_path / "results")
    run_nbgrader(course, "generate_feedback", "numbers")
    run_nbgrader(course, "generate_feedback", "numbers", "--student", "student-13", "--force")
    page = (course.root / "feedback" / "student-13" / "numbers" / "numbers.html").read_text()
    assert "expected a notebook in JSON, received an empty file" in html.unescape(page)
    assert (course.root / "feedback" / "student-07" / "numbers" / "numbers.html").exists()


def test_an_executed_notebook_is_replaced_and_the_released_one_stands_for_one_that_is_gone(course, tmp_path):
    report = made_report()
    place = course.autograded_dir / "student-07" / "numbers" / "numbers.ipynb"
    write_executed(tmp_path / "results", course, "student-07")
    place_executed(course, [report], tmp_path / "results")
    place_executed(course, [report], tmp_path / "results")
    assert place.read_bytes() == (tmp_path / "results" / "student-07" / "numbers" / "executed.ipynb").read_bytes()
    shutil.rmtree(tmp_path / "results")
    hopeless = ungradable("student-07")
    place_executed(course, [hopeless], tmp_path / "results")
    cells = nbformat.read(place, as_version=4).cells
    assert cells[0].source == hopeless.attention
    assert nbformat.read(course.released(course.assignment("numbers")), as_version=4).cells[0].source == cells[1].source


def test_a_folder_that_cannot_be_written_is_named(course, tmp_path):
    course.autograded_dir.write_text("a file", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be copied to"):
        place_executed(course, [made_report()], tmp_path / "results")
