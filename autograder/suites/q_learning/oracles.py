"""Oracles: Q-learning by its definition, in plain loops."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from autograder.suites.hidden_values import Floats
from autograder.suites.q_learning.probes import Seen


def updated(q: Floats, seen: Seen, alpha: float, gamma: float) -> Floats:
    """The table after one update, a new array (Sutton and Barto, 2nd edition, equation 6.8)."""
    future = 0.0 if seen.terminated else max(float(value) for value in q[seen.after])
    where = (*seen.before, seen.action) if isinstance(seen.before, tuple) else (seen.before, seen.action)
    table = q.copy()
    table[where] = (1 - alpha) * q[where] + alpha * (seen.reward + gamma * future)
    return table


def replayed(shape: Sequence[int], steps: Iterable[Seen], alpha: float, gamma: float) -> list[Floats]:
    """The tables before the first of these steps, before the second, ..., and after the last."""
    tables = [np.zeros(shape)]
    for seen in steps:
        tables.append(updated(tables[-1], seen, alpha, gamma))
    return tables


def is_greedy(q: Floats, seen: Seen) -> bool:
    """Whether the action has the largest value, up to rounding."""
    values = q[seen.before]
    return bool(values[seen.action] >= values.max() - 1e-9)


def greedy_arm(rewards: Sequence[float], alpha: float, episodes: int) -> int:
    """Which of several arms, all with negative rewards, looks best after greedy episodes of one pull each.

    The table starts with zeros, so every arm is tried before any is pulled again, in whatever order.
    """
    values = np.zeros(len(rewards))
    for _ in range(episodes):
        arm = int(values.argmax())
        values[arm] += alpha * (rewards[arm] - values[arm])
    return int(values.argmax())
