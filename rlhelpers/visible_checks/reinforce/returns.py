"""Visible checks of discounted_return and returns_to_go, on three rewards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rlhelpers.visible_checks.case import Case, Comparison, Notebook, that, unchanged

REWARDS, INTEGERS = (1.0, 2.0, 4.0), (3, 1, 1)
DISCOUNTED, DISCOUNTED_INTEGERS = 3.0, 3.75
TO_GO, TO_GO_INTEGERS = (3.0, 4.0, 4.0), (3.75, 1.5, 1.0)


def _gives(function: str, rewards: Any, gamma: float, expected: Any, what: str, hint: str) -> Case:
    def run(notebook: Notebook) -> Comparison:
        return _same(getattr(notebook, function)(rewards.copy(), gamma), expected)

    return Case(what, run, hint)


def _same(received: Any, expected: Any) -> Comparison:
    wanted = np.asarray(expected, dtype=np.float64)
    kinds = (list, np.ndarray, float, int, np.number)
    if not isinstance(received, kinds) and not hasattr(received, "numpy"):
        return that(False, str(wanted.tolist()), f"{type(received).__name__}: {received!r}"[:120])
    came = np.asarray(received, dtype=np.float64)
    right = came.shape == wanted.shape and bool(np.allclose(came, wanted, atol=1e-4))
    return that(right, str(wanted.tolist()), str(came.round(4).tolist()))


def _is_a_float(notebook: Notebook) -> Comparison:
    name = type(notebook.discounted_return(np.array(REWARDS), 0.5)).__name__
    return that(name == "float", "float", name)


def _untouched(function: str) -> Callable[[Notebook], Comparison]:
    def run(notebook: Notebook) -> Comparison:
        given: Sequence[Any] = (list(REWARDS), np.array(REWARDS))
        for each in given:
            getattr(notebook, function)(each, 0.5)
        return unchanged([] if all(np.array_equal(each, REWARDS) for each in given) else ["rewards"])

    return run


_GROWS = "The first reward counts in full, the second times gamma, the third times gamma**2: 1 + 1 + 1."
_BACK = "From the last step to the first: 4, then 2 + 0.5 * 4, then 1 + 0.5 * 4."
_PLAIN = "A plain sum: no mean, no other discount."
_LOOPS = "len(), indexing and loops work for lists and arrays; arithmetic in integers cuts fractions off."
_COPY = "The caller needs the rewards again: write into a new list or array."
_LIST, _ARRAY = list(REWARDS), np.array(INTEGERS)

DISCOUNTED_CASES: tuple[Case, ...] = (
    _gives("discounted_return", _LIST, 0.5, DISCOUNTED, "rewards 1, 2, 4, gamma 0.5", _GROWS),
    _gives("discounted_return", _LIST, 1.0, 7.0, "the same with gamma 1", _PLAIN),
    _gives("discounted_return", _LIST, 0.0, 1.0, "the same with gamma 0", "gamma**0 is 1, also for gamma 0."),
    _gives("discounted_return", _ARRAY, 0.5, DISCOUNTED_INTEGERS, "an array of integers, 3, 1, 1", _LOOPS),
    Case("the result is a Python float", _is_a_float, "return float(...)"),
    Case("rewards are left unchanged", _untouched("discounted_return"), _COPY),
)
TO_GO_CASES: tuple[Case, ...] = (
    _gives("returns_to_go", _LIST, 0.5, TO_GO, "rewards 1, 2, 4, gamma 0.5", _BACK),
    _gives("returns_to_go", _LIST, 1.0, (7.0, 6.0, 4.0), "the same with gamma 1", _PLAIN),
    _gives("returns_to_go", _LIST, 0.0, REWARDS, "the same with gamma 0", "Only the step's own reward is left."),
    _gives("returns_to_go", _ARRAY, 0.5, TO_GO_INTEGERS, "an array of integers, 3, 1, 1", _LOOPS),
    _gives("returns_to_go", [5.0], 0.5, (5.0,), "a single reward of 5", "One element for each reward."),
    Case("rewards are left unchanged", _untouched("returns_to_go"), _COPY),
)
