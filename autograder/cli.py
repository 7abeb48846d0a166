"""The command line: verbs only; what they do is in the modules that they call."""

from __future__ import annotations

import logging
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder import cli_collect, cli_gradescope, cli_outlets
from autograder.cli_options import AssignmentOption, CourseOption
from autograder.errors import AutograderError, InputError

INTERRUPTED = 130  # exit code after Ctrl-C, as shells have it

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Releases the assignments of a course, grades a class in a sandbox, and reports to everyone who asks.",
)
app.add_typer(cli_collect.app)
app.add_typer(cli_outlets.app)
app.add_typer(cli_gradescope.app, name="gradescope")


class Tier(StrEnum):
    """How much is run."""

    checks = "checks"
    training = "training"
    score = "score"


class Isolation(StrEnum):
    """Levels of isolation that can be asked for by name; ``none`` has a flag of its own."""

    namespaces = "namespaces"
    bubblewrap = "bubblewrap"
    separate_users = "separate-users"
    landlock = "landlock"


class DeviceChoice(StrEnum):
    """Where students' networks are."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


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
def grade(
    submitted: Annotated[
        Path, typer.Argument(metavar="SUBMITTED", help="Folder <student>/<assignment>/<assignment>.ipynb.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="RESULTS", help="Where reports and feedback go.")],
    course: CourseOption = Path(),
    assignment: AssignmentOption = None,
    student: Annotated[str | None, typer.Option("--student", "-s", help="Only this student.")] = None,
    tier: Annotated[
        Tier,
        typer.Option(
            help="What is run: `checks`: hidden suites and the agent that was handed in; `training`: also a short run "
            "of each trainer, up to three minutes; `score`: also the full run, for those without an agent."
        ),
    ] = Tier.checks,
    timesteps: Annotated[
        int | None,
        typer.Option(min=1, help="Transitions of the full run of `--tier score`.", show_default="as in course.toml"),
    ] = None,
    device: Annotated[
        DeviceChoice, typer.Option(help="Where students' networks are; `auto`: on a GPU in tiers that train, if any.")
    ] = DeviceChoice.auto,
    video: Annotated[
        bool, typer.Option("--video/--no-video", help="Film each agent: two to three seconds of CPU time.")
    ] = True,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes.", show_default="one for each core")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler in place of this machine.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Grade anew what has not changed since the last run, too.")
    ] = False,
    gradebook: Annotated[
        bool, typer.Option("--gradebook/--no-gradebook", help="Write grades to nbgrader's gradebook.")
    ] = True,
    isolation: Annotated[
        Isolation | None,
        typer.Option(help="Level of isolation; refuses to grade without it.", show_default="the strongest there is"),
    ] = None,
    no_isolation: Annotated[
        bool,
        typer.Option("--no-isolation", help="DANGER: run students' code without a sandbox. Trusted notebooks only."),
    ] = False,
) -> None:
    """Grade a class: reports, executed notebooks, feedback, the class report and the gradebook."""
    if isolation is not None and no_isolation:
        raise InputError("--no-isolation: expected it without --isolation, received both; leave one out")
    from autograder.class_run import grade_folder
    from autograder.class_watch import ClassWatch
    from autograder.console import class_lines, with_progress
    from autograder.course import load_course
    from autograder.gpu_resource import choose_device_there
    from autograder.grading_plan import GradingPlan

    if timesteps is not None and tier is not Tier.score:
        raise InputError(f"--timesteps: expected --tier score beside it, received --tier {tier}; it is the full run's")
    console, loaded = Console(), load_course(course)
    chosen = choose_device_there(device.value, scheduler, trains=tier is not Tier.checks)
    plan = GradingPlan(tier=tier.value, device=chosen, videos=video, timesteps=timesteps)
    watch = ClassWatch()
    try:
        run = grade_folder(
            loaded,
            submitted,
            out,
            assignment=assignment,
            student=student,
            workers=workers,
            scheduler=scheduler,
            level="none" if no_isolation else isolation.value if isolation else None,
            plan=plan,
            write_gradebook=gradebook,
            force=force,
            progress=lambda reports, total: with_progress(reports, total, console, watch),
            watch=watch,
        )
    except KeyboardInterrupt:
        _say(
            f"ended at once; the reports of the {watch.finished} submissions that this run has finished are kept in "
            f"{out}, gradebook and class report wait; the same command goes on"
        )
        raise typer.Exit(INTERRUPTED) from None
    for line in class_lines(run):
        console.print(line, soft_wrap=isinstance(line, str), markup=False)
    if run.left:
        _say(f"stopped by Ctrl-C with {run.left} submissions left; the others are kept, the same command goes on")
        raise typer.Exit(INTERRUPTED)


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
    variants: Annotated[
        str | None, typer.Option(metavar="MODULE", help="Right solutions of another kind: VARIANTS of a module.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", show_default="calibration.json of the suite")
    ] = None,
) -> None:
    """Find thresholds of training checks: measure right and broken trainers over many seeds.

    Ctrl-C keeps what has been measured; the same command goes on from there.
    """
    from autograder.calibration.plan import read_variants, select_checks
    from autograder.calibration.process import Request, calibrate
    from autograder.console import calibration_table, with_task_progress
    from autograder.course import load_course

    console, loaded = Console(), load_course(course)
    checks = select_checks(loaded.assignment(assignment).id, check or ())
    request = Request(loaded, assignment, checks, read_variants(variants), seeds, workers, out)
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
    course: CourseOption = Path(),
) -> None:
    """Judge every known mistake by the hidden suite, and write a page on which check catches which."""
    from autograder.course import load_course
    from autograder.matrix_run import write_matrix

    rows = write_matrix(load_course(course), assignment, out, exercises or ())
    caught, named = sum(row.is_killed for row in rows[1:]), sum(row.named for row in rows[1:])
    Console().print(f"{len(rows) - 1} known mistakes, {caught} caught, {named} named: {out}", markup=False)


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
    grade(folder / "submitted", out=folder / "results", course=folder, workers=workers)


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
    _say(text)
    sys.exit(2)


def _say(text: str) -> None:
    Console(stderr=True, soft_wrap=True).print(f"autograder: {text}", style="red", markup=False, highlight=False)


if __name__ == "__main__":
    main()
