"""Evaluation of policies, in environments whose returns are known."""

import gymnasium as gym
import numpy as np
import pytest
import torch

from rlhelpers import evaluate_policy


class Countdown(gym.Env):
    """The observation is the number of steps left; the reward is the action; its seeds are remembered."""

    observation_space = gym.spaces.Box(0.0, 10.0, (1,))
    action_space = gym.spaces.Box(-9.0, 9.0, (1,))

    def __init__(self, truncates):
        self.truncates, self.seeds = truncates, []

    def reset(self, *, seed=None, options=None):
        self.left = 3
        self.seeds.append(seed)
        return np.array([3.0], np.float32), {}

    def step(self, action):
        self.left -= 1
        over = self.left == 0
        reward = float(np.asarray(action).item())
        return np.array([self.left], np.float32), reward, over and not self.truncates, over and self.truncates, {}


class Doubling:
    """Twice the observation, greedily; noise otherwise."""

    def get_action(self, obs, greedy=False):
        assert obs.shape == (1, 1) and obs.dtype == torch.float32
        return 2 * obs if greedy else torch.randn(1, 1)


@pytest.mark.parametrize("truncates", [True, False])
def test_returns_are_sums_over_whole_episodes_each_with_its_seed(truncates):
    env = Countdown(truncates)
    returns = evaluate_policy(env, Doubling(), 4, seed=7)
    assert returns.tolist() == [2.0 * (3 + 2 + 1)] * 4
    assert env.seeds == [7, 8, 9, 10]


def test_a_function_gets_the_observation_as_it_is():
    assert evaluate_policy(Countdown(False), lambda obs: obs[0] ** 2, 1).tolist() == [9.0 + 4.0 + 1.0]


def test_the_same_seed_gives_the_same_returns_on_the_lake():
    env = gym.make("FrozenLake-v1")
    returns = [evaluate_policy(env, lambda obs: 1, 20, seed=3).tolist() for _ in range(2)]
    assert returns[0] == returns[1]


def test_what_cannot_be_played_is_refused():
    with pytest.raises(ValueError, match="num_episodes: expected at least 1, received 0"):
        evaluate_policy(Countdown(False), Doubling(), 0)
    with pytest.raises(TypeError, match=r"expected a function from an observation to an action, .* received int"):
        evaluate_policy(Countdown(False), 3, 1)  # type: ignore[arg-type]
