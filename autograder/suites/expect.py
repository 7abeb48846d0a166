"""Expectations of hidden checks: each returns plain numpy data or fails with a sentence for the student.

Messages name kinds, shapes and dtypes, never hidden inputs or expected values. What is given here as ``what`` or
``text`` goes into the catalogues where it is a literal; one that is made of parts is a ``message(...)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autograder.errors import CheckFailed
from autograder.message import as_message, message
from autograder.sandbox.student import Handle
from autograder.sandbox.wire import Tensor


def that(condition: bool, text: str) -> None:
    """Fails with ``text`` unless the condition holds."""
    if not condition:
        raise CheckFailed(text)


def tensor(received: Any, what: str) -> np.ndarray:
    """The values of a torch tensor.

    Args:
        received: What came through the door.
        what: What it is, in words, for example ``"the returns"``.
    """
    if not isinstance(received, Tensor):
        raise _other_kind(message("a torch tensor"), received, what)
    return received.array


def as_array(received: Any, what: str) -> np.ndarray:
    """The values of a tensor, an array or a number."""
    if isinstance(received, Tensor):
        return received.array
    if not isinstance(received, np.ndarray | int | float):
        raise _other_kind(message("numbers"), received, what)
    return np.asarray(received)


def number(received: Any, what: str) -> float:
    """The value of a number, or of a tensor or array without axes."""
    shape(received, (), what)
    return float(finite(received, what))


def handle(received: Any, what: str) -> Handle:
    """An object that stayed inside the sandbox."""
    if not isinstance(received, Handle):
        raise _other_kind(message("an object"), received, what)
    return received


def shape(received: Any, expected: Sequence[int], what: str) -> None:
    """Fails unless ``received`` has the shape ``expected``; says how to mend it where that is clear."""
    found, wanted = as_array(received, what).shape, tuple(expected)
    if found != wanted:
        raise CheckFailed(
            message(
                "{what}: expected shape {expected}, received {received}{remedy}",
                what=as_message(what),
                expected=list(wanted),
                received=list(found),
                remedy=_remedy(found, wanted),
            )
        )


def dtype(received: Any, expected: str, what: str) -> None:
    """Fails unless ``received`` has the dtype named ``expected``."""
    found = as_array(received, what).dtype.name
    if found != expected:
        raise CheckFailed(
            message(
                "{what}: expected dtype {expected}, received {received}",
                what=as_message(what),
                expected=expected,
                received=found,
            )
        )


def finite(received: Any, what: str) -> np.ndarray:
    """The values, none of them NaN or infinite."""
    values = as_array(received, what)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise CheckFailed(
            message(
                "{what}: expected finite numbers, received {received}",
                what=as_message(what),
                received="NaN" if np.isnan(values).any() else message("infinity"),
            )
        )
    return values


def close(received: Any, expected: ArrayLike, what: str, *, rtol: float = 1e-5, atol: float = 1e-6) -> np.ndarray:
    """Fails unless shapes agree and ``|received - expected| <= atol + rtol |expected|`` everywhere.

    Args:
        received: What came through the door.
        expected: The right values; they never appear in a message.
        what: What it is, in words.
        rtol: Relative tolerance.
        atol: Absolute tolerance.

    Returns:
        The received values.
    """
    values, right = as_array(received, what), np.asarray(expected)
    shape(received, right.shape, what)
    finite(received, what)
    wrong = ~np.isclose(values.astype(np.float64), right, rtol=rtol, atol=atol)
    if wrong.any():
        raise CheckFailed(_not_right(wrong, what))
    return values


def same(received: Any, expected: Any, text: str) -> None:
    """Fails with ``text`` unless both have the same shape, dtype and values, bit for bit."""
    one, other = (value.array if isinstance(value, Tensor) else np.asarray(value) for value in (received, expected))
    equal = one.shape == other.shape and one.dtype == other.dtype and np.array_equal(one, other, equal_nan=True)
    that(bool(equal), text)


def kind(received: Any) -> str:
    """What a value is, in words that a student knows."""
    match received:
        case None:
            return message("None (is there a `return`?)")
        case Tensor():
            return message("a torch tensor of shape {shape}", shape=list(received.shape))
        case np.ndarray():
            return message("a NumPy array of shape {shape}", shape=list(received.shape))
        case Handle():
            return message("an object of class {name}", name=received.type_name)
        case list():
            return message("a list or tuple of {length}", length=len(received))
        case bool() | int() | float() | str() | dict():
            return message("a Python {type}", type=type(received).__name__)
    return type(received).__name__


def _other_kind(expected: str, received: Any, what: str) -> CheckFailed:
    return CheckFailed(
        message(
            "{what}: expected {expected}, received {received}",
            what=as_message(what),
            expected=expected,
            received=kind(received),
        )
    )


def _not_right(wrong: np.ndarray, what: str) -> str:
    if wrong.size == 1:
        return message("{what}: the values are not right", what=as_message(what))
    return message(
        "{what}: the values are not right ({wrong} of {all} elements are off)",
        what=as_message(what),
        wrong=int(wrong.sum()),
        all=wrong.size,
    )


def _remedy(found: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    if found == (*wanted, 1):
        return message("; squeeze the last axis")
    if found == (1, *wanted):
        return message("; squeeze the first axis")
    if wanted == (*found, 1):
        return message("; a last axis of size 1 is missing")
    if wanted == () and found:
        return message("; reduce it to one number, for example with .mean()")
    if sorted(found) == sorted(wanted):
        return message("; the axes are swapped")
    if len(found) == len(wanted) and found[:1] != wanted[:1] and found[1:] == wanted[1:]:
        if found[0] > wanted[0]:
            return message("; {count} too many along the first axis", count=found[0] - wanted[0])
        return message("; {count} too few along the first axis", count=wanted[0] - found[0])
    if len(found) == 2 and len(wanted) == 1 and found[0] == found[1] == wanted[0]:
        return message("; [N, 1] and [N] were broadcast to [N, N]")
    return ""
