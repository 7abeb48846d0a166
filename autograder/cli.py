"""The command line: verbs only; what they do is in the modules that they call."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder import cli_collect, cli_grade, cli_gradescope, cli_outlets
from autograder.cli_options import CourseOption, VariantsOption
from autograder.cli_stderr import say
from autograder.errors import AutograderError, InputError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Releases the assignments of a course, grades a class in a sandbox, and reports to everyone who asks.",
)
app.add_typer(cli_collect.app)
app.add_typer(cli_grade.app)
app.add_typer(cli_outlets.app)
app.add_typer(cli_gradescope.app, name="gradescope")


@app.command()
def release(
    assignments: Annotated[list[str] | None, typer.Argument(help="Ids of assignments; all if none is named.")] = None,
    course: CourseOption = Path(),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if a notebook is stale.")] = False,
    public: Annotated[
        Path | None, typer.Option("--public", metavar="DIR", help="Also write everything that students get to DIR.")
    ] = None,
) -> None:
    """Make the student notebooks from solutions/, and their rows in nbgrader's gradebook."""
    if public is not None and (assignments or check):
        raise InputError("--public: expected no assignment and no --check beside it: it is about the whole course")
    from autograder.course import load_course
    from autograder.release import difference, release
    from autograder.suites.check_plugin import points_per_exercise

    console, loaded = Console(), load_course(course)
    stale = False
    for assignment in [loaded.assignment(name) for name in assignments or loaded.assignments]:
        points = points_per_exercise(assignment.id) if assignment.is_graded else {}
        if check:
            changes = difference(loaded, assignment, points)
            stale = stale or bool(changes)
            console.print(f"{assignment.id}: {'stale' if changes else 'up to date'}", changes, markup=False)
        else:
            console.print(str(release(loaded, assignment, points)), markup=False, soft_wrap=True)
    if public is not None:
        from autograder.student_edition import write_student_edition

        files = write_student_edition(loaded, public)
        console.print(f"{public}: the student edition, {len(files)} files", markup=False, soft_wrap=True)
    if stale:
        raise InputError("notebooks/: expected what solutions/ gives, found other text; run `autograder release`")


@app.command()
def translate(
    course: CourseOption = Path(),
    language: Annotated[str | None, typer.Option("--language", "-l", help="A language to begin with.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if anything is untranslated, fuzzy, broken or stale.")
    ] = False,
) -> None:
    """Bring the catalogues of translations up to date, and say what is left to translate."""
    from autograder.course import load_course
    from autograder.translation import examine, update

    console, loaded = Console(), load_course(course)
    states = examine(loaded) if check else update(loaded, language)
    for state in states:
        console.print(str(state), style="red" if state.findings else "green", markup=False, soft_wrap=True)
        for finding in state.findings:
            console.print(f"  {finding}", markup=False, no_wrap=True, overflow="ellipsis")
    if check and any(state.findings for state in states):
        raise InputError("catalogues: expected all messages translated, found others; run `autograder translate`")


@app.command()
def calibrate(
    assignment: Annotated[str, typer.Argument(metavar="ASSIGNMENT", help="Id of the assignment.")],
    course: CourseOption = Path(),
    check: Annotated[
        list[str] | None,
        typer.Option("--check", metavar="ID", help="Only this training check; may be repeated.", show_default="all"),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each trainer, each with a seed of its own.")] = 600,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 1,
    variants: VariantsOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", show_default="calibration.json of the suite")
    ] = None,
) -> None:
    """Find thresholds of training checks: measure right and broken trainers over many seeds.

    Ctrl-C keeps what has been measured; the same command goes on from there.
    """
    from autograder.calibration.plan import right_trainers, select_checks
    from autograder.calibration.process import Request, calibrate
    from autograder.console import calibration_table, with_task_progress
    from autograder.course import load_course
    from autograder.suites.variant import read_variants

    console, loaded = Console(), load_course(course)
    checks = select_checks(loaded.assignment(assignment).id, check or ())
    request = Request(loaded, assignment, checks, right_trainers(read_variants(variants)), seeds, workers, out)
    try:
        calibration = calibrate(request, lambda chunks, total, title: with_task_progress(chunks, total, title, console))
    except KeyboardInterrupt:
        raise InputError("calibrate: interrupted; what was measured is kept, the same command goes on") from None
    console.print(calibration_table(calibration))
    console.print(f"Calibration: {request.file}", soft_wrap=True, markup=False)


@app.command()
def matrix(
    assignment: Annotated[str, typer.Argument(metavar="ASSIGNMENT", help="Whose hidden suite.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The page to write.")],
    exercises: Annotated[list[str] | None, typer.Option("--exercise", "-e", help="Only these exercises.")] = None,
    variants: VariantsOption = None,
    course: CourseOption = Path(),
) -> None:
    """Judge known mistakes and right solutions by the hidden suite; write a page on which check catches what."""
    from autograder.course import load_course
    from autograder.matrix_run import write_matrix
    from autograder.suites.variant import read_variants

    rows = write_matrix(load_course(course), assignment, out, exercises or (), read_variants(variants))
    mistakes, right = [row for row in rows if row.misconception], [row for row in rows if row.variant]
    caught, named = sum(row.is_killed for row in mistakes), sum(row.named for row in mistakes)
    counts = [f"{len(mistakes)} known mistakes, {caught} caught, {named} named"]
    if right:
        counts.append(f"{len(right)} right solutions, {sum(not row.rejected_by for row in right)} accepted")
    Console().print(f"{'; '.join(counts)}: {out}", markup=False, soft_wrap=True)


@app.command()
def doctor(course: CourseOption = Path()) -> None:
    """Say what this machine gives (isolation, libraries, rendering, GPU, Dask, database), and how to mend the rest."""
    from autograder.doctor import examine

    console, well = Console(), True
    for finding in examine(course):
        well = well and (finding.well or not finding.needed)
        console.print(finding.text, style="green" if finding.well else "red", markup=False, soft_wrap=True)
    if not well:
        raise typer.Exit(1)


@app.command()
def demo(
    folder: Annotated[Path, typer.Option("--folder", help="Where the made-up course goes.")] = Path("build/demo"),
    course: CourseOption = Path(),
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes.", show_default="one for each core")
    ] = None,
) -> None:
    """Release, make up a class, honest and hostile, and grade it."""
    from autograder.demo.demo_course import make_course

    students = make_course(course, folder)
    Console().print(f"A made-up class of {len(students)} has handed in: {folder / 'submitted'}", markup=False)
    cli_grade.grade(folder / "submitted", out=folder / "results", course=folder, workers=workers)


def main() -> None:
    """Runs the command line; every error that was foreseen is one line, never a traceback."""
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    try:
        app(prog_name="autograder")
    except AutograderError as error:
        _give_up(str(error))
    except OSError as error:
        if error.filename is None:
            raise
        _give_up(f"{error.filename}: expected a place to read from or write to, received {error.strerror}")


def _give_up(text: str) -> None:
    say(text)
    sys.exit(2)


if __name__ == "__main__":
    main()
