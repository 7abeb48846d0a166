"""The hidden checks in the notebook's own kernel, as an nbgrader test cell would run them: no sandbox."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

from autograder.errors import AutograderError
from autograder.sandbox.loopback import loopback_student
from autograder.suites.judging import check_rng

SECRET = b"benchmark"


def run(assignment_id: str, exercise: str, namespace: dict[str, Any]) -> float:
    """Judges one exercise and prints what failed.

    Args:
        assignment_id: Which suite.
        exercise: Which of its modules.
        namespace: ``globals()`` of the notebook.

    Returns:
        Points earned: as the value of a test cell, nbgrader's partial credit.
    """
    module = importlib.import_module(f"autograder.suites.{assignment_id}.test_{exercise.lower()}")
    points = 0.0
    runs: dict[Any, Any] = {}

    def shared(run: Any) -> Any:
        if run not in runs:
            runs[run] = run(loopback_student(namespace), check_rng(SECRET, run.__name__))
        return runs[run]

    for name, check in vars(module).items():
        if not name.startswith("test_"):
            continue
        marks = {mark.name: mark.args for mark in check.pytestmark}
        fixtures = {"student": loopback_student(namespace), "rng": check_rng(SECRET, name), "shared": shared}
        try:
            check(**{wanted: fixtures[wanted] for wanted in inspect.signature(check).parameters})
            points += marks["points"][0]
        except AutograderError as error:
            print(f"{name}: {error}")
    return points
