"""Checks of ``rollout``."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from autograder.message import message
from autograder.sandbox.wire import tensor
from autograder.suites import expect
from autograder.suites.ppo.probes import ACTION_DIM, OBS_DIM, Script, ScriptedEnvironment

pytestmark = pytest.mark.exercise("rollout")
NEEDS = ("make_env.makes_the_environment", "Actor.actions_are_plain_tensors")
ENV_ID = "Hidden-v0"


@dataclass(frozen=True)
class Episode:
    """What came of one call: the student's proxy, script, seed and actor; rollout's result; and the probe."""

    student: Any
    script: Script
    seed: int
    actor: Any
    received: Any
    probe: ScriptedEnvironment


def play(student, script, seed, actor=None):
    """Plays one episode in the bare probe."""
    student.environment(ENV_ID, lambda: ScriptedEnvironment(script))
    # Without its wrappers, so that a mistake in make_env is not counted here once more.
    env = student.keep.make_env(ENV_ID).keep_attribute("unwrapped")
    actor = actor or student.keep.Actor(OBS_DIM, ACTION_DIM, 8)
    received = student.rollout(env, actor, seed, "cpu")
    return Episode(student, script, seed, actor, received, student.environments_made(ENV_ID)[-1])


def terminated(student, rng):
    """An episode of four steps that terminates."""
    seed = 3 * int(rng.integers(300, 3000)) + 1  # episode 1 of 3: not the one that a reset without a seed begins
    return play(student, Script.draw(rng, episodes=3, steps=4), seed)


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "Add up the rewards of all steps, the last one included, without any discount, and return a Python float."
)
@pytest.mark.needs(*NEEDS)
def test_sums_rewards_undiscounted(shared):
    """The result is the plain sum of the episode's rewards."""
    episode = shared(terminated)
    is_float, what = isinstance(episode.received, float), expect.kind(episode.received)
    expect.that(is_float, message("rollout: expected a Python float, received {kind}", kind=what))
    right = episode.script.rewards[episode.script.episode_of(episode.seed)].sum()
    expect.close(episode.received, right, "the return of an episode", rtol=1e-4)


@pytest.mark.points(0.0625)
@pytest.mark.hint("env.reset(seed=seed), once, at the start: the episode can then be played again.")
@pytest.mark.needs(*NEEDS)
def test_resets_with_the_seed(shared):
    """The episode starts with one reset, with the seed given."""
    episode = shared(terminated)
    resets = len(episode.probe.seeds)
    expect.that(
        resets == 1, message("rollout: expected one reset of the environment, received {resets}", resets=resets)
    )
    expect.that(episode.probe.seeds == [episode.seed], "rollout: the environment's reset does not get the seed")


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "An episode is over when it is terminated or truncated; HalfCheetah only ever truncates, when time is up."
)
@pytest.mark.needs(*NEEDS)
def test_stops_at_the_end(rng, shared):
    """No step is taken once the environment has terminated or truncated the episode."""
    one = shared(terminated)
    script = Script.draw(rng, episodes=2, steps=4, endings=("truncated",))
    for ending, probe in (("terminated", one.probe), ("truncated", play(one.student, script, 0, one.actor).probe)):
        expect.that(len(probe.steps) == 4, "rollout: the episode was left before its end")
        expect.that(
            probe.overruns == 0, message("rollout: goes on stepping after the environment says {ending}", ending=ending)
        )


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "actor.get_action(obs, greedy=True), asked anew for each observation; the action has shape [action_dim]."
)
@pytest.mark.needs(*NEEDS, "Actor.greedy_actions_are_the_mean")
def test_plays_greedily(shared):
    """Each action is the greedy one for the observation at hand."""
    episode = shared(terminated)
    steps = episode.probe.steps
    expect.that(bool(steps), "rollout: no step was taken in the environment that it was given")
    taken, before = np.array([seen.action for seen in steps]), np.array([seen.before for seen in steps])
    together = expect.tensor(episode.actor.get_action(tensor(before), greedy=True), "the greedy actions")
    if together.shape == taken.shape and np.allclose(taken, together, rtol=1e-4, atol=1e-5):
        return
    for seen in steps:  # an actor whose rows depend on each other is not counted here once more
        greedy = expect.tensor(episode.actor.get_action(tensor([seen.before]), greedy=True), "the greedy actions")
        expect.close(seen.action, greedy[0], "an action of the rollout", rtol=1e-4, atol=1e-5)
