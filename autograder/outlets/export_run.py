"""ExportRun: one `autograder export` from options to files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autograder.assignment import Assignment
from autograder.course import Course
from autograder.errors import InputError
from autograder.outlets.export_request import Export
from autograder.outlets.exports import export_csv
from autograder.outlets.feedback_archive import pages_to_pack, plain_names, write_feedback_archive
from autograder.outlets.gradescope_results import export_gradescope
from autograder.outlets.lms.canvas import canvas_feedback_names, write_canvas_grades
from autograder.outlets.lms.moodle import moodle_feedback_names, write_moodle_grades
from autograder.report import GradeReport, read_reports

_GRADES = {"canvas": write_canvas_grades, "moodle": write_moodle_grades}


def run_export(wanted: Export, course: Course, results: Path, assignment_id: str | None = None) -> list[str]:
    """Writes what was asked for, and says what was written.

    Raises:
        InputError: Options do not fit together, or a file cannot be used; nothing is written then.
    """
    _require_options(wanted)
    reports = read_reports(results, assignment_id)
    found = sorted({each.assignment for each in reports})
    if len(found) > 1:
        raise InputError(f"--assignment: expected one of {', '.join(found)}, received none; name one")
    assignment = course.assignment(found[0])
    names, left_out = _feedback_names(wanted, reports) if wanted.feedback else ({}, ())
    pages = pages_to_pack(results, assignment.id, names)
    lines = _grades(wanted, reports, assignment)
    if wanted.feedback:
        write_feedback_archive(pages, wanted.feedback)
        lines.append(f"{len(pages)} feedback pages written to {wanted.feedback}")
        if left_out:
            lines.append(
                f"Without a place there, so not in it: {', '.join(left_out[:8])}{' ...' * (len(left_out) > 8)}"
            )
    return lines


def _require_options(wanted: Export) -> None:
    given = {"--roster": wanted.roster, "--match": wanted.match, "--column": wanted.column, "--scale": wanted.scale}
    for option, value in given.items():
        if value is not None and wanted.to not in _GRADES:
            raise InputError(f"{option}: expected --to canvas or --to moodle beside it, received --to {wanted.to}")
    if wanted.submissions is not None and wanted.to != "canvas":
        raise InputError(f"--submissions: expected --to canvas beside it, received --to {wanted.to}")
    if wanted.to in _GRADES:
        wanted.required_roster()
    if wanted.to == "canvas" and wanted.feedback is not None:
        wanted.required_submissions()


def _grades(wanted: Export, reports: Sequence[GradeReport], assignment: Assignment) -> list[str]:
    if wanted.to == "csv":
        export_csv(reports, assignment, wanted.out)
        return [f"{len(reports)} grades of {assignment.id} written to {wanted.out}"]
    if wanted.to == "gradescope":
        export_gradescope(reports, assignment, wanted.out, wanted.visibility)
        return [f"{len(reports)} results written: {wanted.out}/<student>/results.json"]
    sheet = _GRADES[wanted.to](reports, assignment, wanted)
    head = f"{len(sheet.grades)} grades of {assignment.id} written to {wanted.out}, students found by {sheet.column}"
    return [head, *sheet.notes]


def _feedback_names(wanted: Export, reports: Sequence[GradeReport]) -> tuple[dict[str, str], tuple[str, ...]]:
    """By student the name of the feedback page in the archive, and those that have no place in it."""
    if wanted.to == "canvas":
        return canvas_feedback_names(reports, wanted)
    if wanted.to == "moodle":
        return moodle_feedback_names(reports, wanted)
    return plain_names([report.student for report in reports]), ()
