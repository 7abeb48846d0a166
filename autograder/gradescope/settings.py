"""Settings: what the build of an autograder zip leaves for the run inside Gradescope's container."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

from autograder.errors import InputError
from autograder.outlets.visibility import Visibility
from autograder.sandbox.levels import Level

SETTINGS_FILE = "gradescope.json"
# Of the zip's course, wherever that of the course lies; setup.sh and run_autograder name it, too.
SECRET_FILE = "course.secret"  # noqa: S105  # a name
DEFAULT_SECONDS = 480.0  # Gradescope ends a container after 600, unless told otherwise, and then gives 0 without a word


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a container grades.

    Attributes:
        assignment: Assignment id.
        allow_none: Whether to grade without isolation where the container gives none.
        visibility: When students see the results.
        seconds: Wall time after which no further check is begun.
    """

    assignment: str
    allow_none: bool = False
    visibility: Visibility = Visibility.visible
    seconds: float = DEFAULT_SECONDS

    def levels(self) -> tuple[Level, ...]:
        """The isolation levels that are accepted, the strongest first."""
        return tuple(level for level in get_args(Level) if level != "none" or self.allow_none)

    def to_json(self) -> str:
        """The text of the file."""
        return json.dumps(asdict(self), indent=2) + "\n"


def read_settings(folder: Path) -> Settings:
    """Reads what the build has left.

    Raises:
        InputError: The file is missing or is not what the build writes.
    """
    file = folder / SETTINGS_FILE
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
        return Settings(**fields | {"visibility": Visibility(fields["visibility"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"{file}: expected the settings that `autograder gradescope build` writes, received none ({error})"
        ) from error
