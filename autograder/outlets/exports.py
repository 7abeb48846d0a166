"""Exports: the grades of a class as files for other systems; each exporter only reads the reports."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from autograder.assignment import Assignment
from autograder.outlets.breakdown import by_exercise, exercise_names
from autograder.report import GradeReport, write_atomically

SCORE_COLUMNS = ("score", "bonus", "late_penalty", "total")
# What a spreadsheet takes for the beginning of a formula, in full width too.
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")


def export_csv(reports: Sequence[GradeReport], assignment: Assignment, path: Path) -> None:
    """Writes the grades as CSV: UTF-8, comma, one header line, one line per report, points as plain numbers.

    Columns: ``student``, ``assignment``, ``status`` (``graded`` or ``needs_attention``), ``score`` (required
    exercises, before lateness), ``bonus``, ``late_penalty`` (points taken off), ``total`` (score + bonus -
    late_penalty), ``max_score`` (of the required exercises), then one column per exercise with its points. A
    report that needs attention has no grade: its score, bonus, late_penalty, total and exercises are empty, and
    so is an exercise that a report does not judge.

    A student id that a spreadsheet would run as a formula gets an apostrophe in front.

    Args:
        reports: Reports of one assignment, in the order of the lines.
        assignment: The assignment; its order of exercises is that of the columns.
        path: The file; it is replaced as a whole or not at all.
    """
    names = exercise_names(reports, assignment.judged)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["student", "assignment", "status", *SCORE_COLUMNS, "max_score", *names])
    writer.writerows(_line(report, names) for report in reports)
    write_atomically(path, text.getvalue())


def _line(report: GradeReport, names: Sequence[str]) -> list[str]:
    graded = report.status == "graded"
    points = {exercise.name: exercise.points for exercise in by_exercise(report)} if graded else {}
    return [
        spreadsheet_text(report.student),
        report.assignment,
        report.status,
        *(number_text(getattr(report, column)) if graded else "" for column in SCORE_COLUMNS),
        number_text(report.max_score),
        *(number_text(points[name]) if name in points else "" for name in names),
    ]


def number_text(points: float) -> str:
    """Points as a plain number, without a tail of digits."""
    return f"{round(points, 6) + 0.0:.10g}"


def spreadsheet_text(text: str) -> str:
    """A text that no spreadsheet runs as a formula."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
