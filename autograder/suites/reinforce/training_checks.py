"""Training checks of REINFORCE: what is measured, and which broken trainers each is calibrated against."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.sandbox.student import Student
from autograder.suites.reinforce.baseline_runs import Push, run_push
from autograder.suites.reinforce.lessons import Lesson, lesson
from autograder.suites.reinforce.training_runs import Trainer
from autograder.suites.training_check import TrainingCheck

ONE_PAYS = ((0.0, 0.0, 1.0),)
ONE_EACH = ((1.0, -1.0), (-1.0, 1.0))
# With larger steps or fewer episodes, right policies now and then get stuck with one action for both observations.
SLOWLY: dict[str, Any] = {"epochs": 16, "lr": 0.02, "episodes": 16}
ASTRAY = (
    "sign",
    "every_pair",
    "other_actions",
    "best_actions",
    "no_step",
    "trains_a_copy",
    "clears_gradients_too_late",
)
ASTRAY_WITH_BASELINE = ("sign_of_the_advantage", "adds_the_baseline", "values_as_scores", "actor_never_trained")


def one_paid(student: Student, rng: np.random.Generator, *_: int) -> Lesson:
    """Ten epochs where one of three actions pays."""
    return lesson(student, "train", rng, ONE_PAYS, epochs=10, lr=0.05, episodes=8)


def one_each(student: Student, rng: np.random.Generator, *_: int) -> Lesson:
    """Sixteen epochs where the right action depends on the observation."""
    return lesson(student, "train", rng, ONE_EACH, **SLOWLY)


def one_each_with_baseline(student: Student, rng: np.random.Generator, *_: int) -> Lesson:
    """The same with a baseline."""
    return lesson(student, "train_with_baseline", rng, ONE_EACH, **SLOWLY)


def pushed(student: Student, rng: np.random.Generator, *_: int) -> Push:
    """One epoch with a value network whose values are large."""
    return run_push(Trainer(student, "train_with_baseline"), rng)


def _advantage(push: Push) -> float:
    return max(push.agreement["advantage"], push.agreement["standardised advantage"])


PAYING = TrainingCheck(
    "reinforce.train.finds_the_action_that_pays",
    one_paid,
    Lesson.certainty,
    (*ASTRAY, "last_step_only", "plain_gradient_descent", "ignores_lr"),
    curve=Lesson.curve,
)
DEPENDING = TrainingCheck(
    "reinforce.train.finds_out_what_depends_on_the_observation",
    one_each,
    Lesson.certainty,
    (*ASTRAY, "last_step_only", "plain_gradient_descent", "ignores_lr"),
    curve=Lesson.curve,
)
SCORES = TrainingCheck(
    "reinforce.train_with_baseline.score_is_the_return_minus_the_value",
    pushed,
    _advantage,
    (*ASTRAY_WITH_BASELINE, "no_baseline", "mean_as_baseline", "ignores_gamma", "learns_totals"),
)
DEPENDING_WITH_BASELINE = TrainingCheck(
    "reinforce.train_with_baseline.finds_out_what_depends_on_the_observation",
    one_each_with_baseline,
    Lesson.certainty,
    (*ASTRAY_WITH_BASELINE, "no_baseline", "value_never_trained", "learns_the_mean", "ignores_lr"),
    curve=Lesson.curve,
)
TRAINING_CHECKS = (PAYING, DEPENDING, SCORES, DEPENDING_WITH_BASELINE)
_PLAYS = """
def {name}({arguments}):
    env = gym.make(env_id)
    env.reset(seed=seed)
    return [collect_experience(env, actor, batch_episodes)[3]["mean_return"] for _ in range(epochs)]
"""
UNTRAINED = {
    "train": _PLAYS.format(
        name="train", arguments="actor, env_id, lr=1e-2, epochs=100, batch_episodes=5, seed=0, score_fn=None"
    ),
    "train_with_baseline": _PLAYS.format(
        name="train_with_baseline", arguments="actor, value_network, env_id, lr, epochs, batch_episodes, gamma, seed=0"
    ),
}
