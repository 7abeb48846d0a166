"""The verb that grades; no logic."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.cli_options import AssignmentOption, CourseOption
from autograder.cli_stderr import say
from autograder.errors import InputError

INTERRUPTED = 130  # exit code after Ctrl-C, as shells have it

app = typer.Typer()


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
            help="What is run: `checks`: hidden suites and the agent that was handed in; `training`: these and a short "
            "run of each trainer, up to three minutes; `score`: these and, in place of the short run, the full run of "
            "those without an agent that could be played."
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
        say(
            f"ended at once; the reports of the {watch.finished} submissions that this run has finished are kept in "
            f"{out}, gradebook and class report wait; the same command goes on"
        )
        raise typer.Exit(INTERRUPTED) from None
    for line in class_lines(run):
        console.print(line, soft_wrap=isinstance(line, str), markup=False)
    if run.left or watch.is_stopping:
        say(
            f"stopped by Ctrl-C with {run.left} submissions left; what has been graded is kept, and the same command "
            "goes on, in full training runs, too"
        )
        raise typer.Exit(INTERRUPTED)
