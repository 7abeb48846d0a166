"""GradeSheet: the grades of a class matched with a roster, on the scale that the system uses for the assignment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from autograder.errors import InputError
from autograder.first_names import first_names
from autograder.outlets.exports import number_text
from autograder.outlets.lms.roster import Match, Roster, match
from autograder.report import GradeReport

_NAMES_SHOWN = 8


@dataclass(frozen=True, kw_only=True)
class GradeSheet:
    """What is to be entered, and what an instructor has to know about it.

    Attributes:
        grades: By number of the roster's row, the grade as text; only students that have one.
        students: By number of the roster's row, our id of the student; graded or not.
        column: Name of the column by which students were matched.
        notes: Sentences for the instructor.
    """

    grades: Mapping[int, str]
    students: Mapping[int, str]
    column: str
    notes: tuple[str, ...] = field(default=())


def grade_sheet(
    roster: Roster,
    reports: Sequence[GradeReport],
    columns: Sequence[str],
    *,
    chosen: str | None,
    points_possible: float | None,
    scale: bool | None,
    highest: float | None = None,
) -> GradeSheet:
    """Matches a class with a roster. A report that needs attention has no grade: nothing is entered for it.

    Args:
        roster: The roster.
        reports: Reports of one assignment.
        columns: Columns that may hold our student ids.
        chosen: The column to take in place of those.
        points_possible: What the system says the assignment is worth; None: it does not say.
        scale: Whether to scale our points to that; None: refuse if they differ.
        highest: What the system takes at most; grades above it are cut to it, and noted.

    Raises:
        InputError: Nobody is found, or the assignment is worth something else than in the suite.
    """
    found = match(roster, [report.student for report in reports], columns, chosen)
    factor = _factor(reports, points_possible, scale)
    graded = [report for report in reports if report.student in found.rows and report.status == "graded"]
    totals = {found.rows[report.student]: report.total * factor for report in graded}
    cut = [] if highest is None else [row for row, total in totals.items() if total > highest + 1e-9]
    grades = {row: number_text(total if row not in cut else highest or 0.0) for row, total in totals.items()}
    students = {row: student for student, row in found.rows.items()}
    notes = [*_strangers(found, roster), *_without_grade(reports, found)]
    if factor != 1.0:
        notes.append(f"Points are scaled by {factor:g}, to {points_possible:g} for all required exercises.")
    if cut:
        names = first_names([students[row] for row in cut], _NAMES_SHOWN)
        notes.append(f"Cut to {highest:g}, since the system takes no more (bonus points): {names}.")
    return GradeSheet(grades=grades, students=students, column=found.column, notes=tuple(notes))


def _factor(reports: Sequence[GradeReport], points_possible: float | None, scale: bool | None) -> float:
    most = max(report.max_score for report in reports)
    if points_possible is None or scale is False or abs(points_possible - most) < 1e-9:
        return 1.0
    if scale is None:
        raise InputError(
            f"roster: expected an assignment that is worth {most:g} points, as its suite gives, found "
            f"{points_possible:g}; "
            "add --scale to convert the grades to that, or --no-scale to enter them as they are"
        )
    if most <= 0:
        raise InputError("--scale: expected an assignment that gives points, received one that gives none")
    return points_possible / most


def _strangers(found: Match, roster: Roster) -> list[str]:
    if not found.strangers:
        return []
    return [
        f"Not in {roster.path.name} (by {found.column}), so not exported: {first_names(found.strangers, _NAMES_SHOWN)}."
    ]


def _without_grade(reports: Sequence[GradeReport], found: Match) -> list[str]:
    waiting = [each.student for each in reports if each.status != "graded" and each.student in found.rows]
    return (
        [f"Without a grade until a person has looked, left as they are: {first_names(waiting, _NAMES_SHOWN)}."]
        if waiting
        else []
    )


def number_of(text: str) -> float | None:
    """The number that a system has written, with a point or a comma; None if it is none."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None
