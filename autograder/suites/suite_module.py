"""SuiteModule: a module that a hidden suite may have."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from autograder.errors import AutograderError


def suite_module(assignment_id: str, name: str) -> Any:
    """The module ``name`` of the suite of an assignment; None if there is none.

    Raises:
        AutograderError: The module cannot be imported.
    """
    dotted = f"autograder.suites.{assignment_id}.{name}"
    try:
        return import_module(dotted)
    except ModuleNotFoundError as error:
        if error.name in (dotted, dotted.rpartition(".")[0]):
            return None
        raise AutograderError(f"{dotted}: cannot be imported: {error}") from error
