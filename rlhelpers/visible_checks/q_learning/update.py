"""Visible checks of q_update: one step in tables of a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rlhelpers.language import translate as _
from rlhelpers.visible_checks.case import Case, Comparison, Notebook, that

TABLE = ((1.0, 2.0), (8.0, 4.0), (9.0, 3.0))
UPDATED = ((1.0, 3.0), (8.0, 4.0), (9.0, 3.0))
TERMINATED = ((1.0, 1.0), (8.0, 4.0), (9.0, 3.0))
ITSELF = ((1.0, 1.25), (8.0, 4.0), (9.0, 3.0))


def _update(expected: Sequence[Sequence[float]], what: str, hint: str, **changed: Any) -> Case:
    def run(notebook: Notebook) -> Comparison:
        q = np.array(TABLE)
        arguments = {"state": 0, "action": 1, "reward": 0.0, "next_state": 1, "terminated": False} | changed
        notebook.q_update(q, *arguments.values(), 0.25, 0.75)
        return _tables(q, np.array(expected))

    return Case(what, run, hint)


def _tables(received: np.ndarray, expected: np.ndarray) -> Comparison:
    same = bool(np.allclose(received, expected))
    return that(same, str(expected.tolist()), str(received.round(4).tolist()))


def _tuples(notebook: Notebook) -> Comparison:
    q = np.zeros((2, 3, 2))
    q[1, 2] = 6.0, 8.0
    notebook.q_update(q, (0, 1), 1, 0.0, (1, 2), False, 0.5, 0.5)
    changed = [tuple(int(part) for part in place) for place in np.argwhere(q)]
    where = _("{value} at {place}")
    if changed != [(0, 1, 1), (1, 2, 0), (1, 2, 1)]:
        return that(False, where.format(value=2.0, place=[(0, 1, 1)]), where.format(value="...", place=changed))
    value = float(q[0, 1, 1])
    return that(
        bool(np.isclose(value, 2.0)),
        where.format(value=2.0, place=[(0, 1, 1)]),
        where.format(value=round(value, 4), place=[(0, 1, 1)]),
    )


UPDATE_CASES: tuple[Case, ...] = (
    _update(
        UPDATED,
        "table [[1, 2], [8, 4], [9, 3]], action 1 in state 0, reward 0, then state 1; alpha 0.25, gamma 0.75",
        "The target is 0 + 0.75 * 8 = 6, and a quarter of the way from 2 to 6 is 3; nothing else changes.",
    ),
    _update(
        TERMINATED,
        "the same with reward -2, and the step terminates the episode",
        "The target is the reward alone: a quarter of the way from 2 to -2 is 1. Then state 1 has no future.",
        reward=-2.0,
        terminated=True,
    ),
    _update(
        ITSELF,
        "the same with reward -2.5 and state 0 as the next state",
        "The target is -2.5 + 0.75 * 2 = -1, by the values before the update; a quarter of the way from 2 is 1.25.",
        reward=-2.5,
        next_state=0,
    ),
    Case(
        "tuples as states: zeros but for 6 and 8 in (1, 2); from (0, 1) to it by action 1, alpha and gamma 0.5",
        _tuples,
        "q[state][action] is one number for tuples as well; q[state, action] is not. The target is 0.5 * 8 = 4.",
    ),
)
