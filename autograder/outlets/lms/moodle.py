"""Moodle: a grading worksheet that Upload grading worksheet takes, and feedback files for bulk upload.

The roster is the worksheet that Download grading worksheet of the assignment gives (columns Identifier, Full name, ...,
Grade, Maximum grade, ..., Last modified (grade)). It goes back as it came, with grades filled in: Moodle needs the
identifier, and the time of the last change to see whether somebody has graded meanwhile. Any other table of
participants gives a file for Grades > Import > CSV file: the columns that name the student, and one with the grade.

Sources: moodle/moodle, mod/assign/feedback/offline and mod/assign/feedback/file; MoodleDocs, "Grade import".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from autograder.course import Assignment
from autograder.errors import InputError
from autograder.outlets.lms.grade_sheet import GradeSheet, grade_sheet, number_of
from autograder.outlets.lms.roster import Roster, match, read_roster
from autograder.report import GradeReport, write_atomically
from autograder.toml_table import listed

# In English and in Russian; Moodle writes and reads the names in the language of the person who asks.
_GRADE = ("Grade", "Оценка")
_MAXIMUM = ("Maximum grade", "Максимальная оценка")
_FULL_NAME = ("Full name", "Полное имя")
_NAMES = ("First name", "Last name", "Surname", *_FULL_NAME, "Имя", "Фамилия")
_IDS = ("Username", "ID number", "Email address", "Логин", "Индивидуальный номер", "Адрес электронной почты")
_PARTICIPANT = re.compile(r"\D*\d+")


def write_moodle_grades(
    reports: Sequence[GradeReport],
    assignment: Assignment,
    roster_file: Path,
    out: Path,
    *,
    column: str | None = None,
    chosen: str | None = None,
    scale: bool | None = None,
) -> GradeSheet:
    """Writes the grades of one assignment as a file that Moodle imports.

    Args:
        reports: Reports of the assignment.
        assignment: The assignment.
        roster_file: The assignment's grading worksheet, or another table of the course's participants.
        out: The file to write.
        column: The worksheet's column of grades, where Moodle speaks neither English nor Russian.
        chosen: The column that holds our student ids; None: the one that knows most of them.
        scale: Whether to scale points to the maximum grade; None: refuse if that differs.

    Raises:
        InputError: The roster cannot be used, or nobody is found in it.
    """
    roster = read_roster(roster_file)
    place = roster.column(column) if column else roster.column(*_GRADE)
    if column and place is None:
        raise InputError(f"--column: expected one of the columns {listed(roster.header)}, received {column!r}")
    if place is None or not _is_worksheet(roster):
        return _write_import(reports, assignment, roster, out, chosen=chosen)
    worth = _maximum(roster)
    sheet = grade_sheet(
        roster, reports, _id_columns(roster), chosen=chosen, points_possible=worth, scale=scale, highest=worth
    )
    rows = [list(row) for row in roster.rows]
    for number, grade in sheet.grades.items():
        rows[number][place] = grade
    write_atomically(out, roster.text(rows))
    return sheet


def moodle_feedback_names(
    reports: Sequence[GradeReport], roster_file: Path, chosen: str | None = None
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Names under which Moodle's "Upload multiple feedback files in a zip" finds the student of each file.

    They are ``<full name>_<number of the participant>_assignsubmission_file/feedback.html``, as in the zip of all
    submissions; Moodle splits them at the first underscores.

    Returns:
        By our student id the name of its feedback file, and those that the worksheet does not have.

    Raises:
        InputError: The roster is no grading worksheet, or nobody is found in it.
    """
    roster = read_roster(roster_file)
    if not _is_worksheet(roster):
        raise InputError(
            f"{roster.path}: expected the assignment's grading worksheet, whose first column has the participants' "
            f"numbers, "
            f"received the columns {listed(roster.header[:5])}; take Download grading worksheet"
        )
    found = match(roster, [report.student for report in reports], _id_columns(roster), chosen)
    name_column = roster.column(*_FULL_NAME)
    names = {}
    for student, row in found.rows.items():
        number = re.sub(r"\D*", "", roster.rows[row][0])
        name = "" if name_column is None else roster.rows[row][name_column]
        safe = re.sub(r"[_/\\\x00-\x1f]+", " ", name).strip(" .~") or "Participant"
        names[student] = f"{safe}_{number}_assignsubmission_file/feedback.html"
    return names, found.strangers


def _is_worksheet(roster: Roster) -> bool:
    """Whether every row begins with "Participant 4711", in whatever language."""
    return all(_PARTICIPANT.fullmatch(row[0].strip()) for row in roster.rows) and "@" not in roster.rows[0][0]


def _id_columns(roster: Roster) -> tuple[str, ...]:
    return (*_IDS, roster.header[0], *_FULL_NAME)


def _maximum(roster: Roster) -> float | None:
    place = roster.column(*_MAXIMUM)
    return None if place is None else number_of(roster.rows[0][place])


def _write_import(
    reports: Sequence[GradeReport], assignment: Assignment, roster: Roster, out: Path, *, chosen: str | None
) -> GradeSheet:
    """Of a table of participants: what names the student, and the grade."""
    sheet = grade_sheet(roster, reports, _IDS, chosen=chosen, points_possible=None, scale=None)
    wanted = [roster.column(name) for name in (*_NAMES, *_IDS, sheet.column)]
    keep = sorted({place for place in wanted if place is not None})
    rows = [[*(roster.rows[row][at] for at in keep), grade] for row, grade in sorted(sheet.grades.items())]
    write_atomically(out, roster.text(rows, [*(roster.header[at] for at in keep), assignment.title]))
    return sheet
