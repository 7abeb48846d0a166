"""Checks of ``train_with_baseline``: short runs in environments in which the right answer is known."""

import pytest

from autograder.suites import expect
from autograder.suites.reinforce.baseline_runs import RIGHT_VALUES, idle_change, learned_values
from autograder.suites.reinforce.training_checks import DEPENDING_WITH_BASELINE, SCORES, pushed
from autograder.suites.reinforce.training_runs import Trainer, expect_means, expect_one_seed, run_scripted

pytestmark = pytest.mark.exercise("train_with_baseline")
PARTS = (
    "Actor.gives_a_distribution",
    "Actor.can_be_trained",
    "Actor.actions_are_python_ints",
    "collect_experience.gives_three_tensors",
    "collect_experience.plays_whole_episodes",
    "collect_experience.score_fn_makes_the_scores",
    "policy_gradient_loss.is_one_tensor_for_any_batch",
    "returns_to_go.is_the_discounted_sum_from_each_step_on",
    "returns_to_go.has_one_element_for_each_step",
    "ValueNetwork.gives_values",
    "ValueNetwork.can_be_trained",
)
LEARNS = (
    *PARTS,
    "Actor.can_be_sure_of_an_action",
    "Actor.rows_are_judged_one_by_one",
    "Actor.samples_follow_the_distribution",
    "collect_experience.records_what_was_seen_and_done",
    "collect_experience.samples_its_actions",
    "policy_gradient_loss.is_minus_the_mean_of_the_products",
    "policy_gradient_loss.gradient_of_log_probabilities",
    "ValueNetwork.rows_are_judged_one_by_one",
    "ValueNetwork.values_have_no_bounds",
)


def scripted(student, rng):
    """Three epochs of two episodes with known rewards."""
    return run_scripted(Trainer(student, "train_with_baseline"), rng)


@pytest.mark.points(0.125)
@pytest.mark.hint('Each epoch: collect batch_episodes new episodes, and append info["mean_return"] to the list.')
@pytest.mark.needs(*PARTS, "collect_experience.info_holds_means_over_episodes")
def test_returns_the_mean_return_of_each_epoch(shared):
    """One float per epoch comes back, the mean undiscounted return of the episodes of that epoch."""
    expect_means(shared(scripted), "train_with_baseline")


@pytest.mark.points(0.0625)
@pytest.mark.hint("env.reset(seed=seed), once, before the first epoch.")
@pytest.mark.needs(*PARTS, "collect_experience.resets_without_a_seed")
def test_uses_the_seed_once(shared):
    """The first reset of the environment has the seed; no other one has any."""
    expect_one_seed(shared(scripted), "train_with_baseline")


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "In each epoch one step of torch.optim.Adam(actor.parameters(), lr=lr), and steps of the value network."
)
@pytest.mark.needs(*LEARNS)
def test_changes_both_networks(shared):
    """After one epoch, the actor has moved by the learning rate, and the value network has changed as well."""
    push = shared(pushed)
    expect.that(push.stride > 1e-6, "train_with_baseline: the actor that was given does not change")
    expect.that(
        0.9 < push.stride < 1.1, "train_with_baseline: an epoch is no single step of Adam with the learning rate lr"
    )
    expect.that(push.value_changed, "train_with_baseline: the value network that was given does not change")


@pytest.mark.points(0.1875)
@pytest.mark.hint(
    "The actor's score is returns - value_network(observations).detach(), both [N], with the discounted return-to-go; "
    "standardised or not."
)
@pytest.mark.needs(*LEARNS, "train_with_baseline.changes_both_networks")
def test_score_is_the_return_minus_the_value(trained):
    """The actor's step goes where returns-to-go minus values push it; Adam's first step has the gradient's sign."""
    expect.that(trained(SCORES), "train_with_baseline: the actor is not trained on returns-to-go minus values")


@pytest.mark.points(0.09375)
@pytest.mark.hint(
    "value_network(observations).detach() in the advantages: the value network learns from its squared error alone."
)
@pytest.mark.needs(*LEARNS, "train_with_baseline.changes_both_networks")
def test_values_are_no_part_of_the_actors_loss(student):
    """Where all returns are 0 and all values are right, an epoch leaves the value network as it is."""
    change = idle_change(Trainer(student, "train_with_baseline"))
    expect.that(
        change < 0.01, "train_with_baseline: the value network is changed by something else than its own squared error"
    )


@pytest.mark.points(0.125)
@pytest.mark.hint(
    "F.mse_loss(value_network(observations), returns), both [N]: with [N, 1] against [N] it learns the mean of the "
    "batch. The targets are the discounted returns-to-go."
)
@pytest.mark.needs(*LEARNS, "train_with_baseline.values_are_no_part_of_the_actors_loss")
def test_learns_the_values(student):
    """Two states whose returns-to-go are known get the right values.

    Right ones were off by 0.17 at most (one to ten steps per epoch, 4 trainers, 20 seeds each).
    """
    found = learned_values(Trainer(student, "train_with_baseline"))
    right = bool(abs(found - RIGHT_VALUES).max() < 0.3)
    expect.that(right, "train_with_baseline: values do not become what follows from each state")


@pytest.mark.points(0.09375)
@pytest.mark.hint("Better than expected is made likelier: mind the sign, and which network each optimizer holds.")
@pytest.mark.needs(*LEARNS, "train_with_baseline.changes_both_networks")
def test_finds_out_what_depends_on_the_observation(trained):
    """Where the right action depends on the observation, the policy finds out. Error rates: calibration.json."""
    expect.that(
        trained(DEPENDING_WITH_BASELINE),
        "train_with_baseline: it does not find out that different observations ask for different actions",
    )
