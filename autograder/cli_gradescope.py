"""The verbs about Gradescope: build the autograder's zip; inside the container, prepare and run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.cli_options import CourseOption
from autograder.gradescope.settings import DEFAULT_SECONDS, Settings
from autograder.outlets.visibility import Visibility

app = typer.Typer(no_args_is_help=True, help="Make the autograder zip of an assignment for Gradescope.")
RootOption = Annotated[Path, typer.Option("--root", help="The container's folder.")]
CONTAINER = Path("/autograder")


@app.command()
def build(
    assignment: Annotated[str, typer.Argument(help="Id of the assignment.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="ZIP", help="File to write.")] = Path("autograder.zip"),
    course: CourseOption = Path(),
    visibility: Annotated[
        Visibility, typer.Option("--visibility", help="When students see the results.")
    ] = Visibility.visible,
    seconds: Annotated[
        float,
        typer.Option(min=1.0, help="No check is begun after so long; less than the container's own limit."),
    ] = DEFAULT_SECONDS,
    allow_no_isolation: Annotated[
        bool,
        typer.Option(
            "--allow-no-isolation",
            help="DANGER: where the container isolates nothing, run students' code beside the hidden suite.",
        ),
    ] = False,
) -> None:
    """Write the zip file to upload as the autograder of a programming assignment."""
    from autograder.course import load_course
    from autograder.gradescope.build import build_zip

    settings = Settings(assignment=assignment, allow_none=allow_no_isolation, visibility=visibility, seconds=seconds)
    count = build_zip(load_course(course), settings, out)
    levels = " or ".join(settings.levels())
    Console().print(
        f"{out}: {count} files; grades with isolation {levels}, whichever the container gives first", soft_wrap=True
    )


@app.command(hidden=True)
def prepare(root: RootOption = CONTAINER) -> None:
    """In the container, when its image is built: take the fingerprints of known mistakes."""
    from autograder.gradescope.container_run import prepare

    Console().print(f"Isolation in this container: {prepare(root)}")


@app.command(hidden=True)
def run(root: RootOption = CONTAINER) -> None:
    """In the container: grade the submission and write results.json."""
    from autograder.gradescope.container_run import run_container

    report = run_container(root)
    if report is None:
        raise typer.Exit(1)
    Console().print(f"{report.assignment}: {report.status}, isolation {report.isolation}")
