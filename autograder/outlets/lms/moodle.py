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

from autograder.assignment import Assignment
from autograder.errors import InputError
from autograder.outlets.export_request import Export
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


def write_moodle_grades(reports: Sequence[GradeReport], assignment: Assignment, wanted: Export) -> GradeSheet:
    """Writes the grades of one assignment as a file that Moodle imports.

    Args:
        reports: Reports of the assignment.
        assignment: The assignment.
        wanted: Its roster is the assignment's grading worksheet, or another table of the course's participants;
            its column that of the grades, where Moodle speaks neither English nor Russian.

    Raises:
        InputError: The roster cannot be used, or nobody is found in it.
    """
    roster = read_roster(wanted.required_roster())
    place = roster.column(wanted.column) if wanted.column else roster.column(*_GRADE)
    if wanted.column and place is None:
        raise InputError(f"--column: expected one of the columns {listed(roster.header)}, received {wanted.column!r}")
    if place is None or not _is_worksheet(roster):
        return _write_import(reports, assignment, roster, wanted)
    worth = _maximum(roster)
    sheet = grade_sheet(
        roster,
        reports,
        _id_columns(roster),
        chosen=wanted.match,
        points_possible=worth,
        scale=wanted.scale,
        highest=worth,
    )
    rows = [list(row) for row in roster.rows]
    for number, grade in sheet.grades.items():
        rows[number][place] = grade
    write_atomically(wanted.out, roster.text(rows))
    return sheet


def moodle_feedback_names(reports: Sequence[GradeReport], wanted: Export) -> tuple[dict[str, str], tuple[str, ...]]:
    """Names under which Moodle's "Upload multiple feedback files in a zip" finds the student of each file.

    They are ``<full name>_<number of the participant>_assignsubmission_file/feedback.html``, as in the zip of all
    submissions; Moodle splits them at the first underscores.

    Returns:
        By our student id the name of its feedback file, and those that the worksheet does not have.

    Raises:
        InputError: The roster is no grading worksheet, or nobody is found in it.
    """
    roster = read_roster(wanted.required_roster())
    if not _is_worksheet(roster):
        raise InputError(
            f"{roster.path}: expected the assignment's grading worksheet, whose first column has the participants' "
            f"numbers, received the columns {listed(roster.header[:5])}; take Download grading worksheet"
        )
    found = match(roster, [report.student for report in reports], _id_columns(roster), wanted.match)
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


def _write_import(reports: Sequence[GradeReport], assignment: Assignment, roster: Roster, wanted: Export) -> GradeSheet:
    """Of a table of participants: what names the student, and the grade."""
    sheet = grade_sheet(roster, reports, _IDS, chosen=wanted.match, points_possible=None, scale=None)
    places = [roster.column(name) for name in (*_NAMES, *_IDS, sheet.column)]
    keep = sorted({place for place in places if place is not None})
    rows = [[*(roster.rows[row][at] for at in keep), grade] for row, grade in sorted(sheet.grades.items())]
    write_atomically(wanted.out, roster.text(rows, [*(roster.header[at] for at in keep), assignment.title]))
    return sheet
