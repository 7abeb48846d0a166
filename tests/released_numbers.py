"""The released notebook of the made-up assignment ``numbers``, written by hand: nothing is generated for a test."""

import json
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment
from autograder.demo.demo_notebook import DemoNotebook

ASSIGNMENT = Assignment(id="numbers", title="Numbers", exercises=("double", "halve", "Counter"), bonus=("halve",))
STUB = 'raise NotImplementedError("Write your solution here, then delete this line.")'
SOLUTIONS = {
    "double": "def double(number):\n    return 2 * number",
    "halve": "def halve(number):\n    return number / 2",
    "Counter": "class Counter:\n    def count(self):\n        return 1",
}


def _cell(cell_id: str, source: str, kind: str = "code", **metadata: Any) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": cell_id, "metadata": metadata, "source": source}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def _named(name: str, source: str, *, solution: bool = False, grade: bool = False) -> dict[str, Any]:
    marks = {"schema_version": 3, "grade_id": name, "solution": solution, "grade": grade, "locked": not solution}
    return _cell(name, source, nbgrader=marks | {"task": False} | ({"points": 1} if grade else {}))


RELEASED: dict[str, Any] = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
    "cells": [
        _cell("title", "# Čísla\nRead this first.", "markdown"),
        _cell("settings", "repetitions = 3", tags=["parameters"]),
        _named("imports", "import math\n\ncheck = print"),
        _named("double", f"def double(number):\n    {STUB}", solution=True),
        _named("check_double", 'check("double")', grade=True),
        _named("halve", f"def halve(number):\n    {STUB}", solution=True),
        _named("check_halve", 'check("halve")', grade=True),
        _named("given_parts", "class Part:\n    size = math.pi"),
        _named("Counter", f"class Counter:\n    def count(self):\n        {STUB}", solution=True),
        _named("check_Counter", 'check("Counter")', grade=True),
        _cell("train", "print(double(repetitions))", tags=["training"]),
    ],
}


def untouched() -> DemoNotebook:
    """The notebook as it was handed out."""
    return DemoNotebook(RELEASED)


def solved(**changed: str) -> DemoNotebook:
    """The notebook with right solutions, some ``changed``."""
    return DemoNotebook(RELEASED, SOLUTIONS | changed)


def write_release(folder: Path) -> Path:
    """Writes the released notebook and returns its path."""
    path = folder / "notebooks" / "numbers" / "numbers.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(RELEASED, ensure_ascii=False), encoding="utf-8")
    return path
