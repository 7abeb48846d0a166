"""ReleasedNotebook: what the students were given, as plain cells; read without nbformat, as a submission is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from autograder.errors import InputError

JsonCell = dict[str, Any]
ReleasedRole = Literal["solution", "given", "check", "free"]

TRAINING_TAG = "training"


@dataclass(frozen=True)
class ReleasedCell:
    """One cell of the released notebook.

    Attributes:
        json: The cell as nbformat 4.5 keeps it, without outputs; its source is one text.
        grade_id: nbgrader's name of it, or an empty string.
        role: ``solution`` (the student writes it), ``given`` or ``check`` (both locked), ``free`` (everything else).
    """

    json: JsonCell
    grade_id: str
    role: ReleasedRole

    @property
    def tags(self) -> tuple[str, ...]:
        """Its tags."""
        return tuple(self.json["metadata"].get("tags", ()))

    def has_text(self, text: str) -> bool:
        """Whether ``text`` is its source; blank space at the end of lines does not count."""
        return trimmed(text) == trimmed(self.json["source"])


@dataclass(frozen=True)
class ReleasedNotebook:
    """The released notebook; a cell's number is its place in ``cells``."""

    cells: tuple[ReleasedCell, ...]
    metadata: dict[str, Any]

    def numbers(self, *roles: ReleasedRole) -> list[int]:
        """Numbers of the cells with one of these roles, in order."""
        return [number for number, cell in enumerate(self.cells) if cell.role in roles]


def read_release(path: Path) -> ReleasedNotebook:
    """Reads the released notebook.

    Raises:
        InputError: The file is missing or is no notebook of format 4.5.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        cells = tuple(_released_cell(cell) for cell in document["cells"])
        return ReleasedNotebook(cells, dict(document["metadata"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: expected the released notebook, received an error ({error!r}); run `autograder release`"
        ) from error


def trimmed(text: str) -> str:
    """The text without blank space at the end of its lines, and without blank lines around it."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _released_cell(cell: JsonCell) -> ReleasedCell:
    clean = {**cell, "source": "".join(cell["source"]), "id": cell["id"]}
    if clean["cell_type"] == "code":
        clean |= {"outputs": [], "execution_count": None}
    nbgrader = cell["metadata"].get("nbgrader", {})
    role: ReleasedRole = "free"
    if nbgrader.get("solution"):
        role = "solution"
    elif nbgrader.get("grade"):
        role = "check"
    elif nbgrader.get("locked"):
        role = "given"
    return ReleasedCell(clean, nbgrader.get("grade_id", ""), role)
