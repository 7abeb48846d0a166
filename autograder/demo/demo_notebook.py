"""DemoNotebook: a made-up student's notebook, made from the released one by the edits that students make."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from typing import Any

JsonCell = dict[str, Any]


class DemoNotebook:
    """A notebook of format 4 under construction; every edit returns the notebook, so that edits can be chained.

    Args:
        released: The released notebook as plain JSON; it is left unchanged.
        solutions: Exercise to the source of its cell; exercises that are not named stay as released.
    """

    def __init__(self, released: Mapping[str, Any], solutions: Mapping[str, str] | None = None) -> None:
        self.json: dict[str, Any] = copy.deepcopy(dict(released))
        for name, source in (solutions or {}).items():
            self.write(name, source)

    @property
    def cells(self) -> list[JsonCell]:
        """Its cells."""
        cells: list[JsonCell] = self.json["cells"]
        return cells

    def place(self, name: str) -> int:
        """Place of the first cell of this grade_id."""
        return next(place for place, cell in enumerate(self.cells) if grade_id(cell) == name)

    def source(self, name: str) -> str:
        """Text of the first cell of this grade_id."""
        return "".join(self.cells[self.place(name)]["source"])

    def write(self, name: str, source: str) -> DemoNotebook:
        """Puts ``source`` into the cell of this grade_id."""
        self.cells[self.place(name)]["source"] = source
        return self

    def add(self, source: str, before: str, kind: str = "code") -> DemoNotebook:
        """Adds a cell of the student's own before the one of that grade_id."""
        cell: JsonCell = {"cell_type": kind, "id": f"own-{len(self.cells)}", "metadata": {}, "source": source}
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        self.cells.insert(self.place(before), cell)
        return self

    def drop(self, *names: str) -> DemoNotebook:
        """Removes all cells of these grade_ids."""
        self.json["cells"] = [cell for cell in self.cells if grade_id(cell) not in names]
        return self

    def repeat(self, name: str, source: str | None = None) -> DemoNotebook:
        """Copies a cell, metadata and id included, to the place above it, with ``source`` as its text."""
        place = self.place(name)
        copied = copy.deepcopy(self.cells[place])
        if source is not None:
            copied["source"] = source
        self.cells.insert(place, copied)
        return self

    def move(self, name: str, before: str) -> DemoNotebook:
        """Moves a cell to the place before another one."""
        cell = self.cells.pop(self.place(name))
        self.cells.insert(self.place(before), cell)
        return self

    def merge(self, name: str, other: str) -> DemoNotebook:
        """Appends the text of the cell ``other`` to the cell ``name`` and removes ``other``."""
        return self.write(name, f"{self.source(name)}\n\n\n{self.source(other)}").drop(other)

    def strip(self) -> DemoNotebook:
        """Removes ids and all metadata, as some editors do, and says format 4.0."""
        for cell in self.cells:
            cell.pop("id", None)
            cell["metadata"] = {}
        self.json |= {"metadata": {}, "nbformat_minor": 0}
        return self

    def to_windows_lines(self) -> DemoNotebook:
        """Ends the lines of all cells as Windows does."""
        for cell in self.cells:
            cell["source"] = "".join(cell["source"]).replace("\n", "\r\n")
        return self

    def to_format_3(self) -> DemoNotebook:
        """Rewrites it as IPython 2 would have saved it."""
        cells = [_cell_3(cell) for cell in self.cells]
        self.json = {
            "metadata": {"name": ""},
            "nbformat": 3,
            "nbformat_minor": 0,
            "worksheets": [{"cells": cells, "metadata": {}}],
        }
        return self

    def content(self) -> bytes:
        """The file."""
        return (json.dumps(self.json, indent=1, ensure_ascii=False) + "\n").encode()


def grade_id(cell: JsonCell) -> str:
    """Nbgrader's name of a cell, or an empty string."""
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


def foreign_notebook(names: Iterable[str]) -> bytes:
    """A notebook of some other assignment whose exercises have these names."""
    cells: list[JsonCell] = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": name,
            "metadata": {
                "nbgrader": {
                    "schema_version": 3,
                    "grade_id": name,
                    "grade": False,
                    "locked": False,
                    "solution": True,
                    "task": False,
                }
            },
            "outputs": [],
            "source": f"def {name}():\n    return 0",
        }
        for name in names
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook).encode()


def _cell_3(cell: JsonCell) -> JsonCell:
    source = "".join(cell["source"])
    if cell["cell_type"] == "code":
        return {
            "cell_type": "code",
            "collapsed": False,
            "input": source,
            "language": "python",
            "metadata": cell["metadata"],
            "outputs": [],
            "prompt_number": 1,
        }
    if source.startswith("# ") and "\n" not in source:
        return {"cell_type": "heading", "level": 1, "metadata": cell["metadata"], "source": source[2:]}
    return {"cell_type": cell["cell_type"], "metadata": cell["metadata"], "source": source}
