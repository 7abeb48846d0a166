"""The verbs that make something of reports: pages, exports, answers; no logic."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.cli_options import AssignmentOption, CourseOption, ResultsArgument
from autograder.outlets.visibility import Visibility

app = typer.Typer()


class Target(StrEnum):
    """Formats of `export`."""

    csv = "csv"
    canvas = "canvas"
    moodle = "moodle"
    gradescope = "gradescope"


@app.command()
def feedback(
    results: ResultsArgument,
    course: CourseOption = Path(),
    assignment: AssignmentOption = None,
    language: Annotated[
        str | None, typer.Option("--language", "-l", help="Of all pages.", show_default="that of the hand-in")
    ] = None,
) -> None:
    """Write every student's feedback.html anew from the reports."""
    from autograder.course import load_course
    from autograder.desk import write_feedback
    from autograder.language import require_language
    from autograder.report import read_reports

    loaded = load_course(course)
    if language is not None:
        require_language(language)
    reports = read_reports(results, assignment)
    for report in reports:
        write_feedback(results, report, loaded, loaded.assignment(report.assignment), language)
    Console().print(f"{len(reports)} pages written: {results}/<student>/<assignment>/feedback.html", markup=False)


@app.command()
def report(
    results: ResultsArgument,
    course: CourseOption = Path(),
    assignment: AssignmentOption = None,
    similar: Annotated[
        bool, typer.Option("--similar", help="Also look for hand-ins that share code which is rare in the class.")
    ] = False,
) -> None:
    """Write the class report, one page for each assignment, from the reports."""
    from autograder.class_run import write_class_reports
    from autograder.course import load_course
    from autograder.report import read_reports

    reports = read_reports(results, assignment)
    for page in write_class_reports(load_course(course), reports, results, look_for_similar=similar):
        Console().print(f"Class report: {page}", soft_wrap=True, markup=False)


@app.command()
def export(
    results: ResultsArgument,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="File to write; for gradescope, a folder.")],
    to: Annotated[Target, typer.Option("--to", help="Who shall read it.")] = Target.csv,
    roster: Annotated[
        Path | None,
        typer.Option(
            "--roster",
            metavar="FILE",
            help="canvas: a gradebook export of the course. moodle: the assignment's grading worksheet.",
        ),
    ] = None,
    match: Annotated[
        str | None,
        typer.Option(
            "--match", metavar="COLUMN", help="Column of the roster that has our ids.", show_default="the best"
        ),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option("--column", metavar="NAME", help="Column of the grades, where it is not found by its name."),
    ] = None,
    scale: Annotated[
        bool | None,
        typer.Option(
            "--scale/--no-scale",
            help="Convert to what the assignment is worth in the system, or not.",
            show_default="ask",
        ),
    ] = None,
    feedback_zip: Annotated[
        Path | None,
        typer.Option("--feedback", metavar="ZIP", help="Also write the feedback pages, named for bulk upload, to ZIP."),
    ] = None,
    submissions: Annotated[
        Path | None,
        typer.Option(
            "--submissions", metavar="ZIP", help="canvas: what Download Submissions gave; needed by --feedback."
        ),
    ] = None,
    visibility: Annotated[
        Visibility, typer.Option("--visibility", help="gradescope: when students see it.")
    ] = Visibility.visible,
    course: CourseOption = Path(),
    assignment: AssignmentOption = None,
) -> None:
    """Write the grades of one assignment, and its feedback pages, to files that other systems import."""
    from autograder.course import load_course
    from autograder.outlets.export_request import Export
    from autograder.outlets.export_run import run_export

    wanted = Export(
        to=to.value,
        out=out,
        roster=roster,
        match=match,
        column=column,
        scale=scale,
        feedback=feedback_zip,
        submissions=submissions,
        visibility=visibility,
    )
    for line in run_export(wanted, load_course(course), results, assignment):
        Console().print(line, markup=False, soft_wrap=True)


@app.command()
def explain(
    student: Annotated[str, typer.Argument(help="Student id.")],
    assignment: Annotated[str, typer.Argument(help="Assignment id.")],
    results: Annotated[
        Path, typer.Option("--results", metavar="RESULTS", help="The folder that `grade --out` wrote.")
    ] = Path("results"),
    course: CourseOption = Path(),
) -> None:
    """Say why a grade is what it is: what ran, versions, seeds, limits, isolation, every check, every point."""
    from autograder.course import load_course
    from autograder.outlets.explanation import Now, explain
    from autograder.provenance import secret_name
    from autograder.report import read_report_of
    from autograder.suites.check_plugin import suite_name

    loaded = load_course(course)
    chosen = loaded.graded_assignment(assignment)
    report = read_report_of(results, student, chosen.id)
    now = Now(suite=suite_name(chosen.id), secret=secret_name(loaded.secret()))
    for line in explain(report, chosen, now):
        Console().print(line, markup=False, highlight=False, soft_wrap=True)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="Results as they are.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Results of the same class, graded anew.")],
    assignment: AssignmentOption = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Also write every change to FILE.")
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Show every student and check.")] = False,
) -> None:
    """Compare two results of a class: whose grade changes, by which checks. Reads only; writes no gradebook."""
    from autograder.outlets.regrade import compare, describe, write_changes
    from autograder.report import read_reports

    regrade = compare(read_reports(old, assignment), read_reports(new, assignment))
    if csv_file is not None:
        write_changes(regrade, csv_file)
    for line in describe(regrade, sys.maxsize if show_all else 20):
        Console().print(line, markup=False, highlight=False, soft_wrap=True)
