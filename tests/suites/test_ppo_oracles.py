"""The oracles of the PPO suite, against numbers worked out by hand, identities, and finite differences."""

import math

import numpy as np
import pytest

from autograder.suites.hidden_values import Floats
from autograder.suites.ppo import oracles
from autograder.suites.ppo.hidden_inputs import EXAMPLE, Rollout, Surprises

STEP = 1e-6


def drawn(seed=0):
    return Rollout.draw(np.random.default_rng(seed), 7, 3)


def arrays(rollout: Rollout) -> tuple[Floats, Floats, Floats]:
    return rollout.rewards, rollout.values, rollout.dones


def slopes(function, point):
    """Central differences of a scalar function of a vector."""
    found = np.zeros_like(point)
    for index in np.ndindex(point.shape):
        step = np.zeros_like(point)
        step[index] = STEP
        found[index] = (function(point + step) - function(point - step)) / (2 * STEP)
    return found


def test_multi_step_returns_of_the_example():
    returns = oracles.multi_step_returns(*arrays(EXAMPLE), gamma=0.99)
    assert returns == pytest.approx([0.7733, 0.6802, 0.4850, 0.5, 3.5, -0.5050], abs=1e-4)


def test_one_step_returns_of_the_example():
    returns = oracles.one_step_returns(*arrays(EXAMPLE), gamma=0.99)
    assert returns == pytest.approx([0.397, 0.3485, 0.287, 0.5, 4.594, -0.505], abs=1e-4)


def test_lambda_one_gives_multi_step_returns_and_lambda_zero_td_errors():
    rollout = drawn()
    for gae_lambda, returns in ((1.0, oracles.multi_step_returns), (0.0, oracles.one_step_returns)):
        advantages = oracles.gae_advantages(*arrays(rollout), gamma=0.9, gae_lambda=gae_lambda)
        assert advantages == pytest.approx(returns(*arrays(rollout), gamma=0.9) - rollout.values[:-1])


def test_without_a_future_returns_are_rewards():
    rollout = drawn()
    for returns in (oracles.one_step_returns, oracles.multi_step_returns):
        assert returns(*arrays(rollout), gamma=0.0) == pytest.approx(rollout.rewards)
        assert returns(*arrays(rollout.with_dones(1.0)), gamma=0.9) == pytest.approx(rollout.rewards)


def test_drawn_rollouts_end_episodes_within_and_at_the_end():
    for seed in range(20):
        dones = drawn(seed).dones
        assert (dones[:-1].sum(axis=0) >= 1).all()
        assert dones[-1].tolist() == [0.0, 1.0, 1.0]


def test_gradient_of_the_critic_loss():
    rng = np.random.default_rng(1)
    target, pred = rng.normal(size=6), rng.normal(size=6)
    found = slopes(lambda point: oracles.critic_loss(target, point), pred)
    assert oracles.critic_gradient(target, pred) == pytest.approx(found, abs=1e-6)


def test_gradient_of_the_actor_loss_in_every_case_of_clipping():
    drawn = Surprises.draw(np.random.default_rng(2), 18, 0.2)
    found = slopes(lambda point: oracles.actor_loss(point, drawn.old, drawn.advantages, 0.2), drawn.new)
    right = oracles.actor_gradient(drawn.new, drawn.old, drawn.advantages, 0.2)
    assert right == pytest.approx(found, abs=1e-6)
    assert 0 < (right == 0).sum() < len(right)


def test_gradient_of_the_entropy_loss():
    std = np.random.default_rng(3).uniform(0.3, 2.0, (3, 2))
    assert oracles.entropy_gradient(std) == pytest.approx(slopes(oracles.entropy_loss, std), abs=1e-6)


def test_the_density_of_a_normal_distribution():
    assert oracles.normal_log_prob(0.0, 0.0, 1.0) == pytest.approx(-0.5 * math.log(2 * math.pi))
    grid = np.linspace(-12.0, 12.0, 4001)
    density = np.exp(oracles.normal_log_prob(grid, 0.7, 1.3))
    assert density.sum() * (grid[1] - grid[0]) == pytest.approx(1.0)
    entropy = -(density * np.log(density)).sum() * (grid[1] - grid[0])
    assert oracles.entropy_loss(1.3) == pytest.approx(-entropy)
