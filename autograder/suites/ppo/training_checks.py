"""Training checks of PPO: what is measured, and which broken trainers each is calibrated against."""

from __future__ import annotations

import numpy as np

from autograder.sandbox.student import Student
from autograder.sandbox.wire import tensor
from autograder.suites import expect
from autograder.suites.ppo.probes import SignEnvironment, Situations
from autograder.suites.ppo.situation_runs import Learned, learned
from autograder.suites.ppo.trainer_runs import ENV_ID, make_trainer
from autograder.suites.ppo.trainer_updates import Update, run_update
from autograder.suites.training_check import TrainingCheck

STILL = ("trains_a_copy", "learning_rate_zero")
MISLED = ("ascends", "swaps_log_probs", "misaligned_batches")
MISRECORDED = (
    "records_the_next_observation",
    "log_prob_of_another_sample",
    "flattens_differently",
    "rewards_one_step_late",
)


def updated(student: Student, rng: np.random.Generator, *_: int) -> Update:
    """One update without clipping; most checks of updates look at it."""
    return run_update(student, rng, spied=True)


def refreshed(student: Student, rng: np.random.Generator, *_: int) -> Update:
    """An update that hardly moves the policy, if the trainer lets itself be slowed down."""
    return run_update(student, rng, spied=True, learning_rate=1e-5)


def turned(student: Student, rng: np.random.Generator, *_: int) -> float:
    """By how much one update turns the policy to where an action pays."""
    seed = int(rng.integers(1 << 20))
    student.environment(ENV_ID, SignEnvironment)
    student.seed(seed)
    trainer, actor = make_trainer(student, total=64, envs=4, steps=16, epochs=1, batch_size=64, seed=seed)
    obs = tensor(SignEnvironment.observations)
    before, learned = actor.get_action(obs, greedy=True), trainer.keep.learn()
    actions = [expect.tensor(each, "the greedy actions") for each in (before, learned.get_action(obs, greedy=True))]
    turns = [float(each[0, 0] - each[1, 0]) for each in actions]
    return turns[1] - turns[0]


def tracked(student: Student, rng: np.random.Generator, *budget: int) -> Learned:
    """Some rounds of eight epochs where each situation has its best action."""
    (rounds,) = budget
    return learned(student, rng, Situations.with_targets(rng), rounds, epochs=8)


def valued(student: Student, rng: np.random.Generator, *budget: int) -> Learned:
    """Some rounds of two epochs where situations differ in what they are worth."""
    (rounds,) = budget
    return learned(student, rng, Situations.with_worths(rng), rounds, epochs=2)


def _check(name: str) -> str:
    return f"ppo.PPOTrainer.{name}"


GOOD_ACTIONS = TrainingCheck(
    _check("update_makes_good_actions_likelier"),
    updated,
    Update.agreement,
    (
        *MISLED,
        "trains_a_copy",
        "compares_with_itself",
        "advantages_not_normalised",
        "gradients_add_up",
        "one_epoch",
        "first_batch_only",
        "critic_learns_advantages",
    ),
)
VALUES = TrainingCheck(
    _check("update_moves_values_to_the_returns"),
    updated,
    Update.values_learned,
    (
        "actor_only",
        "trains_a_copy",
        "critic_learns_advantages",
        "misaligned_returns",
        "ascends",
        "misaligned_batches",
        "gradients_add_up",
        "first_batch_only",
    ),
)
NORMALISED = TrainingCheck(
    _check("update_normalises_advantages"),
    updated,
    Update.likeness,
    (
        "advantages_not_normalised",
        "trains_a_copy",
        "swaps_log_probs",
        "misaligned_batches",
        "ascends",
        "actor_only",
        "one_epoch",
        "default_eps",
    ),
)
EPS = TrainingCheck(
    _check("update_uses_eps"),
    updated,
    Update.restraint,
    (
        "default_eps",
        "compares_with_itself",
        "trains_a_copy",
        "swaps_log_probs",
        "one_epoch",
        "first_batch_only",
        "whole_batch",
        "ascends",
    ),
)
FRESH_GRADIENTS = TrainingCheck(
    _check("update_forgets_old_gradients"),
    refreshed,
    Update.freshness,
    (
        "gradients_add_up",
        "ascends",
        "swaps_log_probs",
        "trains_a_copy",
        "one_epoch",
        "first_batch_only",
        "critic_learns_advantages",
        "default_eps",
    ),
)
PAYING_ACTIONS = TrainingCheck(
    _check("learn_finds_out_which_actions_pay"),
    turned,
    float,
    (*MISLED, *STILL, *MISRECORDED, "returns_another_actor", "critic_learns_advantages", "advantages_are_returns"),
)
SITUATIONS = TrainingCheck(
    _check("learn_tells_good_situations_from_bad"),
    valued,
    Learned.value_agreement,
    (
        "misaligned_returns",
        "actor_only",
        "trains_a_copy",
        "learning_rate_turns_negative",
        "critic_learns_advantages",
        "flattens_differently",
        "records_the_next_observation",
        "rewards_one_step_late",
        "learning_rate_zero",
    ),
    budgets=(2,),
)
TARGET = TrainingCheck(
    _check("learn_tracks_a_target"),
    tracked,
    Learned.share_learned,
    (
        *MISLED,
        "trains_a_copy",
        "learning_rate_turns_negative",
        "records_the_next_observation",
        "flattens_differently",
        "rewards_one_step_late",
        "acts_with_the_first_policy",
        "one_epoch",
    ),
    budgets=(3,),
    curve=Learned.curve,
)
TRAINING_CHECKS = (
    GOOD_ACTIONS,
    VALUES,
    NORMALISED,
    EPS,
    FRESH_GRADIENTS,
    PAYING_ACTIONS,
    SITUATIONS,
    TARGET,
)
UNTRAINED = {
    "PPOTrainer": """
class PPOTrainer(PPOTrainer):
    def update_epochs(self, observations, actions, log_probs, returns, advantages):
        pass
"""
}
