"""Checks of ``make_env``."""

import numpy as np
import pytest

from autograder.message import message
from autograder.sandbox.claimed_text import clean_text
from autograder.suites import expect
from autograder.suites.ppo.probes import ACTION_DIM, Script, ScriptedEnvironment

pytestmark = pytest.mark.exercise("make_env")
ENV_ID = "Hidden-v0"


def made(student, rng, bound=1.0):
    """The student's environment around a probe with actions in [-bound, bound], and the probe."""
    student.environment(ENV_ID, lambda: ScriptedEnvironment(Script.draw(rng, episodes=2, steps=4), bound))
    env = expect.handle(student.keep.make_env(ENV_ID), "what make_env returns")
    probes = student.environments_made(ENV_ID)
    expect.that(bool(probes), "make_env: expected an environment of the id that it is given")
    return env, probes[-1]


@pytest.mark.points(0.0625)
@pytest.mark.hint("gym.make(env_id) makes it, whatever the id is; wrap the result and return it.")
def test_makes_the_environment(student, rng):
    """The environment that is asked for is made, and can be played."""
    env, probe = made(student, rng)
    env.reset(seed=0)
    expect.that(len(probe.seeds) > 0, "make_env: reset does not reach the environment")
    env.step(np.zeros(ACTION_DIM, dtype=np.float32))
    expect.that(len(probe.steps) == 1, "make_env: a step of the result is not one step of the environment")


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "gym.wrappers.ClipAction clips each action to the bounds of the action space; nothing else may change."
)
@pytest.mark.needs("make_env.makes_the_environment")
def test_clips_actions_to_the_bounds(student, rng):
    """Actions outside of the bounds arrive clipped, those inside as they are."""
    env, probe = made(student, rng, bound=0.5)
    env.reset(seed=0)
    actions = [np.array(pair, dtype=np.float32) for pair in ([2.5, -7.0], [-0.5, 0.25], [0.75, 0.125])]
    for action in actions:
        env.step(action)
    for action, seen in zip(actions, probe.steps, strict=True):
        expect.close(seen.action, np.clip(action, -0.5, 0.5), "the action that reaches the environment")


@pytest.mark.points(0.0625)
@pytest.mark.hint("Normalising belongs into the actor and the trainer: returns must stay comparable.")
@pytest.mark.needs("make_env.makes_the_environment")
def test_leaves_observations_and_rewards_alone(student, rng):
    """Observations, rewards and the ends of episodes pass through unchanged."""
    env, probe = made(student, rng)
    first, _ = env.reset(seed=0)
    expect.close(first, probe.script.observations[0, 0], "the first observation")
    for t in range(4):
        observation, reward, terminated, truncated, _ = env.step(np.zeros(ACTION_DIM, dtype=np.float32))
        expect.close(observation, probe.script.observations[0, t + 1], "an observation")
        expect.close(reward, probe.script.rewards[0, t], "a reward")
        ends = (bool(terminated), bool(truncated))
        expect.that(ends == (t == 3, False), "make_env: the episode's end is not the environment's own")


@pytest.mark.points(0.0625)
@pytest.mark.hint("Hand render_mode on: gym.make(env_id, render_mode=render_mode).")
def test_hands_the_render_mode_on(student):
    """An environment for filming renders arrays, any other nothing."""
    for mode in ("rgb_array", None):
        env = expect.handle(student.keep.make_env("Pendulum-v1", mode), "what make_env returns")
        received = env.attribute("render_mode")
        expect.that(
            isinstance(received, str | None) and received == mode,
            message(
                "render_mode: expected {expected}, received {received}",
                expected=repr(mode),
                received=clean_text(repr(received), 40),
            ),
        )
