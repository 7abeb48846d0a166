"""Restoration: a student's cells become the notebook that is graded; nothing is run.

Cells that the release locks (given code and checks) get their released text and metadata back, or are put back where
they are missing. Whatever the student wrote stays, in the student's order, even what was written into a locked cell.
"""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from autograder.cell_claims import CellClaims, has_work
from autograder.message import as_message, message
from autograder.notebook import CellKind, PlainCell
from autograder.released_notebook import TRAINING_TAG, JsonCell, ReleasedNotebook

CellRole = Literal["own", "solution", "given", "check", "training"]

_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class Cell:
    """One cell of a restored notebook.

    Attributes:
        index: Number of the cell in the restored notebook, from 1.
        kind: ``code``, ``markdown`` or ``raw``.
        source: Its text.
        grade_id: nbgrader's name of the cell, if the release gives it one; no two cells have the same. An exercise
            that the student wrote into the cell of another one has none.
        tags: Its tags.
        role: ``solution`` (of the exercise ``grade_id``), ``given`` (locked), ``check`` (the grader writes its
            outputs), ``training`` (long, not run), ``own`` (everything else, the student's helpers among it).
    """

    index: int
    kind: CellKind
    source: str
    grade_id: str | None = None
    tags: tuple[str, ...] = ()
    role: CellRole = "own"

    @property
    def is_run(self) -> bool:
        """Whether the sandbox runs it."""
        return self.kind == "code" and self.role not in ("check", "training")


@dataclass(frozen=True)
class RestoredNotebook:
    """A student's notebook as it is graded.

    Attributes:
        cells: Its cells.
        json: The same as plain JSON of nbformat 4.5, without outputs; ``json["cells"][i]`` is ``cells[i]``.
        notes: What was restored, put back or left out, a sentence each.
        written: Number of exercises that the student has written something for.
    """

    cells: tuple[Cell, ...]
    json: dict[str, Any]
    notes: tuple[str, ...]
    written: int


@dataclass(frozen=True)
class _Place:
    """A cell on its way into the restored notebook.

    Attributes:
        own: The student's text, or None where the released one is back.
        number: Which released cell it is, if any.
        note: What was done to it, as the end of a sentence that begins with the cell.
    """

    own: PlainCell | None
    number: int | None
    note: str = ""


def restore(cells: Sequence[PlainCell], release: ReleasedNotebook, exercises: Sequence[str]) -> RestoredNotebook:
    """Restores a student's notebook.

    Args:
        cells: Its cells as handed in.
        release: What was handed out.
        exercises: Names of what the student was asked to write.

    Raises:
        SubmissionError: The cells are those of another assignment.
    """
    claims = CellClaims(cells, release, exercises)
    places: list[_Place] = []
    for index, (cell, number) in enumerate(zip(cells, claims.numbers, strict=True)):
        if index not in claims.left_out:
            places += _places(cell, number, release)
    _put_back_missing(places, release, claims.elsewhere)
    _move_given_ahead(places, release)
    json_cells = _json_cells(places, release)
    return RestoredNotebook(
        cells=tuple(_cell(index, *each, release) for index, each in enumerate(zip(places, json_cells, strict=True), 1)),
        json={
            "cells": json_cells,
            "metadata": copy.deepcopy(release.metadata),
            "nbformat": 4,
            "nbformat_minor": 5,
        },
        notes=(*_notes(places, release), *claims.notes),
        written=claims.written,
    )


def _places(cell: PlainCell, number: int | None, release: ReleasedNotebook) -> list[_Place]:
    """A changed locked cell becomes two: what the student wrote there, then the released one, which prevails."""
    if number is None:
        return [_Place(cell, None)]
    released = release.cells[number]
    if released.role in ("solution", "free"):
        retyped = released.role == "solution" and cell.kind != "code"
        note = message("had been made a {kind} cell; it is code again", kind=cell.kind) if retyped else ""
        return [_Place(cell, number, note)]
    if released.has_text(cell.source):
        return [_Place(None, number)]
    if not has_work(cell, released):
        return [_Place(None, number, message("had been changed; the released text is back"))]
    note = message("had been changed; the released text is back, the changed one stands before it")
    return [_Place(cell, None), _Place(None, number, note)]


def _put_back_missing(places: list[_Place], release: ReleasedNotebook, elsewhere: set[int]) -> None:
    """Puts each missing cell behind the nearest one that it followed when it was handed out."""
    present = {place.number for place in places}
    for number in release.numbers("solution", "given", "check"):
        if number in present or number in elsewhere:
            continue
        behind = max((each for each in present if each is not None and each < number), default=None)
        at = 0 if behind is None else 1 + max(i for i, place in enumerate(places) if place.number == behind)
        places.insert(at, _Place(None, number, message("was missing; the released one is put back")))
        present.add(number)


def _move_given_ahead(places: list[_Place], release: ReleasedNotebook) -> None:
    """Moves given code ahead of the code that followed it when it was handed out and needs it now."""
    needy = set(release.numbers("solution", "given"))
    for number in release.numbers("given"):
        here = next(i for i, place in enumerate(places) if place.number == number)
        followers = (i for i, place in enumerate(places) if place.number in needy and place.number > number)
        first = min(followers, default=here)
        if first < here:
            moved = places.pop(here)
            note = moved.note or message("stood below code that needs it")
            places.insert(first, replace(moved, note=message("{note}; it is moved up", note=as_message(note))))


def _json_cells(places: Sequence[_Place], release: ReleasedNotebook) -> list[JsonCell]:
    """Cells of nbformat 4.5; locked and solution cells have the ids that they were handed out with."""
    ids = {cell.json["id"] for cell in release.cells if cell.role != "free"}
    cells: list[JsonCell] = []
    for index, place in enumerate(places, start=1):
        released = None if place.number is None else release.cells[place.number]
        if released is None or released.role == "free":
            assert place.own is not None  # only locked and solution cells are put back
            tags = dict.fromkeys((*place.own.tags, *(released.tags if released else ())))
            cells.append(_own_json(place.own, list(tags), _new_id(place.own.id, index, ids)))
        else:
            cells.append(copy.deepcopy(released.json))
            if place.own is not None:
                cells[-1]["source"] = place.own.source
    return cells


def _own_json(cell: PlainCell, tags: list[str], cell_id: str) -> JsonCell:
    made: JsonCell = {
        "cell_type": cell.kind,
        "id": cell_id,
        "metadata": {"tags": tags} if tags else {},
        "source": cell.source,
    }
    if cell.kind == "code":
        made |= {"outputs": [], "execution_count": None}
    if cell.attachments:
        made["attachments"] = copy.deepcopy(cell.attachments)
    return made


def _new_id(wanted: str, index: int, ids: set[str]) -> str:
    """The student's id of a cell if it is valid and free, else a new one; it is free no more."""
    candidates = itertools.chain([wanted], (f"cell-{number}" for number in itertools.count(index)))
    chosen = next(each for each in candidates if _CELL_ID.fullmatch(each) and each not in ids)
    ids.add(chosen)
    return chosen


def _cell(index: int, place: _Place, made: JsonCell, release: ReleasedNotebook) -> Cell:
    released = None if place.number is None else release.cells[place.number]
    tags = tuple(made["metadata"].get("tags", ()))
    role: CellRole = "own"
    if released is not None and released.role != "free":
        role = released.role
    elif TRAINING_TAG in tags:
        role = "training"
    return Cell(
        index=index,
        kind=made["cell_type"],
        source=made["source"],
        grade_id=(released.grade_id or None) if released else None,
        tags=tags,
        role=role,
    )


def _notes(places: Sequence[_Place], release: ReleasedNotebook) -> list[str]:
    return [
        message(
            "Cell {index} (`{name}`) {note}.",
            index=index,
            name=release.cells[place.number].grade_id,
            note=as_message(place.note),
        )
        for index, place in enumerate(places, start=1)
        if place.note and place.number is not None
    ]
