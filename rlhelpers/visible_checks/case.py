"""A case: one small public question to the student's code, and the comparison that answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

from rlhelpers.language import translate as _

_ATOL = 1e-4
_SHOWN = 10


class NotDefinedError(Exception):
    """The notebook has no such name yet."""


class Notebook:
    """The student's names as attributes.

    Args:
        namespace: The notebook's globals.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace

    def __getattr__(self, name: str) -> Any:
        try:
            return self._namespace[name]
        except KeyError:
            raise NotDefinedError(name) from None

    def owns(self, frame: FrameType) -> bool:
        """Whether a running function is defined in the notebook, not in a library."""
        return frame.f_globals is self._namespace


@dataclass(frozen=True)
class Comparison:
    """What was expected and what came, in words for the student.

    Attributes:
        passed: Whether they agree.
        expected: What should have come.
        received: What came.
        trap: The reason, where the difference gives it away; it is shown before the case's hint.
    """

    passed: bool
    expected: str
    received: str
    trap: str = ""


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes:
        what: What is asked, for example ``six steps, the episode ends with step 3``, in English.
        run: Calls the student's code and compares; what it says is in the notebook's language.
        hint: What to look at if it fails, in English.
    """

    what: str
    run: Callable[[Notebook], Comparison]
    hint: str


def close(received: object, expected: object) -> Comparison:
    """Compares a tensor with numbers: kind, shape, then values to within 1e-4.

    Args:
        received: What the student's function returned.
        expected: Nested sequence, array or tensor of numbers.
    """
    import torch

    wanted = np.asarray(expected, dtype=np.float64)
    if not isinstance(received, torch.Tensor):
        tensor = _("a tensor {numbers}").format(numbers=_numbers(wanted))
        return Comparison(False, tensor, f"{type(received).__name__}: {_short(received)}")
    came = received.detach().cpu().double().numpy()
    if came.shape != wanted.shape:
        return Comparison(False, _shape(wanted.shape), _shape(came.shape), _shape_trap(came.shape, wanted.shape))
    wrong = ~np.isclose(came, wanted, rtol=0.0, atol=_ATOL)
    places = ", ".join(str(place) for place in np.flatnonzero(wrong)[:8]) if wrong.ndim == 1 and wrong.size > 1 else ""
    trap = _("Differs at index {places}.").format(places=places) if places else ""
    # Both in float32: what agrees should not look different by the last digit.
    return Comparison(not wrong.any(), _numbers(wanted.astype(np.float32)), _numbers(came.astype(np.float32)), trap)


def shape(received: object, expected: Sequence[int]) -> Comparison:
    """Compares the shape of a tensor or array."""
    came = getattr(received, "shape", None)
    if came is None:
        return Comparison(False, _shape(expected), f"{type(received).__name__}: {_short(received)}")
    trap = _shape_trap(tuple(came), tuple(expected))
    return Comparison(tuple(came) == tuple(expected), _shape(expected), _shape(came), trap)


def equal(received: object, expected: object) -> Comparison:
    """Compares plain values."""
    return Comparison(bool(received == expected), _short(expected), _short(received))


def that(passed: bool, expected: str, received: str) -> Comparison:
    """A comparison in words of one's own."""
    return Comparison(passed, expected, received)


def unchanged(changed: Sequence[str]) -> Comparison:
    """Whether a function has left its arguments alone.

    Args:
        changed: Names of those that are other ones after the call.
    """
    kept = _("unchanged")
    return Comparison(not changed, kept, _("changed: {names}").format(names=", ".join(changed)) if changed else kept)


def first_failure(*comparisons: Comparison) -> Comparison:
    """The first of several comparisons that does not hold, or else the last one."""
    return next((each for each in comparisons if not each.passed), comparisons[-1])


def _shape_trap(came: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    if came == (*wanted, 1):
        return _("There is a last axis of size 1 too many: .squeeze(-1) takes it off.")
    if came == (*wanted, *wanted) or (len(wanted) == 1 and came == (wanted[0], wanted[0])):
        return _("A [N, 1] met a [N] somewhere: broadcasting makes that [N, N].")
    if came == () and wanted:
        return _("A mean or sum has been taken over too much.")
    return ""


def _shape(sizes: Sequence[int]) -> str:
    return _("shape {sizes}").format(sizes=list(sizes))


def _numbers(array: np.ndarray) -> str:
    """Writes numbers with at most 4 decimals; a matrix has a line for each row, long rows and columns are cut."""
    if array.ndim == 0:
        return f"{float(array) + 0.0:.4f}".rstrip("0").rstrip(".")
    shown = [_numbers(part) for part in array[:_SHOWN]] + ["..."] * (len(array) > _SHOWN)
    return "[" + (",\n " if array.ndim > 1 else ", ").join(shown) + "]"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "..."
