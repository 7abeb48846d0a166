"""Misconceptions: the known mistakes of the PPO assignment, in the order of its exercises."""

from autograder.suites.misconception import Misconception
from autograder.suites.ppo import (
    mistakes_in_actor,
    mistakes_in_actor_loss,
    mistakes_in_critic_loss,
    mistakes_in_entropy_loss,
    mistakes_in_evaluation,
    mistakes_in_gae,
    mistakes_in_learning,
    mistakes_in_returns,
    mistakes_in_trainer,
)

MISCONCEPTIONS: tuple[Misconception, ...] = (
    *mistakes_in_actor.MISCONCEPTIONS,
    *mistakes_in_returns.MISCONCEPTIONS,
    *mistakes_in_gae.MISCONCEPTIONS,
    *mistakes_in_critic_loss.MISCONCEPTIONS,
    *mistakes_in_actor_loss.MISCONCEPTIONS,
    *mistakes_in_entropy_loss.MISCONCEPTIONS,
    *mistakes_in_evaluation.MISCONCEPTIONS,
    *mistakes_in_trainer.MISCONCEPTIONS,
    *mistakes_in_learning.MISCONCEPTIONS,
)
"""Complete replacement cells, each with the sentence that explains it."""
