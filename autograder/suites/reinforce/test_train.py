"""Checks of ``train``: short runs in environments in which the right answer is known."""

import numpy as np
import pytest

from autograder.suites import expect
from autograder.suites.reinforce.training_checks import DEPENDING, PAYING
from autograder.suites.reinforce.training_runs import (
    Trainer,
    expect_means,
    expect_one_seed,
    learned,
    run_scripted,
    run_strides,
    same_run,
)

pytestmark = pytest.mark.exercise("train")
PARTS = (
    "Actor.gives_a_distribution",
    "Actor.can_be_trained",
    "Actor.actions_are_python_ints",
    "collect_experience.gives_three_tensors",
    "collect_experience.plays_whole_episodes",
    "policy_gradient_loss.is_one_tensor_for_any_batch",
)
LEARNS = (
    *PARTS,
    "Actor.can_be_sure_of_an_action",
    "Actor.rows_are_judged_one_by_one",
    "Actor.samples_follow_the_distribution",
    "collect_experience.records_what_was_seen_and_done",
    "collect_experience.scores_are_the_totals",
    "collect_experience.samples_its_actions",
    "policy_gradient_loss.is_minus_the_mean_of_the_products",
    "policy_gradient_loss.gradient_of_log_probabilities",
)


def scripted(student, rng):
    """Three epochs of two episodes with known rewards."""
    return run_scripted(Trainer(student, "train"), rng)


def strides(student, rng):
    """One epoch, and two epochs the second of which pays nothing."""
    return run_strides(Trainer(student, "train"), rng)


@pytest.mark.points(0.125)
@pytest.mark.hint('Each epoch: collect batch_episodes new episodes, and append info["mean_return"] to the list.')
@pytest.mark.needs(*PARTS, "collect_experience.info_holds_means_over_episodes")
def test_returns_the_mean_return_of_each_epoch(shared):
    """One float per epoch comes back, the mean undiscounted return of the episodes of that epoch."""
    expect_means(shared(scripted), "train")


@pytest.mark.points(0.0625)
@pytest.mark.hint("env.reset(seed=seed), once, before the first epoch.")
@pytest.mark.needs(*PARTS, "collect_experience.resets_without_a_seed")
def test_uses_the_seed_once(shared):
    """The first reset of the environment has the seed; no other one has any."""
    expect_one_seed(shared(scripted), "train")


@pytest.mark.points(0.0625)
@pytest.mark.hint("torch.manual_seed(seed) at the start, once: actions are sampled from torch's generator.")
@pytest.mark.needs(*LEARNS)
def test_can_be_repeated(student):
    """The same actor and seed give the same result, whatever happened before; another seed gives another one."""
    alike = same_run(Trainer(student, "train"))
    expect.that(alike[0], "train: the same seed gives another result the second time")
    expect.that(not alike[1], "train: another seed gives the same result")


@pytest.mark.points(0.125)
@pytest.mark.hint(
    "optimizer = torch.optim.Adam(actor.parameters(), lr=lr), and in each epoch one backward() and one step() on the "
    "whole batch. Train the actor that was given, not a copy."
)
@pytest.mark.needs(*LEARNS)
def test_makes_a_step_of_adam(shared):
    """After one epoch, the given actor has moved by the learning rate, as Adam's first step moves it."""
    first = shared(strides).first
    expect.that(np.isfinite(first), "train: weights of the actor are no longer numbers")
    expect.that(first > 1e-6, "train: the actor that was given does not change")
    expect.that(0.9 < first < 1.1, "train: an epoch is no single step of Adam with the learning rate lr")


@pytest.mark.points(0.125)
@pytest.mark.hint(
    "One optimizer for all epochs, made before the loop; optimizer.zero_grad() in each; new episodes in each; and mind "
    "that scores may all be alike: a standard deviation of 0."
)
@pytest.mark.needs(*LEARNS, "train.makes_a_step_of_adam")
def test_gradients_are_those_of_the_epoch(shared):
    """An epoch that pays nothing adds no gradient, while Adam still goes on with the momentum of the one before."""
    second = shared(strides).second
    expect.that(np.isfinite(second), "train: weights are no longer numbers after an epoch without any reward")
    expect.that(second < 1.85, "train: the gradients of earlier epochs, or their episodes, are still in use")
    expect.that(second > 1.4, "train: the optimizer forgets what it knew at the end of each epoch")


@pytest.mark.points(0.125)
@pytest.mark.hint(
    "Mind signs and shapes: log-probabilities of the actions that were taken, [N], times scores, [N], minimised."
)
@pytest.mark.needs(*LEARNS, "train.makes_a_step_of_adam")
def test_finds_the_action_that_pays(trained):
    """Where one of three actions pays, the policy takes it in the end. Error rates: calibration.json."""
    expect.that(trained(PAYING), "train: after ten epochs the only action that pays is still not preferred")


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "dist = actor(observations) for all rows, dist.log_prob(actions): each action with its own observation and score."
)
@pytest.mark.needs(*LEARNS, "train.makes_a_step_of_adam")
def test_finds_out_what_depends_on_the_observation(trained):
    """Where the right action depends on the observation, the policy finds out. Error rates: calibration.json.

    Rewards have both signs: with negative ones alone and no baseline, a right policy can get stuck.
    """
    expect.that(trained(DEPENDING), "train: it does not find out that different observations ask for different actions")


@pytest.mark.points(0.0625)
@pytest.mark.hint("collect_experience(env, actor, batch_episodes, score_fn): hand it on.")
@pytest.mark.needs(*LEARNS, "collect_experience.score_fn_makes_the_scores", "train.finds_the_action_that_pays")
def test_uses_the_score_fn(student):
    """With a score_fn that turns signs round, the policy takes the action that costs."""
    negative = student.library("importlib.import_module", "numpy").keep_attribute("negative")
    found = learned(Trainer(student, "train"), [[1.0, 0.0, 1.0]], score_fn=negative)
    expect.that(bool(found[0, 1] > 0.8), "train: the scores that score_fn makes are not those that it learns from")
