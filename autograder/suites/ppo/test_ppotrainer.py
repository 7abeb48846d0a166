"""Checks of ``PPOTrainer``: updates on data made by the grader, and short runs on probes."""

from typing import Any

import numpy as np
import pytest

from autograder.sandbox.wire import tensor
from autograder.suites import expect
from autograder.suites.ppo.hidden_inputs import exact, kept
from autograder.suites.ppo.probes import ACTION_DIM, Script, ScriptedEnvironment, SignEnvironment
from autograder.suites.ppo.trainer_runs import (
    ARGUMENTS,
    ENV_ID,
    GAMMA,
    Batch,
    Policy,
    make_trainer,
    record,
    visits_of,
)

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
WIDE = 16  # components of an action: with few of them, a policy that goes anywhere often goes the right way
ACTOR_LOSS = ("actor_loss.is_the_clipped_objective", "actor_loss.gradient_where_clipped")
RETURNS = ("multi_step_returns.random_matrices", "multi_step_returns.episodes_do_not_leak")
RECORD = (
    *PARTS,
    *RETURNS,
    "make_env.leaves_observations_and_rewards_alone",
    "Actor.log_std_is_a_parameter",
    "Actor.std_is_the_exponential_of_log_std",
)


def updating(student, rng, action_dim=ACTION_DIM, **options: Any):
    """A trainer and its actor for checks that never step the environment."""
    script = Script.draw(rng, episodes=1, steps=4)
    student.environment(ENV_ID, lambda: ScriptedEnvironment(script, action_dim=action_dim))
    return make_trainer(student, **options)


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "Look at signs, at the order of new and old log-probabilities, and whether all arrays are cut by the same indices."
)
@pytest.mark.needs(*PARTS, *ACTOR_LOSS)
def test_update_makes_good_actions_likelier(student, rng):
    """After an update, actions with an advantage are likelier than before, others rarer.

    Changes of log-probabilities go along with advantages: their correlation was 0.81 to 0.99 for right trainers (240
    runs, 6 networks and trainers), and at most 0.66 in 40 runs of one that misaligns its batches.
    """
    trainer, actor = updating(student, rng, action_dim=WIDE, epochs=2, batch_size=32)
    batch = Batch.draw(actor, rng, rows=64)
    batch.update(student, trainer)
    changes = Policy.of(actor, batch.observations).log_probs(batch.actions) - batch.before.log_probs(batch.actions)
    expect.that(bool(abs(changes).max() > 1e-6), "update_epochs: the policy has not changed")
    agreement = np.corrcoef(changes, batch.advantages)[0, 1]
    expect.that(bool(agreement > 0.7), "update_epochs: it does not make actions with an advantage likelier")


@pytest.mark.points(0.0625)
@pytest.mark.hint("critic_weight * critic_loss(returns, values) is part of the loss; its targets are the returns.")
@pytest.mark.needs(*PARTS, *CRITIC)
def test_update_moves_values_to_the_returns(student, rng):
    """After an update, values are nearer to the returns than before."""
    trainer, actor = updating(student, rng, epochs=2, batch_size=16)
    batch = Batch.draw(actor, rng, surplus=2.0)
    batch.update(student, trainer)
    after = Policy.of(actor, batch.observations).values
    nearer = np.mean((after - batch.returns) ** 2) < 0.999 * np.mean((batch.before.values - batch.returns) ** 2)
    expect.that(bool(nearer), "update_epochs: the values do not come nearer to the returns")


@pytest.mark.points(0.0625)
@pytest.mark.hint("(advantages - mean) / (std + 1e-8), before the loss is computed.")
@pytest.mark.needs(*PARTS, *ACTOR_LOSS)
def test_update_normalises_advantages(student, rng):
    """Scale and mean of the advantages make no difference to the policy that comes out."""
    shifts = []
    for scale, offsets in ((1.0, 0.0), (3.0, 1.0)):
        trainer, actor = updating(student, rng, epochs=2, batch_size=32)
        batch = Batch.draw(actor, np.random.default_rng(11))
        batch.update(student, trainer, exact(scale * (batch.advantages + offsets * batch.confusing_offset())))
        shifts.append(Policy.of(actor, batch.observations).mean - batch.before.mean)
    size = abs(shifts[0]).max()
    expect.that(bool(size > 1e-7), "update_epochs: the policy has not changed")
    alike = abs(shifts[0] - shifts[1]).max() < 0.1 * size
    expect.that(bool(alike), "update_epochs: the update depends on the scale or the mean of the advantages")


@pytest.mark.points(0.0625)
@pytest.mark.hint("Assign to new names; -=, /= and shuffling in place change the caller's tensors.")
@pytest.mark.needs(*PARTS)
def test_update_leaves_its_arguments_unchanged(student, rng):
    """The five tensors are the same after the call."""
    trainer, actor = updating(student, rng, epochs=1, batch_size=8)
    sent = Batch.draw(actor, rng, rows=16).tensors()
    inside = [kept(student, each) for each in sent]
    trainer.update_epochs(*inside)
    for name, handle, before in zip(ARGUMENTS, inside, sent, strict=True):
        expect.same(handle.value(), before, f"{name}: expected to be left as given, received changed values")


@pytest.mark.points(0.0625)
@pytest.mark.hint("Hand eps on to actor_loss; with a narrow interval the policy soon stops where it is.")
@pytest.mark.needs(*PARTS, *ACTOR_LOSS, "actor_loss.eps_is_an_argument")
def test_update_uses_eps(student, rng):
    """A narrower interval keeps the policy nearer to the one that acted."""
    sizes = []
    for eps in (1e-4, 5.0):
        trainer, actor = updating(student, rng, epochs=5, batch_size=16, eps=eps)
        batch = Batch.draw(actor, np.random.default_rng(11), rows=16)
        batch.update(student, trainer)
        sizes.append(abs(Policy.of(actor, batch.observations).mean - batch.before.mean).mean())
    expect.that(bool(sizes[0] < 0.8 * sizes[1]), "update_epochs: eps does not limit how far the policy moves")


@pytest.mark.points(0.0625)
@pytest.mark.hint("for each epoch: torch.randperm(N).split(batch_size), and the same indices for all five arrays.")
@pytest.mark.needs(*PARTS)
def test_update_visits_each_transition_once_per_epoch(student, rng):
    """Each epoch goes once through all transitions, in shuffled batches of the size asked for."""
    rows, epochs, batch_size = 24, 2, 12
    trainer, actor = updating(student, rng, epochs=epochs, batch_size=batch_size)
    batch = Batch.draw(actor, rng, rows=rows)
    visits = visits_of(student, trainer, actor, batch)
    sizes = {len(visit) for visit in visits}
    expect.that(sizes == {batch_size}, f"update_epochs: expected batches of batch_size, received sizes {sorted(sizes)}")
    order = [row for visit in visits for row in visit]
    found = len(order) / rows
    expect.that(found == epochs, f"update_epochs: expected {epochs} passes over the data, received {found:g}")
    for epoch in range(epochs):
        passed = sorted(order[epoch * rows : (epoch + 1) * rows])
        expect.that(passed == list(range(rows)), "update_epochs: a pass does not visit every transition once")
    expect.that(order[:rows] != list(range(rows)), "update_epochs: transitions are not shuffled")


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "optimizer.zero_grad() before each loss.backward(): torch adds to gradients until it is told to forget them."
)
@pytest.mark.needs(*PARTS, *ACTOR_LOSS, "Actor.log_std_is_a_parameter")
def test_update_forgets_old_gradients(student, rng):
    """A gradient step follows the gradient of its own batch, not the sum of all so far."""
    trainer, actor = updating(student, rng, epochs=1, batch_size=32, max_grad_norm=1e9)
    batch = Batch.draw(actor, rng)
    surprise = batch.surprise()  # has advantages, then disadvantages: the two gradients of log_std all but cancel
    sizes = []
    for advantages in (surprise, -surprise):
        batch.update(student, trainer, advantages)
        gradient = actor.keep_attribute("log_std").attribute("grad")
        if gradient is None:
            return  # forgotten already
        sizes.append(float(np.linalg.norm(expect.as_array(gradient, "the gradient of log_std"))))
    expect.that(sizes[1] > 0.5 * sizes[0], "update_epochs: gradients of earlier batches are still in use")


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "One step of the vector environment is as many transitions as it has environments; learn returns self.actor."
)
@pytest.mark.needs(*PARTS, *RETURNS)
def test_learn_collects_total_timesteps(student, rng):
    """All environments together make total_timesteps steps, and the trained actor comes back."""
    student.environment(ENV_ID, lambda: ScriptedEnvironment(Script.draw(rng, episodes=1, steps=40)))
    trainer, actor = make_trainer(student, total=12, envs=2, steps=3, batch_size=6)
    learned = expect.handle(trainer.keep.learn(), "what learn returns")
    steps = sum(len(probe.steps) for probe in student.environments_made(ENV_ID))
    expect.that(steps == 12, f"learn: expected 12 transitions in all environments together, received {steps}")
    trained = actor.parameters()
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
def test_learn_records_what_happened(student, rng):
    """Transitions are those that the environments saw, each with the log-probability of its action."""
    scripts = [Script.draw(rng, episodes=8, steps=2) for _ in range(4)]
    recording = record(student, scripts, steps=4)
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
def test_learn_stops_returns_at_termination(student, rng):
    """Where each step terminates an episode, its return is its reward, and its advantage that minus its value."""
    scripts = [Script.draw(rng, episodes=9, steps=1) for _ in range(4)]
    for script in scripts:
        script.rewards[:, 0] = rng.permutation([1.0, -1.0, 0.0] * 3)
    recording = record(student, scripts, steps=4)
    rewards = np.array([step.reward for step in recording.seen])
    returns = np.where(abs(recording.given["returns"]) < 1e-5, 0.0, recording.given["returns"])
    right = np.array_equal(np.sign(returns), rewards)
    expect.that(right, "learn: the return of a step that terminates its episode is not its (scaled) reward")
    wanted, received = returns - recording.before.values, recording.given["advantages"]
    agreement = np.corrcoef(received, wanted)[0, 1] if np.ptp(received) else 0.0
    expect.that(bool(agreement > 0.999), "learn: the advantages are not the returns minus the values")


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "A truncated episode would have gone on: add gamma * V(final observation) to its last reward, and set dones there. "
    "The final observation is in infos['final_obs']; obs holds the next episode's first one."
)
@pytest.mark.needs(*RECORD)
def test_learn_bootstraps_at_truncation(student, rng):
    """Where each step truncates an episode without reward, its return is gamma V(final observation)."""
    scripts = [Script.draw(rng, episodes=9, steps=1, ending="truncated") for _ in range(4)]
    for script in scripts:
        script.rewards[:] = 0.0
    recording = record(student, scripts, steps=4)
    right, what = GAMMA * recording.after.values, "the returns of truncated steps without reward"
    expect.close(recording.given["returns"], right, what, rtol=1e-3, atol=1e-4)


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "Every transition keeps its own action, reward and observation, and the optimizer trains the actor that acts."
)
@pytest.mark.needs(*PARTS, *RETURNS, *ACTOR_LOSS, "Actor.samples_follow_the_distribution")
def test_learn_finds_out_which_actions_pay(student):
    """Where an action pays in the direction that the observation shows, the policy turns there.

    Right trainers turned by 0.014 or more in each of 240 runs (6 networks and trainers, 40 seeds).
    """
    student.environment(ENV_ID, SignEnvironment)
    trainer, actor = make_trainer(student, total=16, envs=4, steps=4, epochs=2, batch_size=8)
    obs = tensor(SignEnvironment.observations)
    before, learned = actor.get_action(obs, greedy=True), trainer.keep.learn()
    actions = [expect.tensor(each, "the greedy actions") for each in (before, learned.get_action(obs, greedy=True))]
    turns = [float(each[0, 0] - each[1, 0]) for each in actions]
    expect.that(turns[1] > turns[0] + 1e-4, "learn: the policy does not turn to the actions that pay")
