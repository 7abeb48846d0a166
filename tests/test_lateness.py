"""What a report says of a hand-in whose time nobody knows."""

from datetime import UTC, datetime

import pytest

from autograder.lateness import judged_again, with_lateness
from autograder.report import GradeReport
from tests.made_up_course import TOML, made_report, make_course, ungradable

IN_TIME = datetime(2027, 1, 10, 12, 0, tzinfo=UTC)
UNKNOWN = "It is not known when this was handed in, so nothing is taken off for lateness."
OTHER_NOTE = {"kind": "note", "text": "Cell 9 failed."}
WITHOUT_DEADLINES = "\n".join(line for line in TOML.splitlines() if "deadline" not in line)


@pytest.fixture
def course(tmp_path):
    return make_course(tmp_path)


def notes(report):
    return [fact["text"] for fact in report.evidence if fact["kind"] == "note"]


def read_again(report):
    return GradeReport.from_json(report.to_json())


def test_an_unknown_time_is_noted_once_and_nothing_is_taken_off(course):
    report = with_lateness(made_report(evidence=(OTHER_NOTE,)), course, None)
    assert report.late_penalty == 0.0
    assert notes(report) == [OTHER_NOTE["text"], UNKNOWN]
    assert judged_again(read_again(report), course) == read_again(report)


def test_a_known_time_leaves_no_such_note(course):
    assert notes(with_lateness(made_report(), course, IN_TIME)) == []


def test_the_note_goes_and_comes_with_the_deadlines(course, tmp_path):
    without = make_course(tmp_path / "without", WITHOUT_DEADLINES)
    report = judged_again(read_again(with_lateness(made_report(), course, None)), without)
    assert notes(report) == []
    assert notes(judged_again(report, course)) == [UNKNOWN]


def test_where_there_is_no_grade_there_is_no_such_note(course):
    assert notes(with_lateness(ungradable(), course, None)) == []
