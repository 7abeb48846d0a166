"""Checks of ``PPOTrainer``: updates on data made by the grader, and what short runs record.

Checks that take ``trained`` depend on seeds; their error rates stand in calibration.json.
"""

from dataclasses import replace

import numpy as np
import pytest

from autograder.message import message
from autograder.suites import expect
from autograder.suites.hidden_values import values_of
from autograder.suites.ppo.trainer_parts import ACTOR_LOSS, CRITIC, PARTS, RECORD, RETURNS
from autograder.suites.ppo.trainer_rounds import recorded
from autograder.suites.ppo.trainer_runs import ARGUMENTS, GAMMA
from autograder.suites.ppo.trainer_updates import BATCH_SIZE, EPOCHS, ROWS, STEPS_TO_LEARN
from autograder.suites.ppo.training_checks import (
    EPS,
    FRESH_GRADIENTS,
    GOOD_ACTIONS,
    NORMALISED,
    PAYING_ACTIONS,
    VALUES,
    updated,
)

pytestmark = pytest.mark.exercise("PPOTrainer")


@pytest.mark.points(0.09375)
@pytest.mark.hint(
    "Look at signs, at the order of new and old log-probabilities, and whether all arrays are cut by the same indices."
)
@pytest.mark.needs(*PARTS, *ACTOR_LOSS)
def test_update_makes_good_actions_likelier(shared, trained):
    """After an update, changes of log-probabilities go along with advantages."""
    expect.that(bool(abs(shared(updated).changes).max() > 1e-6), "update_epochs: the policy has not changed")
    expect.that(trained(GOOD_ACTIONS), "update_epochs: it does not make actions with an advantage likelier")


@pytest.mark.points(0.03125)
@pytest.mark.hint("critic_weight * critic_loss(returns, values) is part of the loss; its targets are the returns.")
@pytest.mark.needs(*PARTS, *CRITIC)
def test_update_moves_values_to_the_returns(trained):
    """After an update, values are nearer to the returns than before."""
    expect.that(trained(VALUES), "update_epochs: the values do not come nearer to the returns")


@pytest.mark.points(0.03125)
@pytest.mark.hint("(advantages - mean) / (std + 1e-8), before the loss is computed.")
@pytest.mark.needs(*PARTS, *ACTOR_LOSS, "PPOTrainer.update_makes_good_actions_likelier")
def test_update_normalises_advantages(shared, trained):
    """The mean of the advantages makes no difference to where the policy goes."""
    expect.that(bool(abs(shared(updated).shift).max() > 1e-7), "update_epochs: the policy has not changed")
    expect.that(trained(NORMALISED), "update_epochs: the update depends on the mean of the advantages")


@pytest.mark.points(0.03125)
@pytest.mark.hint("Assign to new names; -=, /= and shuffling in place change the caller's tensors.")
@pytest.mark.needs(*PARTS)
def test_update_leaves_its_arguments_unchanged(shared):
    """The five tensors are the same after the call."""
    update = shared(updated)
    found = values_of(update.student, update.inside)
    for name, received, before in zip(ARGUMENTS, found, update.batch.tensors(), strict=True):
        expect.same(
            received, before, message("{name}: expected to be left as given, received changed values", name=name)
        )


@pytest.mark.points(0.03125)
@pytest.mark.hint("Hand eps on to actor_loss; with a narrow interval the policy soon stops where it is.")
@pytest.mark.needs(
    *PARTS, *ACTOR_LOSS, "actor_loss.eps_is_an_argument", "PPOTrainer.update_makes_good_actions_likelier"
)
def test_update_uses_eps(trained):
    """A narrower interval keeps the policy nearer to the one that acted."""
    expect.that(trained(EPS), "update_epochs: eps does not limit how far the policy moves")


@pytest.mark.points(0.03125)
@pytest.mark.hint("for each epoch: torch.randperm(N).split(batch_size), and the same indices for all five arrays.")
@pytest.mark.needs(*PARTS, "PPOTrainer.update_moves_values_to_the_returns")
def test_update_visits_each_transition_once_per_epoch(shared):
    """Each epoch goes once through all transitions, in shuffled batches of the size asked for; all of them count."""
    update = shared(updated)
    # Looking at the whole rollout, as to see how often ratios are clipped, is no batch; if nothing else is seen, it is.
    visits = [visit for visit in update.visits if len(visit) != ROWS] or update.visits
    sizes = {len(visit) for visit in visits}
    expect.that(
        sizes == {BATCH_SIZE},
        message("update_epochs: expected batches of batch_size, received sizes {sizes}", sizes=sorted(sizes)),
    )
    order = [row for visit in visits for row in visit]
    found = len(order) / ROWS
    expect.that(
        found == EPOCHS,
        message(
            "update_epochs: expected {passes} passes over the data, received {found:g}", passes=EPOCHS, found=found
        ),
    )
    for epoch in range(EPOCHS):
        passed = sorted(order[epoch * ROWS : (epoch + 1) * ROWS])
        expect.that(passed == list(range(ROWS)), "update_epochs: a pass does not visit every transition once")
    expect.that(order[:ROWS] != list(range(ROWS)), "update_epochs: transitions are not shuffled")
    shifted = update.batch.returns + np.where(np.arange(ROWS) < BATCH_SIZE, 0.0, 1.0)
    other = update.again(replace(update.batch, returns=shifted))
    counts = not np.array_equal(other.after.values, update.after.values)
    expect.that(counts, "update_epochs: the returns of some transitions make no difference")
    # The same advantages in another order, so that they are normalised as before, but for rounding.
    turned = np.concatenate([update.batch.advantages[:BATCH_SIZE], update.batch.advantages[: BATCH_SIZE - 1 : -1]])
    other = update.again(replace(update.batch, advantages=turned))
    counts = abs(other.shift - update.shift).max() > 1e-3 * abs(update.shift).max() or not update.shift.any()
    expect.that(counts, "update_epochs: the advantages of some transitions make no difference")


@pytest.mark.points(0.03125)
@pytest.mark.hint(
    "optimizer.zero_grad() before each loss.backward(): torch adds to gradients until it is told to forget them."
)
@pytest.mark.needs(*PARTS, *ACTOR_LOSS, "Actor.log_std_is_a_parameter")
def test_update_forgets_old_gradients(trained):
    """The last gradient is that of the last batch, not the sum of all so far."""
    expect.that(trained(FRESH_GRADIENTS), "update_epochs: gradients of earlier batches are still in use")


@pytest.mark.points(0.03125)
@pytest.mark.hint(
    "One step of the vector environment is as many transitions as it has environments; learn returns self.actor."
)
@pytest.mark.needs(*PARTS, *RETURNS)
def test_learn_collects_total_timesteps(shared):
    """All environments together make total_timesteps steps, and the trained actor comes back."""
    update = shared(updated)
    before = update.steps_taken()
    learned = expect.handle(update.trainer.keep.learn(), "what learn returns")
    steps, wanted = update.steps_taken() - before, STEPS_TO_LEARN
    text = message(
        "learn: expected {wanted} transitions in all environments together, received {steps}",
        wanted=wanted,
        steps=steps,
    )
    expect.that(steps == wanted, text)
    trained = update.actor.parameters()
    received = learned.parameters() if learned.has_attribute("named_parameters") else {}
    same = received.keys() == trained.keys() and all(
        np.array_equal(received[name].array, trained[name].array) for name in trained
    )
    expect.that(same, "learn: expected the trained actor, self.actor, received something else")


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "Record the observation in which the action was drawn, the action as drawn (make_env clips, you don't), and its "
    "log-probability summed over the action's components; flatten all arrays alike; with autoreset_mode='same_step' "
    "there are no reset steps."
)
@pytest.mark.needs(*RECORD, "make_env.clips_actions_to_the_bounds", "Actor.samples_follow_the_distribution")
def test_learn_records_what_happened(shared):
    """Transitions are those that the environments saw, each with the log-probability of its action."""
    recording = shared(recorded)
    actions = recording.given["actions"]
    arrived = np.array([np.ravel(step.action) for step in recording.seen])
    expect.close(np.clip(actions, -1.0, 1.0), arrived, "the recorded actions, clipped as make_env does", atol=1e-5)
    expect.that(bool(abs(actions).max() > 1.0), "learn: the recorded actions are clipped, not as they were drawn")
    right = recording.before.log_probs(actions)
    expect.close(recording.given["log_probs"], right, "the recorded log-probabilities", rtol=1e-3, atol=1e-3)


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "After a terminated episode nothing follows: no value, no reward of the next one. "
    "Advantages are returns minus values[:-1]."
)
@pytest.mark.needs(*RECORD)
def test_learn_stops_returns_at_termination(shared):
    """Where a step terminates an episode, its return is its reward; advantages are returns minus values."""
    recording = shared(recorded)
    terminal = recording.rows("terminated")
    returns = np.where(abs(recording.given["returns"]) < 1e-5, 0.0, recording.given["returns"])
    right = np.array_equal(np.sign(returns[terminal]), recording.rewards()[terminal])
    expect.that(right, "learn: the return of a step that terminates its episode is not its (scaled) reward")
    last = recording.rows("terminated", "truncated")
    wanted, received = (returns - recording.before.values)[last], recording.given["advantages"][last]
    agreement = np.corrcoef(received, wanted)[0, 1] if np.ptp(received) else 0.0
    expect.that(bool(agreement > 0.999), "learn: the advantages are not the returns minus the values")


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "A truncated episode would have gone on: add gamma * V(final observation) to its last reward, and set dones there. "
    "The final observation is in infos['final_obs']; obs holds the next episode's first one."
)
@pytest.mark.needs(*RECORD)
def test_learn_bootstraps_at_truncation(shared):
    """Where a step without reward truncates an episode, its return is gamma V(final observation)."""
    recording = shared(recorded)
    cut, what = recording.rows("truncated"), message("the returns of truncated steps without reward")
    right = GAMMA * recording.after.values[cut]
    expect.close(recording.given["returns"][cut], right, what, rtol=1e-3, atol=1e-4)


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "Every transition keeps its own action, reward and observation, and the optimizer trains the actor that acts."
)
@pytest.mark.needs(*PARTS, *RETURNS, *ACTOR_LOSS, "Actor.samples_follow_the_distribution")
def test_learn_finds_out_which_actions_pay(trained):
    """Where an action pays in the direction that the observation shows, the policy turns there."""
    expect.that(trained(PAYING_ACTIONS), "learn: the policy does not turn to the actions that pay")
