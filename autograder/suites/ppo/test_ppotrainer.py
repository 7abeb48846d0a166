"""Checks of ``PPOTrainer``: updates on data made by the grader, and short runs on probes."""

import numpy as np
import pytest

from autograder.message import message
from autograder.sandbox.wire import tensor
from autograder.suites import expect
from autograder.suites.hidden_values import values_of
from autograder.suites.ppo.probes import SignEnvironment
from autograder.suites.ppo.trainer_runs import ARGUMENTS, ENV_ID, GAMMA, make_trainer, record
from autograder.suites.ppo.trainer_updates import BATCH_SIZE, EPOCHS, ROWS, STEPS_TO_LEARN, run_update

pytestmark = pytest.mark.exercise("PPOTrainer")
PARTS = (
    "make_env.makes_the_environment",
    "Actor.gives_a_distribution",
    "Actor.gives_values",
    "Actor.forward_gives_both",
    "Actor.actions_are_plain_tensors",
    "Actor.rows_are_judged_one_by_one",
    "critic_loss.is_one_number_for_any_batch",
    "actor_loss.is_one_number_for_any_batch",
    "entropy_loss.is_exact",
)
CRITIC = (
    "critic_loss.gradient_of_predictions",
    "critic_loss.no_gradient_into_targets",
    "Actor.every_parameter_is_trained",
)
ACTOR_LOSS = ("actor_loss.is_the_clipped_objective", "actor_loss.gradient_where_clipped")
RETURNS = ("multi_step_returns.random_matrices", "multi_step_returns.episodes_do_not_leak")
RECORD = (
    *PARTS,
    *RETURNS,
    "make_env.leaves_observations_and_rewards_alone",
    "Actor.log_std_is_a_parameter",
    "Actor.std_is_the_exponential_of_log_std",
)


def updated(student, rng):
    """One update without clipping; most checks of updates look at it."""
    return run_update(student, rng, spied=True)


def recorded(student, rng):
    """One round of learning in scripted environments."""
    return record(student, rng)


@pytest.mark.points(0.15625)
@pytest.mark.hint(
    "Look at signs, at the order of new and old log-probabilities, and whether all arrays are cut by the same indices."
)
@pytest.mark.needs(*PARTS, *ACTOR_LOSS)
def test_update_makes_good_actions_likelier(shared):
    """After an update, actions with an advantage are likelier than before, others rarer.

    Changes of log-probabilities go along with advantages: their correlation was 0.72 to 0.99 for right trainers (540
    runs, 9 networks and trainers), and at most 0.65 in 180 runs of one that misaligns its batches.
    """
    update = shared(updated)
    expect.that(bool(abs(update.changes).max() > 1e-6), "update_epochs: the policy has not changed")
    expect.that(update.agreement() > 0.68, "update_epochs: it does not make actions with an advantage likelier")


@pytest.mark.points(0.0625)
@pytest.mark.hint("critic_weight * critic_loss(returns, values) is part of the loss; its targets are the returns.")
@pytest.mark.needs(*PARTS, *CRITIC)
def test_update_moves_values_to_the_returns(shared):
    """After an update, values are nearer to the returns than before."""
    update = shared(updated)
    policies = (update.batch.before, update.after)
    before, after = (np.mean((each.values - update.batch.returns) ** 2) for each in policies)
    expect.that(bool(after < 0.999 * before), "update_epochs: the values do not come nearer to the returns")


@pytest.mark.points(0.03125)
@pytest.mark.hint("(advantages - mean) / (std + 1e-8), before the loss is computed.")
@pytest.mark.needs(*PARTS, *ACTOR_LOSS, "PPOTrainer.update_makes_good_actions_likelier")
def test_update_normalises_advantages(shared):
    """The mean of the advantages makes no difference to where the policy goes.

    The correlation of the two ways was at least 0.86 for right trainers (90 runs), at most 0.4 without it (10 runs).
    """
    update = shared(updated)
    expect.that(bool(abs(update.shift).max() > 1e-7), "update_epochs: the policy has not changed")
    expect.that(update.likeness() > 0.6, "update_epochs: the update depends on the mean of the advantages")


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
def test_update_uses_eps(shared):
    """A narrower interval keeps the policy nearer to the one that acted.

    Actions' gains in likelihood were 0.49 to 0.72 of those without clipping (90 runs), and 0.98 or more without eps.
    """
    limited = shared(updated).is_limited_by_eps()
    expect.that(limited, "update_epochs: eps does not limit how far the policy moves")


@pytest.mark.points(0.03125)
@pytest.mark.hint("for each epoch: torch.randperm(N).split(batch_size), and the same indices for all five arrays.")
@pytest.mark.needs(*PARTS)
def test_update_visits_each_transition_once_per_epoch(shared):
    """Each epoch goes once through all transitions, in shuffled batches of the size asked for."""
    visits = shared(updated).visits
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


@pytest.mark.points(0.03125)
@pytest.mark.hint(
    "optimizer.zero_grad() before each loss.backward(): torch adds to gradients until it is told to forget them."
)
@pytest.mark.needs(*PARTS, *ACTOR_LOSS, "Actor.log_std_is_a_parameter")
def test_update_forgets_old_gradients(shared):
    """The last gradient is that of the last batch, not the sum of all so far.

    It correlated with the sum by 0.87 at most for right trainers, and always more with the last batch's (90 runs).
    """
    update = shared(updated)
    received = update.actor.keep_attribute("log_std").attribute("grad")
    gradient = None if received is None else expect.as_array(received, "the gradient of log_std")
    if gradient is None or not gradient.any() or not update.visits:
        return  # forgotten already
    expect.shape(gradient, update.batch.actions.shape[1:], "the gradient of log_std")
    expect.that(not update.is_summed(gradient), "update_epochs: gradients of earlier batches are still in use")


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


@pytest.mark.points(0.09375)
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


@pytest.mark.points(0.125)
@pytest.mark.hint(
    "Every transition keeps its own action, reward and observation, and the optimizer trains the actor that acts."
)
@pytest.mark.needs(*PARTS, *RETURNS, *ACTOR_LOSS, "Actor.samples_follow_the_distribution")
def test_learn_finds_out_which_actions_pay(student):
    """Where an action pays in the direction that the observation shows, the policy turns there.

    Right trainers turned by 0.01 or more in each of 180 runs (9 networks and trainers, 20 seeds).
    """
    student.environment(ENV_ID, SignEnvironment)
    trainer, actor = make_trainer(student, total=16, envs=4, steps=4, epochs=1, batch_size=16)
    obs = tensor(SignEnvironment.observations)
    before, learned = actor.get_action(obs, greedy=True), trainer.keep.learn()
    actions = [expect.tensor(each, "the greedy actions") for each in (before, learned.get_action(obs, greedy=True))]
    turns = [float(each[0, 0] - each[1, 0]) for each in actions]
    expect.that(turns[1] > turns[0] + 1e-4, "learn: the policy does not turn to the actions that pay")
