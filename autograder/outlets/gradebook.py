"""Gradebook: GradeReports written into nbgrader's gradebook, for ``nbgrader export`` and formgrader.

One process writes: SQLite, nbgrader's default, is not safe for several at once.
"""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment
from autograder.course import Course
from autograder.errors import GradebookUnavailable, InputError
from autograder.gradebook_database import is_file, one_transaction, open_gradebook
from autograder.lateness import DECIMALS
from autograder.leftovers import remove_leftovers
from autograder.outlets.autograded_notebook import stand_in
from autograder.outlets.gradebook_entry import GradebookEntry, entry_of
from autograder.report import GradeReport, write_atomically

RECONNECT_SECONDS = 30.0  # a server that is started again recovers in less, unless it had much to do
_RETRY_SECONDS = 1.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Cell:
    """What the gradebook knows of a check cell."""

    exercise: str
    max_score: float
    bonus: bool


@dataclass(frozen=True)
class _Mark:
    """What a report gives for a check cell; ``None`` points: a person has to say."""

    points: float | None
    bonus: bool


def require_released(course: Course, assignments: Iterable[str]) -> None:
    """Checks before a class is graded that its grades can be recorded afterwards; makes an empty gradebook if none.

    Raises:
        InputError: An assignment is unknown, not released or was released with other exercises, or the gradebook
            cannot be opened.
    """
    chosen = [course.assignment(name) for name in sorted(set(assignments))]
    with open_gradebook(course) as gradebook:
        for assignment in chosen:
            _check_cells(gradebook, assignment)


def record(course: Course, reports: Iterable[GradeReport]) -> None:
    """Writes reports into the gradebook: who handed in what and when, points for each exercise, lateness.

    Recording twice changes nothing; a newer report replaces an older one. What a person has entered in formgrader
    (manual scores, comments, extra credit outside the bonus exercises) stays; where the points under a manual score
    change, the cell is marked to be looked at again. A report that needs attention gives no points, not zero: its
    cells wait for a person.

    Args:
        course: The course.
        reports: Reports of its assignments; students that the gradebook does not know are added.

    Raises:
        InputError: An assignment is unknown, not released or was released with other exercises or points, or a report
            has an unreadable time. Nothing is written unless all reports fit.
        GradebookUnavailable: The database does not answer or is in use. A server is waited for, up to
            ``RECONNECT_SECONDS``; what is written by then is whole submissions.
    """
    left = deque(entry_of(report) for report in reports)
    lost_at: float | None = None
    while left:
        before = len(left)
        try:
            _record_all(course, left)
        except GradebookUnavailable as error:
            if is_file(course):  # its URL says how long to wait for a lock
                raise
            if lost_at is None or len(left) < before:
                lost_at = time.monotonic()
                _log.warning("%s left; waiting up to %g s for the gradebook: %s", len(left), RECONNECT_SECONDS, error)
            if time.monotonic() >= lost_at + RECONNECT_SECONDS:
                raise
            time.sleep(_RETRY_SECONDS)


def _record_all(course: Course, left: deque[GradebookEntry]) -> None:
    """Writes entries one by one and takes out those that are written."""
    with open_gradebook(course) as gradebook:
        assignments = [course.assignment(name) for name in sorted({entry.assignment for entry in left})]
        cells = {assignment.id: _check_cells(gradebook, assignment) for assignment in assignments}
        marks = {(entry.assignment, entry.student): _marks(entry, cells[entry.assignment]) for entry in left}
        while left:
            entry = left[0]
            extension = _extension(course.assignment(entry.assignment), entry.student)
            _record(gradebook, entry, marks[entry.assignment, entry.student], extension)
            left.popleft()


def place_executed(course: Course, reports: Iterable[GradeReport], results: Path) -> None:
    """Copies executed notebooks to ``autograded/``: formgrader shows only what it finds there.

    For a hand-in that could not be run the released notebook stands there, with the reason: so formgrader has
    something to open, and ``nbgrader generate_feedback`` something to say.

    Args:
        course: The course.
        reports: The reports whose notebooks to copy.
        results: The folder written by ``autograder grade --out``.

    Raises:
        InputError: A notebook cannot be read or a folder cannot be written.
    """
    for report in reports:
        executed = results / report.student / report.assignment / "executed.ipynb"
        folder = course.autograded_dir / report.student / report.assignment
        target = folder / f"{report.assignment}.ipynb"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            remove_leftovers([folder])
            if executed.exists():
                write_atomically(target, executed.read_bytes())
            else:
                write_atomically(target, stand_in(_released(course, report), report))
        except (OSError, ValueError) as error:
            raise InputError(f"{executed}: cannot be copied to {target} ({error})") from error


def _released(course: Course, report: GradeReport) -> Path:
    """The released notebook in the language of a hand-in, else the English one."""
    assignment = course.assignment(report.assignment)
    translated = course.released(assignment, report.language)
    return translated if translated.exists() else course.released(assignment)


def _check_cells(gradebook: Any, assignment: Assignment) -> dict[str, _Cell]:
    """The check cells of a released assignment, by the id of their row."""
    from nbgrader.api import MissingEntry

    remedy = "run `autograder release`"
    try:
        rows = gradebook.find_notebook(assignment.id, assignment.id).grade_cells
    except MissingEntry as error:
        raise InputError(
            f"gradebook: expected the assignment {assignment.id}, received a gradebook without it; {remedy}"
        ) from error
    exercises = {assignment.check_cell(name): name for name in assignment.judged}
    if {row.name for row in rows} != set(exercises):
        raise InputError(
            f"gradebook: expected the cells {', '.join(exercises)} of assignment {assignment.id}, received "
            f"{', '.join(sorted(row.name for row in rows)) or 'none'}; {remedy}"
        )
    named = [(row, exercises[row.name]) for row in rows]
    return {row.id: _Cell(name, row.max_score, name in assignment.bonus) for row, name in named}


def _marks(entry: GradebookEntry, cells: Mapping[str, _Cell]) -> dict[str, _Mark]:
    """The mark of each cell; an exercise that no check has judged is left to a person, too."""
    marks = {}
    for row, cell in cells.items():
        points = entry.points.get(cell.exercise)
        if points and not cell.bonus and points.highest > cell.max_score:
            raise InputError(
                f"{entry.student}, {cell.exercise}: expected at most {cell.max_score:g} points, as released, "
                f"received a report of {points.highest:g}; run `autograder release` and grade again"
            )
        marks[row] = _Mark(points.earned if points else None, cell.bonus)
    return marks


def _extension(assignment: Assignment, student: str) -> timedelta | None:
    """By how much the student's first deadline is later than the class's, for nbgrader, which counts in UTC."""
    extended, first = assignment.extensions.get(student), assignment.first_deadline
    return None if extended is None or first is None else extended.astimezone(UTC) - first.astimezone(UTC)


def _record(gradebook: Any, entry: GradebookEntry, marks: Mapping[str, _Mark], extension: timedelta | None) -> None:
    """Writes one submission, whole or not at all."""
    with one_transaction(gradebook):
        gradebook.update_or_create_student(entry.student)
        with gradebook.db.no_autoflush:  # nbgrader fills the session before it adds the submission to it
            gradebook.update_or_create_submission(
                entry.assignment, entry.student, timestamp=entry.submitted_at, extension=extension
            )
        notebook = gradebook.find_submission_notebook(entry.assignment, entry.assignment, entry.student)
        for grade in notebook.grades:
            _write_mark(grade, marks[grade.cell_id])
        notebook.late_submission_penalty = _late_penalty(entry, notebook.grades)
        gradebook.db.commit()


def _write_mark(grade: Any, mark: _Mark) -> None:
    before = (grade.auto_score, grade.extra_credit)
    grade.auto_score = 0.0 if mark.bonus and mark.points is not None else mark.points
    if mark.bonus and grade.manual_score is None:
        grade.extra_credit = mark.points
    if grade.manual_score is None:
        grade.needs_manual_grade = mark.points is None
    elif (grade.auto_score, grade.extra_credit) != before:
        grade.needs_manual_grade = True


def _late_penalty(entry: GradebookEntry, grades: Iterable[Any]) -> float:
    """The report's penalty; where a person has changed scores, the same share of what they are now."""
    if all(grade.manual_score is None for grade in grades):
        return entry.late_penalty
    now = math.fsum(_score(grade) for grade in grades)
    return round(entry.late_penalty * now / entry.earned, DECIMALS) if entry.earned else 0.0


def _score(grade: Any) -> float:
    """As nbgrader counts: a manual score replaces the automatic one, extra credit comes on top."""
    score = grade.manual_score if grade.manual_score is not None else grade.auto_score
    return (score or 0.0) + (grade.extra_credit or 0.0)
