"""Canvas: a gradebook file that Grades > Import takes, and feedback files for Upload Submissions.

The columns are those of a gradebook export (Student, ID, SIS User ID, SIS Login ID, Section, one per assignment, titled
"Name (id)"), with a row of points possible. Canvas recognises students and assignment by their ids, so the roster has
to be an export of the same course. Only students that have a grade get a row: for Canvas an empty grade would delete
one.

Sources: instructure/canvas-lms, lib/gradebook_importer.rb and lib/gradebook_exporter.rb; Canvas' guide "How do I import
grades in the Gradebook?".
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from autograder.assignment import Assignment
from autograder.errors import InputError
from autograder.outlets.export_request import Export
from autograder.outlets.lms.grade_sheet import GradeSheet, grade_sheet, number_of
from autograder.outlets.lms.roster import Roster, match, read_roster
from autograder.report import GradeReport, write_atomically
from autograder.toml_table import listed

ID_COLUMNS = ("SIS Login ID", "SIS User ID", "ID", "Integration ID", "Student")
_TITLE_WITH_ID = re.compile(r"(.+?) *\(\d+\)")
_POINTS_POSSIBLE = "Points Possible"
# Of "novakjan_LATE_4711_98765_ppo.ipynb": the student's number and that of the file.
_DOWNLOADED = re.compile(r"(?P<name>[^_]*)(?:_LATE)?_(?P<student>\d+)_(?P<attachment>\d+)_(?P<file>.+)")


def write_canvas_grades(reports: Sequence[GradeReport], assignment: Assignment, wanted: Export) -> GradeSheet:
    """Writes the grades of one assignment as a file that Canvas imports.

    Args:
        reports: Reports of the assignment.
        assignment: The assignment.
        wanted: Its roster is a gradebook export of the Canvas course, its column that of the assignment there, with or
            without its id (None: the one titled as the assignment).

    Raises:
        InputError: The roster is no gradebook export, or has no such assignment, or nobody is found in it.
    """
    roster = read_roster(wanted.required_roster())
    last = _last_student_column(roster)
    place = _assignment_column(
        roster,
        last,
        [wanted.column] if wanted.column else [assignment.title, *assignment.titles.values(), assignment.id],
    )
    possible = [row for row in roster.rows if _POINTS_POSSIBLE in row[0]]
    worth = number_of(possible[0][place]) if possible else None
    sheet = grade_sheet(roster, reports, ID_COLUMNS, chosen=wanted.match, points_possible=worth, scale=wanted.scale)
    keep = [*range(last + 1), place]
    rows = [[row[at] for at in keep] for row in possible]
    rows += [[*roster.rows[number][: last + 1], grade] for number, grade in sorted(sheet.grades.items())]
    write_atomically(wanted.out, roster.text(rows, [roster.header[at] for at in keep]))
    return sheet


def canvas_feedback_names(reports: Sequence[GradeReport], wanted: Export) -> tuple[dict[str, str], tuple[str, ...]]:
    """Names under which Canvas' Upload Submissions attaches feedback to what each student has handed in.

    Canvas recognises a file by the numbers of the student and of the file that was handed in; both stand in the names
    of the files that Download Submissions gives.

    Args:
        reports: Reports of the assignment.
        wanted: Its roster is a gradebook export of the course; beside it the zip file of Download Submissions.

    Returns:
        By our student id the name of its feedback file, and those of whom the download has nothing.

    Raises:
        InputError: A file cannot be used.
    """
    roster = read_roster(wanted.required_roster())
    number = roster.column("ID")
    _last_student_column(roster)
    assert number is not None
    found = match(roster, [report.student for report in reports], ID_COLUMNS, wanted.match)
    downloaded = _downloaded(wanted.required_submissions())
    named = {
        student: downloaded[roster.rows[row][number].strip()]
        for student, row in found.rows.items()
        if roster.rows[row][number].strip() in downloaded
    }
    return named, tuple(report.student for report in reports if report.student not in named)


def _downloaded(submissions: Path) -> Mapping[str, str]:
    try:
        with zipfile.ZipFile(submissions) as archive:
            names = [name.rpartition("/")[2] for name in archive.namelist()]
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{submissions}: expected the zip file that Canvas' Download Submissions gave, received an error ({error})"
        ) from error
    found = [parts for parts in map(_DOWNLOADED.fullmatch, names) if parts]
    if not found:
        raise InputError(
            f"{submissions}: expected file names such as novakjan_4711_98765_ppo.ipynb, as Canvas' Download "
            f"Submissions gives, found {listed(names[:3]) or 'no files'}"
        )
    return {
        parts["student"]: f"{parts['name']}_{parts['student']}_{parts['attachment']}_feedback.html" for parts in found
    }


def _last_student_column(roster: Roster) -> int:
    """Where the columns about the student end: with Section, as Canvas requires."""
    last = roster.column("Section")
    student, number = roster.column("Student", "LastName"), roster.column("ID")
    if student != 0 or number not in (1, 2) or last is None:
        raise InputError(
            f"{roster.path}: expected a gradebook export of Canvas with the columns Student, ID, SIS Login ID, "
            f"Section, received {listed(roster.header[:6])}; take Grades > Export > Export Entire Gradebook"
        )
    return last


def _assignment_column(roster: Roster, last: int, titles: Sequence[str]) -> int:
    wanted = {title.strip().casefold() for title in titles}
    columns = {}
    for place, name in enumerate(roster.header[last + 1 :], start=last + 1):
        titled = _TITLE_WITH_ID.fullmatch(name.strip())
        if titled:
            columns[name.strip()] = place
        if name.strip().casefold() in wanted or (titled and titled[1].strip().casefold() in wanted):
            return place
    raise InputError(
        f"{roster.path}: expected an assignment named {listed(titles)}, found {listed(columns) or 'no assignment'}; "
        "say which one by --column"
    )
