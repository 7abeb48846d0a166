"""Misconceptions: the known mistakes of the REINFORCE assignment, in the order of its exercises."""

from autograder.suites.misconception import Misconception
from autograder.suites.reinforce import (
    mistakes_in_actor,
    mistakes_in_baseline,
    mistakes_in_experience,
    mistakes_in_loss,
    mistakes_in_returns,
    mistakes_in_training,
)

MISCONCEPTIONS: tuple[Misconception, ...] = (
    *mistakes_in_actor.MISCONCEPTIONS,
    *mistakes_in_experience.MISCONCEPTIONS,
    *mistakes_in_loss.MISCONCEPTIONS,
    *mistakes_in_training.MISCONCEPTIONS,
    *mistakes_in_returns.MISCONCEPTIONS,
    *mistakes_in_baseline.MISCONCEPTIONS,
)
"""Complete replacement cells, each with the sentence that explains it."""
