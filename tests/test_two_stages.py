"""The longest runs' trainer: probabilities of clipped actions, and what changes between its stages."""

import copy
import itertools
from typing import Any

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from benchmarks.fast_trainer import FastTrainer
from benchmarks.recipe import LONGER
from benchmarks.two_stages import ClippedNormal, TwoStageTrainer, make_trainer

SMALL = LONGER | {"num_vec_envs": 4, "num_env_steps": 16, "batch_size": 32, "num_update_epochs": 2}
STAGES = {
    "after": 128,
    "num_env_steps": 32,
    "gae_lambda": 0.8,
    "clipped_probabilities": True,
    "max_deviation": 0.36,
    "rates": [[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]],
}
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


@pytest.mark.parametrize(("mean", "deviation"), CASES)
def test_policy_gradients_are_the_right_ones_with_less_variance(mean, deviation):
    """What an episode returns depends on the clipped action; by quadrature, and by differences of expectations."""

    def outcome(action: Any) -> Any:
        clipped = np.clip(action, -1.0, 1.0)
        return 1.0 + 2.0 * clipped - clipped**2 + 0.5 * clipped**3

    def expected(of: Any, at: float = mean) -> float:
        density = stats.norm(at, deviation).pdf
        edges = [
            at - 12 * deviation,
            *sorted(e for e in (-1.0, 1.0) if abs(e - at) < 12 * deviation),
            at + 12 * deviation,
        ]
        pieces = itertools.pairwise(edges)
        return float(sum(integrate.quad(lambda a: float(density(a) * of(a)), *piece)[0] for piece in pieces))

    def score(kind: Any, action: float) -> float:
        loc = torch.tensor(mean, dtype=torch.float64, requires_grad=True)
        dist = kind(loc, torch.tensor(deviation, dtype=torch.float64))
        (found,) = torch.autograd.grad(dist.log_prob(torch.tensor(action, dtype=torch.float64)), loc)
        return float(found)

    step = 1e-4
    wanted = (expected(outcome, mean + step) - expected(outcome, mean - step)) / (2 * step)
    squares = []
    for kind in (ClippedNormal, torch.distributions.Normal):
        assert expected(lambda a, k=kind: score(k, a) * outcome(a)) == pytest.approx(wanted, abs=1e-5)
        squares.append(expected(lambda a, k=kind: (score(k, a) * outcome(a)) ** 2))
    assert squares[0] < squares[1] * (1 - 1e-3)


def test_without_a_second_stage_it_learns_as_the_trainer_that_it_is_made_of():
    stages = STAGES | {"after": 1e9, "rates": [[0.0, 1.0], [1.0, 0.0]]}
    settings = SMALL | {"total_timesteps": 5 * 64}
    weights = []
    for second_stage, kind in ((None, FastTrainer), (stages, TwoStageTrainer)):
        trainer = make_trainer("sync", 3, settings | {"second_stage": second_stage})
        assert type(trainer) is kind
        weights.append(trainer.learn().state_dict())
    torch.testing.assert_close(*weights, rtol=0, atol=0)


def test_the_second_stage_changes_what_it_says():
    trainer = make_trainer("sync", 3, SMALL | {"total_timesteps": 512, "second_stage": STAGES})
    collect, rounds = trainer.collect, []

    def watched() -> Any:
        found = collect()
        kind = type(trainer.actor.get_action_dist(found.observations[0]))
        rate = trainer.optimizer.param_groups[0]["lr"] / trainer.learning_rate
        rounds.append((len(found.rewards), trainer.gae_lambda, kind.__name__, round(rate, 6)))
        return found

    trainer.collect = watched  # type: ignore[method-assign]
    before = trainer.actor.log_std.detach().exp()
    actor = trainer.learn()
    assert rounds == [
        (16, 0.9, "Normal", 1.0),
        (16, 0.9, "Normal", 0.875),
        (32, 0.8, "ClippedNormal", 0.75),
        (32, 0.8, "ClippedNormal", 0.5),
        (32, 0.8, "ClippedNormal", 0.25),
    ]
    assert trainer.num_transitions == 512
    assert (before > 0.36).all()
    assert (actor.log_std.exp() <= 0.36 + 1e-6).all()
    copied = copy.deepcopy(actor)  # as a trainer on another device acts with one
    with torch.no_grad():
        list(copied.policy.parameters())[-1].add_(1.0)  # the bias of the means
        obs = torch.zeros(1, trainer.obs_dim)
        torch.testing.assert_close(copied.get_action_dist(obs).mean, actor.get_action_dist(obs).mean + 1.0)
