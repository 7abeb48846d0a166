"""Visible checks of epsilon_greedy: how often each action is chosen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rlhelpers.language import translate as _
from rlhelpers.visible_checks.case import Case, Comparison, Notebook, first_failure, that, unchanged

_DRAWS = 2000
_TOLERANCE = 0.06  # a right solution exceeds it with a probability below 1e-5; the seeds below are fixed


def _frequencies(values: Sequence[float], epsilon: float, expected: Sequence[float], what: str, hint: str) -> Case:
    def run(notebook: Notebook) -> Comparison:
        rng, q_values = np.random.default_rng(1), np.array(values)
        chosen = [notebook.epsilon_greedy(q_values, epsilon, rng) for _ in range(_DRAWS)]
        odd = next((each for each in chosen if not _is_action(each, len(values))), None)
        if odd is not None:
            return that(False, _("an action from 0 to {last}").format(last=len(values) - 1), repr(odd)[:120])
        found = np.bincount(np.array(chosen, dtype=np.int64), minlength=len(values)) / _DRAWS
        return that(bool(abs(found - expected).max() < _TOLERANCE), _shares(np.asarray(expected)), _shares(found))

    return Case(what, run, hint)


def _is_action(received: object, count: int) -> bool:
    return isinstance(received, (int, np.integer)) and 0 <= int(received) < count


def _shares(found: np.ndarray) -> str:
    return ", ".join(f"{action}: {share:.0%}" for action, share in enumerate(found))


def _python_int(notebook: Notebook) -> Comparison:
    rng, values = np.random.default_rng(2), np.array([0.0, 1.0, 0.5])
    kinds = {type(notebook.epsilon_greedy(values, epsilon, rng)).__name__ for epsilon in (0.0, 1.0)}
    return that(kinds == {"int"}, "int", ", ".join(sorted(kinds)))


def _repeatable(notebook: Notebook) -> Comparison:
    runs = []
    for seed, elsewhere in ((3, 0), (3, 1), (4, 0)):
        np.random.seed(elsewhere)
        rng = np.random.default_rng(seed)
        runs.append([int(notebook.epsilon_greedy(np.zeros(4), 0.5, rng)) for _ in range(20)])
    same, other = _("the same actions"), _("other actions")
    return first_failure(
        that(runs[0] == runs[1], same, same if runs[0] == runs[1] else other),
        that(runs[0] != runs[2], other, other if runs[0] != runs[2] else same),
    )


def _values_unchanged(notebook: Notebook) -> Comparison:
    rng, values = np.random.default_rng(5), np.zeros(4)
    for epsilon in (0.0, 1.0):
        notebook.epsilon_greedy(values, epsilon, rng)
    return unchanged(["q_values"] if values.any() else [])


POLICY_CASES: tuple[Case, ...] = (
    _frequencies(
        [-3.0, -1.0, -2.0],
        0.0,
        [0.0, 1.0, 0.0],
        "values -3, -1, -2 and epsilon 0: how often each action comes",
        "With epsilon 0 it never explores: the largest value is that of action 1.",
    ),
    _frequencies(
        [-3.0, -1.0, -2.0],
        0.6,
        [0.2, 0.6, 0.2],
        "the same with epsilon 0.6",
        "Explore if rng.random() < epsilon. Exploring draws from all actions, the best one among them.",
    ),
    _frequencies(
        [0.0, 0.0, 0.0, 0.0],
        0.0,
        [0.25] * 4,
        "four zeros and epsilon 0",
        "All are best. np.argmax returns the first; np.flatnonzero(q_values == q_values.max()) finds them all.",
    ),
    _frequencies(
        [1.0, 5.0, 5.0],
        0.0,
        [0.0, 0.5, 0.5],
        "values 1, 5, 5 and epsilon 0",
        "Ties are broken at random wherever they are, not in rows of zeros only.",
    ),
    Case("the action is a Python int", _python_int, "NumPy's integers are another type: int(...)."),
    Case(
        "the same generator gives the same actions, another one others",
        _repeatable,
        "Draw from rng, the argument, and from nothing else.",
    ),
    Case("q_values is left unchanged", _values_unchanged, "It is a view of the table; do not write into it."),
)
