"""Exports: the file, read back with the csv module."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from autograder.outlets.exports import export_csv
from autograder.report import GradeReport
from tests.outlets.sample_reports import BONUS, SUITE, course, report, school_class, typical, ungradable

FIXED = ["student", "assignment", "status", "score", "bonus", "late_penalty", "total", "max_score"]


def exported(reports: list[GradeReport], folder: Path) -> list[dict[str, str]]:
    of = course()
    path = folder / "grades.csv"
    export_csv(reports, of.assignments["ppo"], path)
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


def test_the_columns_are_the_documented_ones(tmp_path: Path) -> None:
    assert list(exported([report()], tmp_path)[0]) == [*FIXED, *SUITE]


def test_points_are_plain_numbers_that_add_up(tmp_path: Path) -> None:
    reports = [r for r in school_class(40) if r.status == "graded"] + [typical()]
    for row, grade in zip(exported(reports, tmp_path), reports, strict=True):
        assert row["student"] == grade.student
        assert float(row["total"]) == pytest.approx(grade.total)
        assert float(row["score"]) + float(row["bonus"]) - float(row["late_penalty"]) == pytest.approx(grade.total)
        required = sum(float(row[name]) for name in SUITE if name != BONUS)
        assert required == pytest.approx(grade.score)
        assert row["max_score"] == "5"


def test_sums_of_floats_leave_no_tail_of_digits(tmp_path: Path) -> None:
    assert exported([report(score=0.1 + 0.2, late_penalty=-0.0)], tmp_path)[0]["score"] == "0.3"
    assert exported([report(late_penalty=-0.0)], tmp_path)[0]["late_penalty"] == "0"


def test_a_report_that_needs_attention_has_empty_scores(tmp_path: Path) -> None:
    half = report("student-02", status="needs_attention")
    for row in exported([ungradable("student-01"), half], tmp_path):
        assert row["status"] == "needs_attention"
        assert {row[name] for name in (*FIXED[3:7], *SUITE)} == {""}


def test_an_exercise_that_a_report_does_not_judge_is_empty(tmp_path: Path) -> None:
    checks = tuple(check for check in report().checks if check.exercise != "rollout")
    row = exported([report(checks=checks)], tmp_path)[0]
    assert row["rollout"] == ""
    assert row["evaluate"] == "0.25"


@pytest.mark.parametrize(
    "student", ["=1+1", "+1", "-1", "@SUM(A1)", " =1+1", "\t=1+1", "\uff1d1+1", '=HYPERLINK("x","y")']
)
def test_student_ids_cannot_act_as_formulas(student: str, tmp_path: Path) -> None:
    assert exported([report(student)], tmp_path)[0]["student"] == f"'{student}"


@pytest.mark.parametrize("student", ["student-07", "a,b", 'say "hi"', "two\nlines", "Žofie", "x=1"])
def test_other_student_ids_come_back_as_they_are(student: str, tmp_path: Path) -> None:
    assert exported([report(student)], tmp_path)[0]["student"] == student


def test_the_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    exported(school_class(30), tmp_path)
    assert len(exported([report()], tmp_path)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["grades.csv"]
