"""Options and arguments that several verbs of the command line share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

CourseOption = Annotated[
    Path, typer.Option("--course", help="course.toml, or the folder it is in.", show_default="here")
]
AssignmentOption = Annotated[str | None, typer.Option("--assignment", "-a", help="Only this assignment.")]
ResultsArgument = Annotated[Path, typer.Argument(metavar="RESULTS", help="The folder that `grade --out` wrote.")]
VariantsOption = Annotated[
    str | None,
    typer.Option("--variants", metavar="MODULE", help="Right solutions that look unlike the reference: its VARIANTS."),
]
