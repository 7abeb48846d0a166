"""The stub: what stands in a notebook in place of a solution that the student has not written yet."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

STUB_MESSAGE = "Write your solution here, then delete this line."


def is_written(implementation: Callable[..., Any]) -> bool:
    """Whether a function, or every method of a class, no longer holds the notebook's stub.

    Args:
        implementation: A function or a class of the notebook.

    Returns:
        False where a line ``raise NotImplementedError("Write your solution here, ...")`` is left.
    """
    members = vars(implementation).values() if isinstance(implementation, type) else [implementation]
    functions = [member for member in members if isinstance(member, types.FunctionType)]
    return not any(STUB_MESSAGE in function.__code__.co_consts for function in functions)
