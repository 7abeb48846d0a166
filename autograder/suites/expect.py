"""Expectations of hidden checks: each returns plain numpy data or fails with a sentence for the student.

Messages name kinds, shapes and dtypes, never hidden inputs or expected values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autograder.errors import CheckFailed
from autograder.sandbox.student import Handle
from autograder.sandbox.wire import Tensor


def that(condition: bool, message: str) -> None:
    """Fails with ``message`` unless the condition holds."""
    if not condition:
        raise CheckFailed(message)


def tensor(received: Any, what: str) -> np.ndarray:
    """The values of a torch tensor.

    Args:
        received: What came through the door.
        what: What it is, in words, for example ``"the returns"``.
    """
    that(isinstance(received, Tensor), f"{what}: expected a torch tensor, received {kind(received)}")
    values: np.ndarray = received.array
    return values


def as_array(received: Any, what: str) -> np.ndarray:
    """The values of a tensor, an array or a number."""
    if isinstance(received, Tensor):
        return received.array
    numeric = isinstance(received, np.ndarray | int | float)
    that(numeric, f"{what}: expected numbers, received {kind(received)}")
    return np.asarray(received)


def number(received: Any, what: str) -> float:
    """The value of a number, or of a tensor or array without axes."""
    values = as_array(received, what)
    shape(received, (), what)
    that(bool(np.isfinite(values)), f"{what}: expected a finite number, received {_unusual(values)}")
    return float(values)


def handle(received: Any, what: str) -> Handle:
    """An object that stayed inside the sandbox."""
    that(isinstance(received, Handle), f"{what}: expected an object, received {kind(received)}")
    kept: Handle = received
    return kept


def shape(received: Any, expected: Sequence[int], what: str) -> None:
    """Fails unless ``received`` has the shape ``expected``; says how to mend it where that is clear."""
    found, wanted = as_array(received, what).shape, tuple(expected)
    if found != wanted:
        remedy = _remedy(found, wanted)
        that(False, f"{what}: expected shape {list(wanted)}, received {list(found)}{remedy}")


def dtype(received: Any, expected: str, what: str) -> None:
    """Fails unless ``received`` has the dtype named ``expected``."""
    found = as_array(received, what).dtype.name
    that(found == expected, f"{what}: expected dtype {expected}, received {found}")


def finite(received: Any, what: str) -> np.ndarray:
    """The values, none of them NaN or infinite."""
    values = as_array(received, what)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        that(False, f"{what}: expected finite numbers, received {_unusual(values)}")
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
        of = f" ({int(wrong.sum())} of {wrong.size} elements are off)" if wrong.size > 1 else ""
        that(False, f"{what}: the values are not right{of}")
    return values


def same(received: Any, expected: Any, message: str) -> None:
    """Fails with ``message`` unless both have the same shape, dtype and values, bit for bit."""
    one, other = (value.array if isinstance(value, Tensor) else np.asarray(value) for value in (received, expected))
    equal = one.shape == other.shape and one.dtype == other.dtype and np.array_equal(one, other, equal_nan=True)
    that(bool(equal), message)


def kind(received: Any) -> str:
    """What a value is, in words that a student knows."""
    match received:
        case None:
            return "None (is there a `return`?)"
        case Tensor():
            return f"a torch tensor of shape {list(received.shape)}"
        case np.ndarray():
            return f"a NumPy array of shape {list(received.shape)}"
        case Handle():
            return f"an object of class {received.type_name}"
        case list():
            return f"a list or tuple of {len(received)}"
        case bool() | int() | float() | str() | dict():
            return f"a Python {type(received).__name__}"
    return type(received).__name__


def _unusual(values: np.ndarray) -> str:
    return "NaN" if np.isnan(values).any() else "infinity"


def _remedy(found: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    if found == (*wanted, 1):
        return "; squeeze the last axis"
    if found == (1, *wanted):
        return "; squeeze the first axis"
    if wanted == (*found, 1):
        return "; a last axis of size 1 is missing"
    if wanted == () and found:
        return "; reduce it to one number, for example with .mean()"
    if sorted(found) == sorted(wanted):
        return "; the axes are swapped"
    if len(found) == len(wanted) and found[:1] != wanted[:1] and found[1:] == wanted[1:]:
        difference = found[0] - wanted[0]
        return f"; {abs(difference)} too {'many' if difference > 0 else 'few'} along the first axis"
    if len(found) == 2 and len(wanted) == 1 and found[0] == found[1] == wanted[0]:
        return "; [N, 1] and [N] were broadcast to [N, N]"
    return ""
