"""ExportRequest: what one `autograder export` was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autograder.errors import InputError
from autograder.outlets.visibility import Visibility


@dataclass(frozen=True, kw_only=True)
class Export:
    """What was asked for.

    Attributes:
        to: ``csv``, ``canvas``, ``moodle`` or ``gradescope``.
        out: The file to write; for ``gradescope`` a folder.
        roster: The system's own list of students, for ``canvas`` and ``moodle``.
        match: The roster's column that holds our student ids, if it is to be that one.
        column: The column of the grades, if it is not found by its name.
        scale: Whether to convert points to what the assignment is worth in the system.
        feedback: Zip file for the feedback pages.
        submissions: What Canvas' Download Submissions gave.
        visibility: When Gradescope shows the results.
    """

    to: str
    out: Path
    roster: Path | None = None
    match: str | None = None
    column: str | None = None
    scale: bool | None = None
    feedback: Path | None = None
    submissions: Path | None = None
    visibility: Visibility = Visibility.visible

    def required_roster(self) -> Path:
        """The roster.

        Raises:
            InputError: None was given.
        """
        if self.roster is None:
            what = "a gradebook export of the course" if self.to == "canvas" else "the assignment's grading worksheet"
            raise InputError(f"--to {self.to}: expected {what} by --roster FILE, received none")
        return self.roster

    def required_submissions(self) -> Path:
        """What Canvas' Download Submissions gave.

        Raises:
            InputError: It was not given.
        """
        if self.submissions is None:
            raise InputError(
                "--feedback: expected --submissions ZIP beside it, received none; Canvas knows feedback files by the "
                "names that its Download Submissions gives"
            )
        return self.submissions
