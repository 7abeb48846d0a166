"""Checks of ``evaluate``."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from autograder.message import message
from autograder.suites import expect
from autograder.suites.ppo.probes import ACTION_DIM, OBS_DIM, Script, ScriptedEnvironment

pytestmark = pytest.mark.exercise("evaluate")
NEEDS = ("make_env.makes_the_environment", "Actor.actions_are_plain_tensors", "rollout.stops_at_the_end")
ENV_ID = "Hidden-v0"
EPISODES = 4
BOUND = 1e-6  # so narrow that the actions of any actor are beyond it


@dataclass(frozen=True)
class Evaluation:
    """What came of one call: the student's proxy, script, seed and actor; evaluate's result; and the probes."""

    student: Any
    script: Script
    seed: int
    actor: Any
    received: Any
    probes: list[ScriptedEnvironment]


def evaluated(student, rng):
    """Four episodes of a new actor in the probe."""
    script, seed = Script.draw(rng, episodes=7, steps=2), 7 * int(rng.integers(200, 1400)) + 2
    worse, better = sorted((2, 3), key=lambda episode: script.rewards[episode].sum())
    script.rewards[[2, 3]] = script.rewards[[better, worse]]  # the first two: returns are not in order
    student.environment(ENV_ID, lambda: ScriptedEnvironment(script, BOUND))
    actor = student.keep.Actor(OBS_DIM, ACTION_DIM, 8)
    received = student.evaluate(actor, EPISODES, seed, "cpu", env_id=ENV_ID)
    return Evaluation(student, script, seed, actor, received, student.environments_made(ENV_ID))


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "env = make_env(env_id), with the argument: one from gym.make alone does not clip actions as in training."
)
@pytest.mark.needs(*NEEDS, "make_env.clips_actions_to_the_bounds")
def test_plays_in_an_environment_of_make_env(shared):
    """Episodes are played in the environment of the id, made by make_env, so that actions are clipped."""
    actions = [seen.action for probe in shared(evaluated).probes for seen in probe.steps]
    expect.that(bool(actions), "evaluate: no step was taken in the environment of env_id")
    clipped = all(np.abs(action).max() <= BOUND * 1.001 for action in actions)
    expect.that(clipped, "evaluate: actions reach the environment unclipped; is it made by make_env?")


@pytest.mark.points(0.0625)
@pytest.mark.hint("Episode i is rollout(env, actor, seed + i, device).")
@pytest.mark.needs(*NEEDS, "rollout.resets_with_the_seed")
def test_seeds_follow_each_other(shared):
    """Episode i starts with seed + i."""
    run = shared(evaluated)
    seeds = [each for probe in run.probes for each in probe.seeds]
    expect.that(
        len(seeds) == EPISODES,
        message(
            "evaluate: expected one reset for each of the {episodes} episodes, received {resets}",
            episodes=EPISODES,
            resets=len(seeds),
        ),
    )
    expect.that(seeds[0] == run.seed, "evaluate: the first episode does not start with the seed given")
    right = seeds == list(range(run.seed, run.seed + EPISODES))
    expect.that(right, "evaluate: the episodes' seeds are not seed, seed + 1, ...")


@pytest.mark.points(0.0625)
@pytest.mark.hint("Collect one number for each episode; do not average, sort or discount them.")
@pytest.mark.needs(*NEEDS)
def test_returns_one_number_for_each_episode(shared):
    """The result holds the return of each episode, in order."""
    run = shared(evaluated)
    received, seeds = run.received, range(run.seed, run.seed + EPISODES)
    right = run.script.rewards[[run.script.episode_of(seed) for seed in seeds]].sum(axis=1)
    is_like = isinstance(received, np.ndarray) and received.shape == right.shape
    if not is_like or not np.allclose(received, right, rtol=1e-4):
        env = run.student.keep.make_env(ENV_ID)
        own = [run.student.rollout(env, run.actor, seed, "cpu") for seed in seeds]
        if not np.array_equal(received, own):  # a mistake of make_env or rollout is not counted here once more
            expect.close(received, right, "the returns of the episodes", rtol=1e-4)


@pytest.mark.points(0.0625)
@pytest.mark.hint("np.array(returns, dtype=np.float64)")
@pytest.mark.needs(*NEEDS)
def test_returns_a_float64_array(shared):
    """The result is a NumPy array [num_episodes] of double precision, also for one episode."""
    run = shared(evaluated)
    alone = run.student.evaluate(run.actor, 1, run.seed, "cpu", env_id=ENV_ID)
    for num_episodes, received in ((EPISODES, run.received), (1, alone)):
        is_array = isinstance(received, np.ndarray)
        expect.that(is_array, message("evaluate: expected a NumPy array, received {kind}", kind=expect.kind(received)))
        expect.shape(received, (num_episodes,), "the returns of the episodes")
        expect.dtype(received, "float64", "the returns of the episodes")
