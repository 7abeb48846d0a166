"""Vector environments with their autoreset mode said."""

import gymnasium as gym
import numpy as np
import pytest

from rlhelpers import make_vec_env


class TwoSteps(gym.Env):
    observation_space = gym.spaces.Box(0.0, 9.0, (1,))
    action_space = gym.spaces.Box(-1.0, 1.0, (1,))

    def reset(self, *, seed=None, options=None):
        self.steps = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.steps += 1
        return np.full(1, self.steps, np.float32), 1.0, self.steps == 2, False, {}


def play(mode):
    envs = make_vec_env(TwoSteps, 3, autoreset_mode=mode)
    envs.reset(seed=0)
    envs.step(np.zeros((3, 1), np.float32))
    return envs, envs.step(np.zeros((3, 1), np.float32))


def test_same_step_returns_the_next_first_observation_and_keeps_the_last_one():
    _, (obs, _, terminated, _, infos) = play("same_step")
    assert terminated.tolist() == [True] * 3
    assert obs.ravel().tolist() == [0.0] * 3
    assert np.stack(infos["final_obs"]).ravel().tolist() == [2.0] * 3


def test_next_step_returns_the_last_observation_and_resets_afterwards():
    envs, (obs, *_) = play("next_step")
    assert obs.ravel().tolist() == [2.0] * 3
    obs, rewards, *_ = envs.step(np.zeros((3, 1), np.float32))
    assert (obs.ravel().tolist(), rewards.tolist()) == ([0.0] * 3, [0.0] * 3)


def test_unknown_modes_and_no_copies_are_refused():
    with pytest.raises(ValueError, match="expected one of same_step, next_step, disabled, received 'sometimes'"):
        make_vec_env(TwoSteps, 3, autoreset_mode="sometimes")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected at least 1, received 0"):
        make_vec_env(TwoSteps, 0, autoreset_mode="same_step")
