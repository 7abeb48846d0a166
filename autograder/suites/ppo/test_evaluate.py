"""Checks of ``evaluate``."""

import numpy as np
import pytest

from autograder.suites import expect
from autograder.suites.ppo.probes import ACTION_DIM, OBS_DIM, Script, ScriptedEnvironment

pytestmark = pytest.mark.exercise("evaluate")
NEEDS = ("make_env.makes_the_environment", "Actor.actions_are_plain_tensors", "rollout.stops_at_the_end")
ENV_ID = "Hidden-v0"
BOUND = 1e-6  # so narrow that the actions of any actor are beyond it


def play(student, script, num_episodes, seed):
    """Evaluates a new actor in the probe; returns what evaluate returned, and the actor."""
    student.environment(ENV_ID, lambda: ScriptedEnvironment(script, BOUND))
    actor = student.keep.Actor(OBS_DIM, ACTION_DIM, 8)
    received = student.evaluate(actor, num_episodes, seed, "cpu", env_id=ENV_ID)
    return received, actor


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "env = make_env(env_id), with the argument: one from gym.make alone does not clip actions as in training."
)
@pytest.mark.needs(*NEEDS, "make_env.clips_actions_to_the_bounds")
def test_plays_in_an_environment_of_make_env(student, rng):
    """Episodes are played in the environment of the id, made by make_env, so that actions are clipped."""
    play(student, Script.draw(rng, episodes=5, steps=2), num_episodes=2, seed=0)
    actions = [seen.action for probe in student.environments_made(ENV_ID) for seen in probe.steps]
    expect.that(bool(actions), "evaluate: no step was taken in the environment of env_id")
    clipped = all(np.abs(action).max() <= BOUND * 1.001 for action in actions)
    expect.that(clipped, "evaluate: actions reach the environment unclipped; is it made by make_env?")


@pytest.mark.points(0.0625)
@pytest.mark.hint("Episode i is rollout(env, actor, seed + i, device).")
@pytest.mark.needs(*NEEDS, "rollout.resets_with_the_seed")
def test_seeds_follow_each_other(student, rng):
    """Episode i starts with seed + i."""
    seed = int(rng.integers(1000, 9999))
    play(student, Script.draw(rng, episodes=7, steps=2), num_episodes=4, seed=seed)
    seeds = [each for probe in student.environments_made(ENV_ID) for each in probe.seeds]
    resets = len(seeds)
    expect.that(resets == 4, f"evaluate: expected one reset for each of the 4 episodes, received {resets}")
    expect.that(seeds[0] == seed, "evaluate: the first episode does not start with the seed given")
    expect.that(seeds == list(range(seed, seed + 4)), "evaluate: the episodes' seeds are not seed, seed + 1, ...")


@pytest.mark.points(0.0625)
@pytest.mark.hint("Collect one number for each episode; do not average, sort or discount them.")
@pytest.mark.needs(*NEEDS)
def test_returns_one_number_for_each_episode(student, rng):
    """The result holds the return of each episode, in order."""
    script, seed = Script.draw(rng, episodes=7, steps=2), 2
    received, actor = play(student, script, num_episodes=3, seed=seed)
    right = script.rewards[[script.episode_of(seed + i) for i in range(3)]].sum(axis=1)
    if not isinstance(received, np.ndarray) or received.shape != (3,) or not np.allclose(received, right, rtol=1e-4):
        env = student.keep.make_env(ENV_ID)
        own = [student.rollout(env, actor, seed + i, "cpu") for i in range(3)]
        if not np.array_equal(received, own):  # a mistake of make_env or rollout is not counted here once more
            expect.close(received, right, "the returns of the episodes", rtol=1e-4)


@pytest.mark.points(0.0625)
@pytest.mark.hint("np.array(returns, dtype=np.float64)")
@pytest.mark.needs(*NEEDS)
def test_returns_a_float64_array(student, rng):
    """The result is a NumPy array [num_episodes] of double precision, also for one episode."""
    script = Script.draw(rng, episodes=5, steps=2)
    for num_episodes in (3, 1):
        received, _ = play(student, script, num_episodes, seed=0)
        is_array = isinstance(received, np.ndarray)
        expect.that(is_array, f"evaluate: expected a NumPy array, received {expect.kind(received)}")
        expect.shape(received, (num_episodes,), "the returns of the episodes")
        expect.dtype(received, "float64", "the returns of the episodes")
