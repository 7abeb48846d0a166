"""EnvPool's environments against Gymnasium's own, step by step."""

import builtins
import subprocess
import sys
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from rlhelpers import make_vec_env
from rlhelpers.envpool_environments import EnvPoolVectorEnv
from solutions.ppo import make_env

STEPS = 30


@pytest.fixture
def envs():
    made = make_vec_env(partial(make_env, "HalfCheetah-v5"), 3, autoreset_mode="same_step", backend="envpool")
    yield made
    made.close()


def placed_as(observation):
    """Gymnasium's environment in the state that an observation shows; the place along the track is left out of it."""
    env: Any = make_env("HalfCheetah-v5")
    env.reset(seed=0)
    positions, velocities = observation[:8], observation[8:]
    env.unwrapped.set_state(np.concatenate([[0.0], positions]), velocities)
    return env


def test_observations_and_rewards_are_gymnasiums_even_for_actions_out_of_bounds(envs):
    first, _ = envs.reset(seed=3)
    peers = [placed_as(observation) for observation in first]
    rng = np.random.default_rng(0)
    for _ in range(STEPS):
        actions = rng.uniform(-2.0, 2.0, (3, 6)).astype(np.float32)
        obs, rewards, terminated, truncated, infos = envs.step(actions)
        expected = [peer.step(action) for peer, action in zip(peers, actions, strict=True)]
        np.testing.assert_allclose(obs, [step[0] for step in expected], atol=1e-6)
        np.testing.assert_allclose(rewards, [step[1] for step in expected], atol=1e-6)
        assert (terminated | truncated).any() == bool(infos) is False


def test_first_observations_spread_as_gymnasiums_do():
    envs = make_vec_env(partial(make_env, "HalfCheetah-v5"), 500, autoreset_mode="same_step", backend="envpool")
    first, _ = envs.reset(seed=0)
    envs.close()
    # positions uniform in [-0.1, 0.1], velocities 0.1 times standard normal: standard errors of 4,000 and 4,500 numbers
    assert abs(first[:, :8].std() - 0.1 / np.sqrt(3)) < 5 * 0.1 / np.sqrt(3 * 2 * 4_000)
    assert abs(first[:, 8:].std() - 0.1) < 5 * 0.1 / np.sqrt(2 * 4_500)
    assert abs(first[:, :8]).max() <= 0.1


def test_an_episode_is_cut_off_after_a_thousand_steps_and_goes_on_with_the_next_first_observation(envs):
    envs.reset(seed=0)
    for step in range(1, 1001):
        obs, _, terminated, truncated, infos = envs.step(np.ones((3, 6)))
        assert not terminated.any()
        assert truncated.tolist() == [step == 1000] * 3
    final = np.stack(infos["final_obs"])
    assert abs(obs[:, :8]).max() <= 0.1
    assert abs(final[:, :8]).max() > 0.1
    assert not envs.step(np.ones((3, 6)))[3].any()


def test_some_copies_are_reset_without_the_others(envs):
    envs.reset(seed=0)
    for _ in range(20):
        before, *_ = envs.step(np.ones((3, 6)))
    kept = before.copy()
    after, infos = envs.reset(options={"reset_mask": np.array([False, True, False])})
    assert infos == {}
    np.testing.assert_array_equal(after[[0, 2]], kept[[0, 2]])
    assert abs(after[1, :8]).max() <= 0.1 < abs(kept[1, :8]).max()
    np.testing.assert_array_equal(before, kept)  # what was returned before is not written to
    for step in range(21, 1001):
        assert envs.step(np.zeros((3, 6)))[3].tolist() == [step == 1000, False, step == 1000]
    with pytest.raises(ValueError, match="EnvPool seeds all copies or none"):
        envs.reset(seed=1, options={"reset_mask": np.array([False, True, False])})


def test_a_seed_gives_the_same_episodes_whatever_the_threads():
    runs = []
    for threads in (1, 2):
        envs = EnvPoolVectorEnv(make_env("HalfCheetah-v5"), 4, num_threads=threads)
        first, _ = envs.reset(seed=7)
        runs.append([first, *(envs.step(np.full((4, 6), 0.5))[0] for _ in range(5))])
        envs.close()
    np.testing.assert_array_equal(runs[0], runs[1])


def test_what_it_cannot_do_is_said(envs):
    def wrapped():
        return gym.wrappers.NormalizeObservation(gym.make("HalfCheetah-v5"))

    unknown: Any = "ray"
    with pytest.raises(ValueError, match="received NormalizeObservation"):
        make_vec_env(wrapped, 2, autoreset_mode="same_step", backend="envpool")
    with pytest.raises(ValueError, match="expected one of same_step, received 'next_step'"):
        make_vec_env(partial(make_env, "HalfCheetah-v5"), 2, autoreset_mode="next_step", backend="envpool")
    with pytest.raises(ValueError, match="backend: expected one of sync, envpool"):
        make_vec_env(partial(make_env, "HalfCheetah-v5"), 2, autoreset_mode="same_step", backend=unknown)
    with pytest.raises(ValueError, match="one integer"):
        envs.reset(seed=[1, 2, 3])


def test_without_envpool_it_says_how_to_get_it(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "envpool":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match="pip install envpool"):
        make_vec_env(partial(make_env, "HalfCheetah-v5"), 2, autoreset_mode="same_step", backend="envpool")


def test_plots_are_drawn_as_before():
    """EnvPool's import chooses matplotlib's backend for the program and its children: their notebooks show no plot."""
    source = """
import os
before = dict(os.environ)
from functools import partial
from rlhelpers import make_vec_env
from solutions.ppo import make_env
make_vec_env(partial(make_env, "HalfCheetah-v5"), 2, autoreset_mode="same_step", backend="envpool").close()
names = {name for name, value in os.environ.items() if before.get(name) != value}
assert not names & {"MPLBACKEND", "MPLCONFIGDIR"}, names
"""
    subprocess.run([sys.executable, "-c", source], check=True, timeout=120)
