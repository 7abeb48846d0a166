"""The stub: what stands in a notebook in place of a solution that the student has not written yet."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from rlhelpers.language import in_all_languages

STUB_MESSAGE = "Write your solution here, then delete this line."


def stub_messages() -> tuple[str, ...]:
    """What the stub says, in each language."""
    return in_all_languages(STUB_MESSAGE)


def is_written(implementation: Callable[..., Any]) -> bool:
    """Whether a function, or every method of a class, no longer holds the notebook's stub.

    Args:
        implementation: A function or a class of the notebook.

    Returns:
        False where a line ``raise NotImplementedError("Write your solution here, ...")`` is left, in any language.
    """
    members = vars(implementation).values() if isinstance(implementation, type) else [implementation]
    functions = [member for member in members if isinstance(member, types.FunctionType)]
    constants = {each for function in functions for each in function.__code__.co_consts if isinstance(each, str)}
    return constants.isdisjoint(stub_messages())
