"""Training checks of Q-learning: two games, policies evaluated exactly; only what was learned depends on seeds."""

from __future__ import annotations

import numpy as np

from autograder.sandbox.student import Student
from autograder.suites.q_learning.hidden_inputs import table
from autograder.suites.q_learning.lake import draw_lake, lake_model
from autograder.suites.q_learning.training_runs import trained_in
from autograder.suites.training_check import TrainingCheck
from rlhelpers.exact_blackjack import OBSERVATIONS, blackjack_return
from rlhelpers.tabular_model import greedy_probabilities

ASTRAY = (
    "stays_in_the_first_state",
    "goes_on_before_the_update",
    "chooses_before_the_update",
    "leaves_out_the_last_step",
    "learns_at_the_end_only",
    "new_table_for_every_episode",
    "table_of_integers",
    "alpha_and_gamma_swapped",
    "fixed_gamma",
)


def crossed(student: Student, rng: np.random.Generator, *_: int) -> float:
    """The success probability of what 800 episodes on a small frozen lake taught, as a part of the best one."""
    rows = draw_lake(rng)
    model, arguments = lake_model(rows), (0.05, 800, 0.95, 0.5, int(rng.integers(1 << 20)))
    q = trained_in(student, "FrozenLake-v1", arguments, desc=rows)
    policy = greedy_probabilities(table(q, model.rewards.shape, "the table of train_q_learning"))
    return float(model.expected_return(policy) / model.best_return())


def played(student: Student, rng: np.random.Generator, *_: int) -> float:
    """The expected return of what 1,500 games of blackjack taught."""
    q = trained_in(student, "Blackjack-v1", (0.1, 1500, 1.0, 1.0, int(rng.integers(1 << 20))))
    return blackjack_return(greedy_probabilities(table(q, (*OBSERVATIONS, 2), "the table of train_q_learning")))


LAKE = TrainingCheck("q_learning.train_q_learning.learns_to_cross_a_lake", crossed, float, (*ASTRAY, "ignores_epsilon"))
BLACKJACK = TrainingCheck(
    "q_learning.train_q_learning.learns_blackjack", played, float, (*ASTRAY, "returns_the_policy")
)
TRAINING_CHECKS = (LAKE, BLACKJACK)
UNTRAINED = {
    "train_q_learning": """
def train_q_learning(env, alpha, episodes, gamma, epsilon, seed):
    return np.zeros((*observation_sizes(env), env.action_space.n))
"""
}
