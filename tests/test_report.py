from dataclasses import replace

import pytest

from autograder.errors import InputError
from autograder.report import CheckOutcome, GradeReport, read_report, read_reports, write_report

CHECK = CheckOutcome(
    id="ppo.actor_loss.sign",
    exercise="actor_loss",
    points=0.25,
    max_points=0.5,
    status="failed",
    message="é",
    seconds=1.5,
)
REPORT = GradeReport(
    student="student-07",
    assignment="ppo",
    status="graded",
    isolation="namespaces",
    score=3.0,
    max_score=5.0,
    bonus=1.0,
    late_penalty=2.0,
    checks=(CHECK,),
    evidence=({"kind": "note", "text": "Cell 3 failed."}, {"kind": "attention", "text": "Look."}),
    seconds=2.0,
    versions={"python": "3.11"},
)


def test_a_report_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "results" / "student-07" / "ppo" / "report.json"
    write_report(path, REPORT)
    assert read_report(path) == REPORT
    assert read_reports(tmp_path / "results") == [REPORT]
    assert [each.name for each in path.parent.iterdir()] == ["report.json"]


def test_the_total_is_score_and_bonus_less_the_late_penalty():
    assert REPORT.total == 2.0
    assert REPORT.attention == "Look."


def test_without_times_forgets_durations_only():
    slower = replace(REPORT, seconds=9.0, checks=(replace(CHECK, seconds=7.0),))
    assert slower.without_times() == REPORT.without_times() != REPORT
    assert replace(REPORT, score=2.0).without_times() != REPORT.without_times()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": 99}', '{"schema_version": 1}', "\x00"])
def test_what_is_no_report_is_refused_with_the_remedy(tmp_path, text):
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(InputError, match="grade the submission again"):
        read_report(path)


def test_a_folder_without_reports_is_refused(tmp_path):
    with pytest.raises(InputError, match="found none"):
        read_reports(tmp_path / "nowhere")
    with pytest.raises(InputError, match="run `autograder grade` first"):
        read_reports(tmp_path)


def test_a_number_that_json_does_not_know_is_never_written():
    with pytest.raises(ValueError, match="JSON"):
        replace(REPORT, score=float("nan")).to_json()
