"""Checks of ``PPOTrainer`` on probes: several rounds of learning, discount, entropy, targets, values."""

from dataclasses import replace

import numpy as np
import pytest

from autograder.suites import expect
from autograder.suites.ppo.trainer_parts import ACTOR_LOSS, CRITIC, PARTS, RECORD, RETURNS
from autograder.suites.ppo.trainer_rounds import discount, recorded, run_rounds
from autograder.suites.ppo.trainer_runs import GAMMA
from autograder.suites.ppo.training_checks import SITUATIONS, TARGET, updated

pytestmark = pytest.mark.exercise("PPOTrainer")
LEARNS = "PPOTrainer.learn_finds_out_which_actions_pay"


@pytest.mark.points(0.03125)
@pytest.mark.hint("Add entropy_weight * entropy_loss(dist) to the loss; entropy_loss is minus the entropy already.")
@pytest.mark.needs(
    *PARTS,
    "Actor.log_std_is_a_parameter",
    "Actor.std_is_the_exponential_of_log_std",
    "entropy_loss.gradient_widens_the_distribution",
)
def test_update_uses_the_entropy_weight(student, shared):
    """Where no action has an advantage, a weight on the entropy makes the policy wider (if there is one)."""
    if "entropy_weight" not in student.signature("PPOTrainer"):
        return
    batch = shared(updated).batch
    update = shared(updated).again(replace(batch, advantages=np.zeros_like(batch.advantages)), entropy_weight=1.0)
    growth = np.log(update.after.std / batch.before.std).mean()
    expect.that(bool(growth > -1e-6), "update_epochs: a weight on the entropy makes the policy narrower, not wider")
    expect.that(bool(growth > 1e-5), "update_epochs: entropy_weight makes no difference")


@pytest.mark.points(0.03125)
@pytest.mark.hint("multi_step_returns(rewards, values, dones, self.gamma), or compute_gae with it.")
@pytest.mark.needs(*RECORD, "multi_step_returns.gamma_is_an_argument")
def test_learn_discounts_by_gamma(shared):
    """Within an episode, where nothing is paid, a return is gamma times what follows."""
    gamma, error = discount(shared(recorded))
    expect.that(error < 1e-3, "learn: the return of a step within an episode is not made of what follows")
    expect.that(abs(gamma - GAMMA) < 0.01, "learn: returns are not discounted by the trainer's gamma")


@pytest.mark.points(0.03125)
@pytest.mark.hint("Reset the environments once, in the constructor; each round goes on from self.obs.")
@pytest.mark.needs(*PARTS, *RETURNS)
def test_learn_goes_on_where_the_last_round_ended(shared):
    """A round begins with the observations with which the one before has ended."""
    expect.that(shared(run_rounds).goes_on, "learn: a round does not begin where the one before it has ended")


@pytest.mark.points(0.03125)
@pytest.mark.hint("In each round: collect with self.actor as it is now, update on these transitions, and forget them.")
@pytest.mark.needs(
    *PARTS,
    *RETURNS,
    *ACTOR_LOSS,
    "make_env.leaves_observations_and_rewards_alone",
    "PPOTrainer.update_makes_good_actions_likelier",
    "PPOTrainer.learn_goes_on_where_the_last_round_ended",
)
def test_learn_collects_anew_in_every_round(shared):
    """Each round updates on transitions of its own, collected with the policy as it then is."""
    seen = shared(run_rounds)
    seen.expect_own_transitions()
    expect.that(not seen.is_stale(), "learn: later rounds still act with the policy of the first one")


@pytest.mark.points(0.03125)
@pytest.mark.hint(
    "critic_loss(returns[batch], values): the same rows for both, observations and returns flattened alike."
)
@pytest.mark.needs(*PARTS, *RETURNS, *CRITIC)
def test_learn_tells_good_situations_from_bad(trained):
    """Where the observation alone decides what is paid, values learn to tell. Error rates: calibration.json."""
    expect.that(trained(SITUATIONS), "learn: values do not learn which observations are worth more")


@pytest.mark.points(0.03125)
@pytest.mark.hint(
    "Look at what changes from round to round: the learning rate, the observations, the policy that acts."
)
@pytest.mark.needs(
    *PARTS,
    *RETURNS,
    *ACTOR_LOSS,
    "Actor.samples_follow_the_distribution",
    "Actor.every_parameter_is_trained",
    LEARNS,
)
def test_learn_tracks_a_target(trained):
    """Some rounds bring the actions near the target that the observation shows. Error rates: calibration.json."""
    expect.that(trained(TARGET), "learn: over several rounds the actions do not come near those that pay best")
