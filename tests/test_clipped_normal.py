"""Probabilities of clipped actions, and the policy gradients that come of them."""

import copy
import itertools
from typing import Any

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from benchmarks.clipped_normal import ClippedNormal, count_clipped
from solutions.ppo import Actor

CASES = [(0.0, 0.5), (0.9, 0.2), (-1.4, 0.3), (2.0, 1.5)]


def log_prob(mean: float, deviation: float, actions: np.ndarray) -> np.ndarray:
    dist = ClippedNormal(torch.tensor(mean, dtype=torch.float64), torch.tensor(deviation, dtype=torch.float64))
    found: np.ndarray = dist.log_prob(torch.as_tensor(actions, dtype=torch.float64)).numpy()
    return found


@pytest.mark.parametrize(("mean", "deviation"), CASES)
def test_probabilities_of_clipped_actions_are_scipys(mean, deviation):
    gaussian = stats.norm(mean, deviation)
    inside = np.linspace(-0.99, 0.99, 7)
    np.testing.assert_allclose(log_prob(mean, deviation, inside), gaussian.logpdf(inside), rtol=1e-9)
    low, high = np.array([-1.0, -1.01, -30.0]), np.array([1.0, 1.3, 30.0])
    np.testing.assert_allclose(log_prob(mean, deviation, low), gaussian.logcdf(-1.0), rtol=1e-9)
    np.testing.assert_allclose(log_prob(mean, deviation, high), gaussian.logsf(1.0), rtol=1e-9)


@pytest.mark.parametrize("by", [0, 1], ids=["by_mean", "by_deviation"])
@pytest.mark.parametrize(("mean", "deviation"), CASES)
def test_policy_gradients_are_the_right_ones_with_less_variance(mean, deviation, by):
    """What an episode returns depends on the clipped action; by quadrature, and by differences of expectations."""

    def outcome(action: Any) -> Any:
        clipped = np.clip(action, -1.0, 1.0)
        return 1.0 + 2.0 * clipped - clipped**2 + 0.5 * clipped**3

    def expected(of: Any, at: float = mean, width: float = deviation) -> float:
        density = stats.norm(at, width).pdf
        bounds = [each for each in (-1.0, 1.0) if abs(each - at) < 12 * width]
        edges = [at - 12 * width, *bounds, at + 12 * width]
        parts = (integrate.quad(lambda a: float(density(a) * of(a)), *part)[0] for part in itertools.pairwise(edges))
        return float(sum(parts))

    def score(kind: Any, action: float) -> float:
        parameters = [torch.tensor(each, dtype=torch.float64, requires_grad=True) for each in (mean, deviation)]
        log_prob = kind(*parameters).log_prob(torch.tensor(action, dtype=torch.float64))
        return float(torch.autograd.grad(log_prob, parameters[by])[0])

    step = np.eye(2)[by] * 1e-4
    at, below = np.array([mean, deviation]) + step, np.array([mean, deviation]) - step
    wanted = (expected(outcome, *at) - expected(outcome, *below)) / 2e-4
    squares = []
    for kind in (ClippedNormal, torch.distributions.Normal):
        assert expected(lambda a, k=kind: score(k, a) * outcome(a)) == pytest.approx(wanted, abs=1e-5)
        squares.append(expected(lambda a, k=kind: (score(k, a) * outcome(a)) ** 2))
    assert squares[0] < squares[1] * (1 - 1e-3)


def test_an_actor_and_its_copies_count_actions_as_clipped():
    actor = Actor(5, 3, 8)
    count_clipped(actor)
    copied = copy.deepcopy(actor)  # as a trainer on another device acts with one
    rng = np.random.default_rng(0)
    observations, actions = torch.tensor(rng.normal(size=(7, 5)), dtype=torch.float32), rng.normal(0.0, 0.9, (7, 3))
    with torch.no_grad():
        dist, _ = copied(observations)
        found = dist.log_prob(torch.tensor(actions, dtype=torch.float32))
        gaussian = stats.norm(dist.mean.double().numpy(), dist.scale.double().numpy())
        list(copied.policy.parameters())[-1].add_(1.0)  # the bias of its means
        moved = copied.get_action_dist(observations).mean - actor.get_action_dist(observations).mean
    beyond = [actions <= -1, actions >= 1]
    assert all(each.any() for each in beyond)
    wanted = np.select(beyond, [gaussian.logcdf(-1.0), gaussian.logsf(1.0)], gaussian.logpdf(actions))
    np.testing.assert_allclose(found, wanted, rtol=1e-4)
    torch.testing.assert_close(moved, torch.ones(7, 3))
