"""Misconceptions: the known mistakes of the Q-learning assignment, in the order of its exercises."""

from autograder.suites.misconception import Misconception
from autograder.suites.q_learning import (
    mistakes_in_policy,
    mistakes_in_selection,
    mistakes_in_training,
    mistakes_in_update,
)

MISCONCEPTIONS: tuple[Misconception, ...] = (
    *mistakes_in_policy.MISCONCEPTIONS,
    *mistakes_in_update.MISCONCEPTIONS,
    *mistakes_in_training.MISCONCEPTIONS,
    *mistakes_in_selection.MISCONCEPTIONS,
)
"""Complete replacement cells, each with the sentence that explains it."""
