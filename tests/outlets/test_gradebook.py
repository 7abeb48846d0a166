"""Reports in nbgrader's gradebook, read back through its API."""

import sqlite3
from dataclasses import replace
from datetime import datetime

import pytest

from autograder.course import load_course
from autograder.errors import InputError
from autograder.gradebook_database import open_gradebook
from autograder.outlets.gradebook import record, require_released
from autograder.release import release
from tests.made_up_course import POINTS, copy_course, handed_in, made_report, make_course, rows, ungradable


@pytest.fixture(scope="module")
def released_once(tmp_path_factory):
    course = make_course(tmp_path_factory.mktemp("course"))
    release(course, course.assignment("numbers"), POINTS)
    return course


@pytest.fixture
def course(released_once, tmp_path):
    """A released course of its own, whose gradebook has no student."""
    return copy_course(released_once, tmp_path)


def grades(course, student="student-07"):
    """Per exercise: automatic score, extra credit, manual score, whether a person has to look."""
    with open_gradebook(course) as gradebook:
        notebook = gradebook.find_submission_notebook("numbers", "numbers", student)
        return {
            grade.name.removeprefix("check_"): (
                grade.auto_score,
                grade.extra_credit,
                grade.manual_score,
                grade.needs_manual_grade,
            )
            for grade in notebook.grades
        }


def submission(course, student="student-07"):
    with open_gradebook(course) as gradebook:
        found = gradebook.find_submission("numbers", student)
        return found.to_dict() | {"late_penalty": found.late_submission_penalty}


def grade_by_hand(course, exercise, student="student-07", **values):
    """Does what formgrader does when a person enters a score."""
    with open_gradebook(course) as gradebook:
        grade = gradebook.find_grade(f"check_{exercise}", "numbers", "numbers", student)
        for name, value in values.items():
            setattr(grade, name, value)
        grade.needs_manual_grade = grade.manual_score is None and grade.auto_score is None
        gradebook.db.commit()


def test_points_of_an_exercise_are_the_score_of_its_cell_and_bonus_is_extra_credit(course):
    record(course, [made_report(failed=("double.1",))])
    assert grades(course) == {
        "double": (1.0, None, None, False),
        "halve": (0.0, 2.0, None, False),
        "Counter": (0.5, None, None, False),
    }


def test_full_points_count_as_full_in_spite_of_floating_point(course):
    record(course, [made_report()])  # 0.1 + 0.2 + 0.2 is not 0.5 in binary
    with open_gradebook(course) as gradebook:
        notebook = gradebook.find_submission_notebook("numbers", "numbers", "student-07")
        assert [grade.name for grade in notebook.grades if grade.failed_tests] == []
        assert (notebook.score, notebook.max_score) == (4.0, 2.0)


def test_the_gradebooks_total_is_the_reports(course):
    report = made_report(failed=("Counter.2",), late=0.5)
    record(course, [report])
    found = submission(course)
    assert found["score"] - found["late_penalty"] == pytest.approx(report.total)
    assert found["late_penalty"] == report.late_penalty > 0
    assert not found["needs_manual_grade"]


def test_students_that_the_gradebook_does_not_know_are_added_and_others_kept(course):
    with open_gradebook(course) as gradebook:
        gradebook.add_student("student-07", first_name="Žofie", last_name="Němcová")
    record(course, [made_report("student-07"), made_report("student-08"), made_report("študent 9")])
    with open_gradebook(course) as gradebook:
        assert {student.id for student in gradebook.students} == {"student-07", "student-08", "študent 9"}
        assert gradebook.find_student("student-07").last_name == "Němcová"
        assert len(gradebook.assignment_submissions("numbers")) == 3


def test_recording_twice_changes_nothing(course):
    reports = [made_report(late=0.5, evidence=(handed_in("2027-01-18T10:00:00+01:00"),)), ungradable()]
    record(course, reports)
    before = rows(course)
    record(course, reports)
    assert rows(course) == before


def test_a_newer_report_replaces_an_older_one(course):
    record(course, [made_report(late=0.5, evidence=(handed_in("2027-01-18T10:00:00+01:00"),))])
    record(
        course,
        [
            made_report(
                failed=(
                    "double.0",
                    "halve.0",
                )
            )
        ],
    )
    assert grades(course)["double"] == (0.5, None, None, False)
    assert grades(course)["halve"] == (0.0, 0.0, None, False)
    assert submission(course)["late_penalty"] == 0
    assert submission(course)["timestamp"] is None


@pytest.mark.parametrize(
    "at", ["2027-01-18T10:00:00+01:00", "2027-01-18T09:00:00+00:00", "2027-01-18T09:00:00Z"], ids=str
)
def test_the_time_of_the_hand_in_is_kept_in_utc_as_nbgrader_does(course, at):
    record(course, [made_report(evidence=({"kind": "note", "text": "."}, handed_in(at)))])
    with open_gradebook(course) as gradebook:
        found = gradebook.find_submission("numbers", "student-07")
        assert found.timestamp == datetime(2027, 1, 18, 9)
        assert found.total_seconds_late == 10 * 3600 + 60


@pytest.mark.parametrize("at", ["yesterday", "2027-01-18T10:00:00", 7, None])
def test_a_time_that_names_no_instant_is_refused(course, at):
    with pytest.raises(InputError, match="student-07, numbers: submitted at: expected an ISO 8601 time with a zone"):
        record(course, [made_report(evidence=(handed_in(at),))])


def test_a_hand_in_that_needs_attention_gives_no_zero_but_waits_for_a_person(course):
    record(course, [ungradable(), made_report()])
    assert set(grades(course, "student-13").values()) == {(None, None, None, True)}
    with open_gradebook(course) as gradebook:
        waiting = {each["student"]: each["needs_manual_grade"] for each in gradebook.submission_dicts("numbers")}
        notebooks = gradebook.notebook_submission_dicts("numbers", "numbers")
    assert waiting == {"student-07": False, "student-13": True}
    assert {each["student"]: each["needs_manual_grade"] for each in notebooks} == waiting


def test_a_grade_is_withdrawn_when_the_new_hand_in_needs_attention(course):
    record(course, [made_report()])
    record(course, [ungradable("student-07")])
    assert set(grades(course).values()) == {(None, None, None, True)}
    record(course, [made_report()])
    assert grades(course)["halve"] == (0.0, 2.0, None, False)


def test_an_exercise_that_no_check_has_judged_is_left_to_a_person(course):
    whole = made_report()
    record(course, [replace(whole, checks=tuple(each for each in whole.checks if each.exercise != "double"))])
    assert grades(course)["double"] == (None, None, None, True)
    assert grades(course)["Counter"] == (0.5, None, None, False)


def test_what_a_person_has_entered_stays_and_is_marked_only_if_the_points_under_it_change(course):
    record(course, [made_report(failed=("double.0",))])
    grade_by_hand(course, "double", manual_score=1.25)
    grade_by_hand(course, "Counter", extra_credit=0.25)
    record(course, [made_report(failed=("double.0",))])
    assert grades(course)["double"] == (0.5, None, 1.25, False)
    assert grades(course)["Counter"] == (0.5, 0.25, None, False)
    record(course, [made_report()])
    assert grades(course)["double"] == (1.5, None, 1.25, True)


def test_a_person_who_settles_a_hand_in_that_needs_attention_is_not_asked_again(course):
    record(course, [ungradable()])
    for exercise in POINTS:
        grade_by_hand(course, exercise, "student-13", manual_score=0.5)
    record(course, [ungradable()])
    assert not submission(course, "student-13")["needs_manual_grade"]
    assert submission(course, "student-13")["score"] == 1.5


def test_lateness_takes_its_share_of_scores_that_a_person_has_changed(course):
    record(course, [made_report(late=0.5)])
    grade_by_hand(course, "double", manual_score=0.5)
    record(course, [made_report(late=0.5)])
    assert submission(course)["score"] == 3.0
    assert submission(course)["late_penalty"] == 1.5


def test_an_assignment_that_was_not_released_is_refused_with_the_remedy(tmp_path):
    course = make_course(tmp_path)
    with pytest.raises(InputError, match=r"expected the assignment numbers, .*run `autograder release`"):
        record(course, [made_report()])
    with pytest.raises(InputError, match=r"expected the assignment numbers, .*run `autograder release`"):
        require_released(course, ["numbers"])


def test_a_released_assignment_can_be_recorded(course):
    before = rows(course)
    require_released(course, ["numbers", "numbers"])
    assert rows(course) == before


def test_a_report_of_an_unknown_assignment_is_refused_and_nothing_is_written(course):
    before = rows(course)
    with pytest.raises(InputError, match="expected one of numbers, received 'pong'"):
        record(course, [made_report(), replace(made_report(), assignment="pong")])
    assert rows(course) == before


def test_exercises_that_changed_since_the_release_are_refused(course):
    toml = course.root / "course.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace('"Counter"]', '"Counter", "third"]'), encoding="utf-8")
    with pytest.raises(InputError, match=r"expected the cells .*check_third.* run `autograder release`"):
        record(load_course(course.root), [made_report()])


def test_points_that_grew_since_the_release_are_refused(course):
    report = made_report()
    more = tuple(replace(check, max_points=3.0) for check in report.checks)
    with pytest.raises(InputError, match=r"double: expected at most 1.5 points, as released, received .* of 6;"):
        record(course, [replace(report, checks=more)])
    assert "student-07" not in "".join(rows(course))


def test_a_locked_gradebook_gets_one_clear_line(course, capfd):
    database = sqlite3.connect(course.root / "gradebook.db")
    database.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(InputError, match=r"gradebook\.db.*received: .*database is locked; end the programs"):
            record(course, [made_report()])
    finally:
        database.close()
    assert capfd.readouterr() == ("", "")


def test_a_gradebook_locked_while_it_is_written_gets_one_clear_line(course, capfd):
    record(course, [made_report()])
    database = sqlite3.connect(course.root / "gradebook.db")
    database.execute("BEGIN IMMEDIATE")  # others may still read
    try:
        with pytest.raises(InputError, match=r"received: .*database is locked"):
            record(course, [made_report("student-08")])
    finally:
        database.close()
    assert capfd.readouterr() == ("", "")


def test_a_file_that_is_no_gradebook_gets_one_clear_line(course):
    (course.root / "gradebook.db").write_text("not a database, " * 100, encoding="utf-8")
    with pytest.raises(InputError, match=r"received: .*file is not a database"):
        record(course, [made_report()])
