"""Hidden inputs of the checks: tables and updates, lakes, and what comes back as an action or a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.errors import CheckFailed
from autograder.message import message
from autograder.sandbox.student import Handle, Student
from autograder.suites import expect
from autograder.suites.hidden_values import Floats, kept
from autograder.suites.q_learning.probes import Seen, State

INTEGERS = (7,)
TUPLES = (5, 3, 4)
ACTIONS = 3


@dataclass(frozen=True)
class Update:
    """Arguments of ``q_update``.

    Attributes:
        q: The table before.
        seen: The step.
        alpha: Step size.
        gamma: Discount.
    """

    q: Floats
    seen: Seen
    alpha: float
    gamma: float

    @classmethod
    def draw(
        cls,
        rng: np.random.Generator,
        sizes: tuple[int, ...],
        *,
        terminated: bool = False,
        stays: bool = False,
        alpha: float = 0.3,
        gamma: float = 0.8,
    ) -> Update:
        """Draws a table without zeros and a step between two of its states, or within one of them."""
        before, after = (
            tuple(int(part) for part in np.unravel_index(number, sizes))
            for number in rng.choice(int(np.prod(sizes)), 2, replace=False)
        )
        states: list[State] = [each if len(sizes) > 1 else each[0] for each in (before, before if stays else after)]
        action, reward = int(rng.integers(ACTIONS)), float(rng.normal(0.0, 3.0))
        q = rng.normal(0.0, 2.0, (*sizes, ACTIONS))
        # The largest value of the next state belongs to another action than the one taken.
        q[states[1]][[action, (action + 1) % ACTIONS]] = np.sort(q[states[1]][[action, (action + 1) % ACTIONS]])
        return cls(q, Seen(states[0], action, reward, states[1], terminated, False), alpha, gamma)

    def apply(self, student: Student) -> Any:
        """Has the student's ``q_update`` change a copy of the table inside the sandbox, and returns it."""
        inside = kept(student, self.q)
        before, after = (_inside(student, state) for state in (self.seen.before, self.seen.after))
        seen = self.seen
        student.q_update(inside, before, seen.action, seen.reward, after, seen.terminated, self.alpha, self.gamma)
        return inside.value()


def _inside(student: Student, state: State) -> int | Handle:
    """A state as the student's code gets it from an environment."""
    return student.library("builtins.tuple", list(state)) if isinstance(state, tuple) else state


def actions(student: Student, times: int, q_values: Any, epsilon: float, rng: Handle) -> np.ndarray:
    """What several calls of ``epsilon_greedy`` return, as integers [times].

    Raises:
        CheckFailed: Something else than the number of an action came.
    """
    sent = np.asarray(q_values, dtype=np.float64)
    results = student.repeated(times, "epsilon_greedy", sent, epsilon, rng)
    return np.array([_action(each, len(sent)) for each in results])


def _action(received: Any, count: int) -> int:
    what = message("an action of epsilon_greedy")
    values = expect.as_array(received, what)
    if isinstance(received, bool) or values.dtype.kind not in "iu":
        raise CheckFailed(
            message("{what}: expected a whole number, received {received}", what=what, received=expect.kind(received))
        )
    expect.shape(received, (), what)
    if not 0 <= int(values) < count:
        raise CheckFailed(message("{what}: it is not between 0 and the number of actions minus 1", what=what))
    return int(values)


def table(received: Any, shape: tuple[int, ...], what: str) -> Floats:
    """The Q table that came, of the right form.

    Raises:
        CheckFailed: It is none.
    """
    expect.that(
        isinstance(received, np.ndarray),
        message("{what}: expected a NumPy array, received {received}", what=what, received=expect.kind(received)),
    )
    expect.shape(received, shape, what)
    return np.asarray(expect.finite(received, what), dtype=np.float64)
