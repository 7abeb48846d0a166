"""Exact values of tabular environments, against closed forms and games that are played."""

import gymnasium as gym
import numpy as np
import pytest

from autograder.suites.q_learning.lake import MAPS, lake_model
from rlhelpers.tabular_model import TabularModel, greedy_probabilities


def chain(time_limit):
    """State 0 leads to 1 by action 0, to the end without reward by action 1; state 1 pays 1 and ends."""
    continues = np.zeros((2, 2, 2))
    continues[0, 0, 1] = 1.0
    return TabularModel(np.array([[0.0, 0.0], [1.0, 1.0]]), continues, np.array([1.0, 0.0]), time_limit)


def test_a_chain_of_two_steps():
    model = chain(time_limit=2)
    np.testing.assert_allclose(model.optimal_q(gamma=0.9), [[0.9, 0.0], [1.0, 1.0]])
    assert model.best_return() == 1.0
    assert model.expected_return([[0.25, 0.75], [0.5, 0.5]]) == 0.25


def test_rewards_beyond_the_time_limit_do_not_count():
    assert chain(time_limit=1).best_return() == 0.0


def test_without_a_time_limit_the_lake_is_crossed_with_probability_14_of_17():
    """Known of FrozenLake's 4x4 map: undiscounted, the best policy reaches the goal with probability 14 / 17."""
    values = TabularModel.of(gym.make("FrozenLake-v1")).optimal_q(gamma=1.0, tolerance=1e-13).max(axis=1)
    assert values[0] == pytest.approx(14 / 17, abs=1e-9)


def test_expected_returns_are_those_of_episodes_that_are_played():
    """2,000 episodes: four standard errors are 0.04; a right value fails once in 15,000 seeds, and this one passes."""
    env = gym.make("FrozenLake-v1")
    model = TabularModel.of(env)
    policy = greedy_probabilities(model.optimal_q(gamma=0.99).round(9))
    rng, total = np.random.default_rng(0), 0.0
    env.reset(seed=0)
    for _ in range(2000):
        state, _ = env.reset()
        over = False
        while not over:
            state, reward, terminated, truncated, _ = env.step(int(rng.choice(4, p=policy[state])))
            total += float(reward)
            over = terminated or truncated
    assert total / 2000 == pytest.approx(model.expected_return(policy), abs=0.04)


def test_no_policy_is_better_than_the_best():
    model, rng = TabularModel.of(gym.make("FrozenLake-v1")), np.random.default_rng(1)
    policies = [rng.dirichlet(np.ones(4), 16) for _ in range(20)]
    policies += [greedy_probabilities(model.optimal_q(gamma)) for gamma in (0.9, 0.99)]
    assert max(model.expected_return(policy) for policy in policies) < model.best_return()


@pytest.mark.parametrize("rows", [*MAPS, ("SFFF", "FHFH", "FFFH", "HFFG")])
def test_the_graders_lake_is_gymnasiums(rows):
    ours, theirs = lake_model(list(rows)), TabularModel.of(gym.make("FrozenLake-v1", desc=list(rows)))
    np.testing.assert_allclose(ours.rewards, theirs.rewards)
    np.testing.assert_allclose(ours.continues, theirs.continues)
    np.testing.assert_allclose(ours.start, theirs.start)
    assert ours.time_limit == theirs.time_limit


def test_greedy_probabilities_share_ties():
    q = np.array([[[0.0, 0.0], [1.0, 2.0]], [[-1.0, -1.0], [3.0, -3.0]]])
    expected = [[[0.5, 0.5], [0.0, 1.0]], [[0.5, 0.5], [1.0, 0.0]]]
    np.testing.assert_array_equal(greedy_probabilities(q), expected)


@pytest.mark.parametrize("env_id", ["CartPole-v1", "CliffWalking-v1"])
def test_what_cannot_be_modelled_is_refused(env_id):
    with pytest.raises(ValueError, match="expected known transitions"):
        TabularModel.of(gym.make(env_id))
