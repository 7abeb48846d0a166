"""The verb that brings hand-ins from elsewhere into submitted/; no logic."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.cli_options import AssignmentOption, CourseOption
from autograder.errors import InputError

app = typer.Typer()


@app.command()
def collect(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE...",
            help="nbgrader's exchange, folders <student>/<assignment>, notebooks or zips named after students, "
            "Moodle's or Canvas' download of all submissions, or an archive of rlhelpers.hand_in; recognised by what "
            "they hold.",
        ),
    ],
    into: Annotated[Path, typer.Option("--into", metavar="DIR", help="Where hand-ins go.")] = Path("submitted"),
    assignment: AssignmentOption = None,
    student: Annotated[
        str | None, typer.Option("--student", "-s", help="Whose it is, for a source with one hand-in.")
    ] = None,
    roster: Annotated[
        Path | None,
        typer.Option(
            "--roster",
            metavar="FILE",
            help="Moodle: the grading worksheet, Canvas: a gradebook export; for student ids and times of hand-ins.",
        ),
    ] = None,
    match: Annotated[
        str | None,
        typer.Option("--match", metavar="COLUMN", help="Column of the roster that has our ids.", show_default="logins"),
    ] = None,
    times: Annotated[
        str | None,
        typer.Option("--times", metavar="COLUMN", help="Column of the roster that says when something was handed in."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")] = False,
    course: CourseOption = Path(),
) -> None:
    """Bring hand-ins into submitted/<student>/<assignment>/; the newest wins. Exit status 1: something was refused."""
    from autograder.arrivals.collection import Order
    from autograder.arrivals.collection import collect as collect_sources
    from autograder.arrivals.register import read_register
    from autograder.console import collection_notes, collection_table
    from autograder.course import load_course

    if roster is None and (match or times):
        raise InputError("--match, --times: expected --roster FILE beside it, received none; name the table")
    console, loaded = Console(), load_course(course)
    register = None if roster is None else read_register(roster, loaded.timezone, match, times)
    order = Order(into=into, assignment=assignment, student=student, register=register, dry_run=dry_run)
    found = collect_sources(loaded, sources, order)
    for source, kind in found.kinds:
        console.print(f"{source}: {kind}", markup=False, soft_wrap=True)
    if found.lines:
        console.print(collection_table(found, loaded.timezone))
    for note in collection_notes(found, dry_run=dry_run):
        console.print(note, markup=False, soft_wrap=True)
    if found.refused:
        raise typer.Exit(1)
