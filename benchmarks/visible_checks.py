"""The hidden checks in the notebook's own kernel, as an nbgrader test cell would run them: no sandbox."""

from __future__ import annotations

import importlib
import inspect
import os
from collections.abc import Iterator
from typing import Any

from autograder.errors import AutograderError
from autograder.sandbox.loopback import loopback_student
from autograder.suites.check_plugin import SUITES
from autograder.suites.judging import check_rng
from autograder.suites.training_check import Trained

SECRET = b"benchmark"


def run(assignment_id: str, exercise: str, namespace: dict[str, Any]) -> float:
    """Judges one exercise and prints what failed.

    Args:
        assignment_id: Which suite.
        exercise: Which exercise.
        namespace: ``globals()`` of the notebook.

    Returns:
        Points earned: as the value of a test cell, nbgrader's partial credit.
    """
    points = 0.0
    runs: dict[Any, Any] = {}

    def shared(run: Any) -> Any:
        if run not in runs:
            runs[run] = run(loopback_student(namespace), check_rng(SECRET, run.__name__))
        return runs[run]

    for name, check in _checks(assignment_id, exercise):
        if os.environ.get("CHECKS") == "deterministic" and "trained" in inspect.signature(check).parameters:
            continue
        marks = {mark.name: mark.args for mark in check.pytestmark}
        student, rng = loopback_student(namespace), check_rng(SECRET, name)
        fixtures = {"student": student, "rng": rng, "shared": shared}
        fixtures["trained"] = Trained(student, rng, shared, lambda fact: None)
        try:
            check(**{wanted: fixtures[wanted] for wanted in inspect.signature(check).parameters})
            points += marks["points"][0]
        except AutograderError as error:
            print(f"{name}: {error}")
    return points


def _checks(assignment_id: str, exercise: str) -> Iterator[tuple[str, Any]]:
    """The test functions of the modules that judge an exercise."""
    for file in sorted((SUITES / assignment_id).glob("test_*.py")):
        module = importlib.import_module(f"autograder.suites.{assignment_id}.{file.stem}")
        if module.pytestmark.args == (exercise,):
            yield from ((name, each) for name, each in vars(module).items() if name.startswith("test_"))
