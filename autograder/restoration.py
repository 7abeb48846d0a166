"""Restoration: a student's cells become the notebook that is graded; nothing is run.

Cells that the release locks (the checks among them) get their released text and metadata back, or are put back where
they are missing; everything that is the student's own stays, in the student's order.
"""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from autograder.errors import InputError, SubmissionError
from autograder.notebook import PlainCell
from autograder.toml_table import listed

JsonCell = dict[str, Any]
Claims = list[int | None]  # for each cell of the student: the number of the released cell that it is

_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}", re.ASCII)
_DEFINITION = re.compile(r"^(?:def|class) +(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class ReleasedCell:
    """One cell of the released notebook.

    Attributes:
        json: The cell as nbformat 4.5 keeps it.
        grade_id: nbgrader's name of it, or an empty string.
        role: ``solution`` (the student writes it), ``locked`` (a check, or given), ``free`` (prose, training).
    """

    json: JsonCell
    grade_id: str
    role: Literal["solution", "locked", "free"]

    @property
    def text(self) -> str:
        """Its source without the blank space around it, for comparing."""
        return str(self.json["source"]).strip()


@dataclass(frozen=True)
class ReleasedNotebook:
    """What the students were given."""

    cells: tuple[ReleasedCell, ...]
    metadata: dict[str, Any]

    def numbers(self, *roles: str) -> list[int]:
        """Numbers of the cells with one of these roles, in order."""
        return [number for number, cell in enumerate(self.cells) if cell.role in roles]


@dataclass(frozen=True)
class RestoredNotebook:
    """A student's notebook as it is graded.

    Attributes:
        cells: Cells of nbformat 4.5, without outputs.
        notes: What was changed, a sentence each; cells are numbered from 1 as in ``cells``.
        worked_on: Number of solution cells whose text is not the released one.
    """

    cells: tuple[JsonCell, ...]
    notes: tuple[str, ...]
    worked_on: int


@dataclass(frozen=True)
class _Place:
    """A cell of the restored notebook: the student's ``own``, the released one of that number, or both."""

    own: PlainCell | None
    released: int | None
    note: str = ""


def read_release(path: Path) -> ReleasedNotebook:
    """Reads the released notebook; a file that has not changed is read once.

    Raises:
        InputError: The file is missing or is no notebook of format 4.5.
    """
    try:
        status = path.stat()
        return _read_release(path, status.st_mtime_ns, status.st_size)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: expected the released notebook, received an error ({error!r}); run `autograder release`"
        ) from error


@lru_cache(maxsize=16)
def _read_release(path: Path, _changed_ns: int, _size: int) -> ReleasedNotebook:
    document = json.loads(path.read_text(encoding="utf-8"))
    return ReleasedNotebook(tuple(_released_cell(cell) for cell in document["cells"]), document["metadata"])


def _released_cell(cell: JsonCell) -> ReleasedCell:
    clean = cell | {"source": "".join(cell["source"])}
    if clean["cell_type"] == "code":
        clean |= {"outputs": [], "execution_count": None}
    nbgrader = cell["metadata"].get("nbgrader", {})
    role: Literal["solution", "locked", "free"] = "free"
    if nbgrader.get("solution"):
        role = "solution"
    elif nbgrader.get("locked") or nbgrader.get("grade"):
        role = "locked"
    return ReleasedCell(clean, nbgrader.get("grade_id", ""), role)


def restore(
    cells: Sequence[PlainCell], release: ReleasedNotebook, exercises: Sequence[str]
) -> RestoredNotebook:
    """Restores a student's notebook.

    Args:
        cells: Its cells as handed in.
        release: What was handed out.
        exercises: Names of what the student was asked to write.

    Raises:
        SubmissionError: The cells are those of another assignment.
    """
    claims = _claims(cells, release)
    _require_this_assignment(cells, claims, release, exercises)
    claims = _claims_by_definition(cells, claims, release)
    claims, copies = _settled(cells, claims, release)
    places = [
        _Place(cell, claim, "had been changed; the released text is back" if _was_changed(cell, claim, release) else "")
        for number, (cell, claim) in enumerate(zip(cells, claims, strict=True))
        if number not in copies
    ]
    places = _with_missing(places, release)
    worked_on = [
        place.own is not None and place.own.source.strip() not in ("", release.cells[place.released].text)
        for place in places
        if place.released is not None and release.cells[place.released].role == "solution"
    ]
    return RestoredNotebook(
        cells=tuple(_json_cells(places, release)),
        notes=(
            *_notes(places, release),
            *_notes_on_copies(copies, release),
            *_notes_on_solutions(cells, claims, release),
        ),
        worked_on=sum(worked_on),
    )


def _claims(cells: Sequence[PlainCell], release: ReleasedNotebook) -> Claims:
    """Recognises released cells by nbgrader's name, else by cell id, else by an unchanged text."""
    by_name = {cell.grade_id: number for number, cell in enumerate(release.cells) if cell.grade_id}
    by_id = {cell.json.get("id"): number for number, cell in enumerate(release.cells)}
    by_text = {(cell.json["cell_type"], cell.text): number for number, cell in enumerate(release.cells)}
    claims: Claims = []
    for cell in cells:
        claim = by_name.get(cell.grade_id)
        if claim is None and not cell.grade_id:
            claim = by_id.get(cell.id, by_text.get((cell.kind, cell.source.strip())))
        claims.append(claim)
    return claims


def _definitions(cell: PlainCell) -> set[str]:
    """Names that a code cell defines at its outermost level."""
    return set(_DEFINITION.findall(cell.source)) if cell.kind == "code" else set()


def _require_this_assignment(
    cells: Sequence[PlainCell], claims: Claims, release: ReleasedNotebook, exercises: Sequence[str]
) -> None:
    """A quarter of the exercises, and no fewer known names than foreign ones: assignments share names."""
    known = {release.cells[claim].grade_id for claim in claims if claim is not None} - {""}
    foreign = {cell.grade_id for cell in cells if cell.grade_id} - {cell.grade_id for cell in release.cells}
    defined = set().union(*(_definitions(cell) for cell in cells))
    met = [name for name in exercises if name in defined or {name, f"check_{name}"} & known]
    if 4 * len(met) >= len(exercises) and len(known | (defined & set(exercises))) >= len(foreign):
        return
    found = listed(sorted(name[:40] for name in foreign)[:5]) if foreign else "none of another one either"
    raise SubmissionError(
        f"expected a notebook of this assignment with its exercises ({listed(exercises)}), received one with "
        f"{len(met)} of them (other graded cells in it: {found}); hand in the notebook of this assignment"
    )


def _claims_by_definition(cells: Sequence[PlainCell], claims: Claims, release: ReleasedNotebook) -> Claims:
    """Where no cell claims to be an exercise's, the last one that defines it is (editors drop metadata)."""
    claimed = set(claims)
    missing = {release.cells[n].grade_id: n for n in release.numbers("solution") if n not in claimed}
    found = list(claims)
    for number in reversed(range(len(cells))):
        names = sorted(_definitions(cells[number]) & set(missing)) if found[number] is None else []
        if names:
            found[number] = missing.pop(names[0])
    return found


def _settled(
    cells: Sequence[PlainCell], claims: Claims, release: ReleasedNotebook
) -> tuple[Claims, dict[int, int]]:
    """Leaves every released cell with one claimant.

    The last copy of a solution cell is the one that counts when the notebook runs. Of a locked cell it is the first
    unchanged copy, or the first one; unchanged further copies are left out, changed ones are the student's own.

    Returns:
        The claims, and for the student's cells to be left out the released cell that each is a copy of.
    """
    settled: Claims = list(claims)
    copies: dict[int, int] = {}
    for claim in release.numbers("solution", "locked"):
        claimants = [number for number, each in enumerate(claims) if each == claim]
        if len(claimants) < 2:
            continue
        unchanged = [number for number in claimants if not _was_changed(cells[number], claim, release)]
        solution = release.cells[claim].role == "solution"
        keeper = claimants[-1] if solution else (unchanged or claimants)[0]
        for number in set(claimants) - {keeper}:
            settled[number] = None
            if not solution and number in unchanged:
                copies[number] = claim
    return settled, copies
