"""Checks of ``rollout``."""

import pytest

from autograder.sandbox.wire import tensor
from autograder.suites import expect
from autograder.suites.ppo.probes import ACTION_DIM, OBS_DIM, Script, ScriptedEnvironment

pytestmark = pytest.mark.exercise("rollout")
NEEDS = ("make_env.makes_the_environment", "Actor.actions_are_plain_tensors")
ENV_ID = "Hidden-v0"


def play(student, script, seed):
    """Plays one episode in the bare probe; returns what rollout returned, the probe and the actor."""
    student.environment(ENV_ID, lambda: ScriptedEnvironment(script))
    # Without its wrappers, so that a mistake in make_env is not counted here once more.
    env = student.keep.make_env(ENV_ID).keep_attribute("unwrapped")
    actor = student.keep.Actor(OBS_DIM, ACTION_DIM, 8)
    return student.rollout(env, actor, seed, "cpu"), student.environments_made(ENV_ID)[-1], actor


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "Add up the rewards of all steps, the last one included, without any discount, and return a Python float."
)
@pytest.mark.needs(*NEEDS)
def test_sums_rewards_undiscounted(student, rng):
    """The result is the plain sum of the episode's rewards."""
    script = Script.draw(rng, episodes=3, steps=6)
    received, _, _ = play(student, script, seed=1)
    is_float, what = isinstance(received, float), expect.kind(received)
    expect.that(is_float, f"rollout: expected a Python float, received {what}")
    expect.close(received, script.rewards[1].sum(), "the return of an episode", rtol=1e-4)


@pytest.mark.points(0.0625)
@pytest.mark.hint("env.reset(seed=seed), once, at the start: the episode can then be played again.")
@pytest.mark.needs(*NEEDS)
def test_resets_with_the_seed(student, rng):
    """The episode starts with one reset, with the seed given."""
    seed = int(rng.integers(1000, 9999))
    _, probe, _ = play(student, Script.draw(rng, episodes=2, steps=3), seed)
    resets = len(probe.seeds)
    expect.that(resets == 1, f"rollout: expected one reset of the environment, received {resets}")
    expect.that(probe.seeds == [seed], "rollout: the environment's reset does not get the seed")


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "An episode is over when it is terminated or truncated; HalfCheetah only ever truncates, when time is up."
)
@pytest.mark.needs(*NEEDS)
def test_stops_at_the_end(student, rng):
    """No step is taken once the environment has terminated or truncated the episode."""
    for ending in ("terminated", "truncated"):
        _, probe, _ = play(student, Script.draw(rng, episodes=2, steps=4, endings=(ending,)), seed=0)
        expect.that(len(probe.steps) == 4, "rollout: the episode was left before its end")
        expect.that(probe.overruns == 0, f"rollout: goes on stepping after the environment says {ending}")


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "actor.get_action(obs, greedy=True), asked anew for each observation; the action has shape [action_dim]."
)
@pytest.mark.needs(*NEEDS, "Actor.greedy_actions_are_the_mean")
def test_plays_greedily(student, rng):
    """Each action is the greedy one for the observation at hand."""
    _, probe, actor = play(student, Script.draw(rng, episodes=2, steps=4), seed=0)
    expect.that(bool(probe.steps), "rollout: no step was taken in the environment that it was given")
    for seen in probe.steps:
        greedy = expect.tensor(actor.get_action(tensor([seen.before]), greedy=True), "the greedy actions")
        expect.close(seen.action, greedy[0], "an action of the rollout", rtol=1e-4, atol=1e-5)
