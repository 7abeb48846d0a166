"""Misconceptions: the known mistakes of the PPO assignment, in the order of its exercises."""

from autograder.suites.misconception import Misconception
from autograder.suites.ppo import (
    mistakes_in_actor,
    mistakes_in_evaluation,
    mistakes_in_gae,
    mistakes_in_learning,
    mistakes_in_losses,
    mistakes_in_returns,
    mistakes_in_trainer,
)

MISCONCEPTIONS: tuple[Misconception, ...] = (
    *mistakes_in_actor.MISCONCEPTIONS,
    *mistakes_in_returns.MISCONCEPTIONS,
    *mistakes_in_gae.MISCONCEPTIONS,
    *mistakes_in_losses.MISCONCEPTIONS,
    *mistakes_in_evaluation.MISCONCEPTIONS,
    *mistakes_in_trainer.MISCONCEPTIONS,
    *mistakes_in_learning.MISCONCEPTIONS,
)
"""Complete replacement cells, each with the sentence that explains it."""
