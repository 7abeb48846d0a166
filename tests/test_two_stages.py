"""The longest runs' trainer: probabilities of clipped actions, and what changes between its stages."""

import copy
import itertools
import json
from typing import Any

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from benchmarks import returns
from benchmarks.ablations import ABLATIONS
from benchmarks.fast_trainer import FastTrainer
from benchmarks.recipe import BUDGETS, LONGER
from benchmarks.two_stages import ClippedNormal, TwoStageTrainer, make_trainer

SMALL = LONGER | {"num_vec_envs": 4, "num_env_steps": 16, "batch_size": 32, "num_update_epochs": 2}
STAGES = {
    "after": 0.25,
    "gae_lambda": 0.8,
    "clipped_probabilities": True,
    "max_deviation": 0.36,
    "rates": [[0.0, 1.0], [0.5, 0.9], [1.0, 0.0]],  # not the reference's
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


def test_without_a_second_stage_it_learns_as_the_trainer_that_it_is_made_of():
    stages = STAGES | {"after": 2.0, "rates": [[0.0, 1.0], [1.0, 0.0]]}
    settings = SMALL | {"total_timesteps": 5 * 64}
    weights = []
    for second_stage, kind in ((None, FastTrainer), (stages, TwoStageTrainer)):
        trainer = make_trainer("sync", 3, settings | {"second_stage": second_stage})
        assert type(trainer) is kind
        weights.append(trainer.learn().state_dict())
    torch.testing.assert_close(*weights, rtol=0, atol=0)


@pytest.mark.parametrize(("clipped", "kind"), [(True, "ClippedNormal"), (False, "Normal")])
def test_the_second_stage_changes_what_it_says(clipped, kind):
    stages = STAGES | {"clipped_probabilities": clipped}
    trainer = make_trainer("sync", 3, SMALL | {"total_timesteps": 320, "second_stage": stages})
    collect, rounds = trainer.collect, []

    def watched() -> Any:
        found = collect()
        rate = trainer.optimizer.param_groups[0]["lr"] / trainer.learning_rate
        dist = trainer.actor.get_action_dist(found.observations)
        torch.testing.assert_close(found.log_probs, dist.log_prob(found.actions).sum(-1))
        rounds.append((trainer.gae_lambda, type(dist).__name__, round(rate, 3)))
        return found

    trainer.collect = watched  # type: ignore[method-assign]
    before = trainer.actor.log_std.detach().exp()
    actor = trainer.learn()
    assert rounds == [
        (0.9, "Normal", 1.0),
        (0.9, "Normal", 0.96),
        (0.8, kind, 0.92),
        (0.8, kind, 0.72),
        (0.8, kind, 0.36),
    ]
    assert (before > 0.36).all()
    assert (actor.log_std.exp() <= 0.36 + 1e-6).all()
    copied = copy.deepcopy(actor)  # as a trainer on another device acts with one
    with torch.no_grad():
        list(copied.policy.parameters())[-1].add_(1.0)  # the bias of the means
        mine, its = (each.get_action_dist(torch.zeros(1, trainer.obs_dim)) for each in (actor, copied))
    assert type(its).__name__ == kind
    torch.testing.assert_close(its.mean, mine.mean + 1.0)


@pytest.mark.parametrize("name", ABLATIONS["5m"])
def test_ablations_of_the_two_stages_can_be_made(name):
    change, variation = ABLATIONS["5m"][name]
    settings = json.loads(json.dumps(BUDGETS["5m"] | change))  # as it is handed to a process
    assert variation is None
    assert settings == BUDGETS["5m"] | change
    assert (name == "two stages") == (settings == BUDGETS["5m"])
    trainer = make_trainer("sync", 0, settings | {"num_vec_envs": 1})
    assert isinstance(trainer, TwoStageTrainer) == (not name.startswith("one stage"))


@pytest.mark.parametrize("stages", [STAGES | {"max_deviaton": 0.4}, {"after": 0.5}])
def test_a_second_stage_with_something_missing_or_unknown_is_refused(stages):
    with pytest.raises(TypeError, match=r"max_deviaton|missing 4 required"):
        make_trainer("sync", 0, SMALL | {"total_timesteps": 64, "second_stage": stages})


def test_variations_are_for_one_stage(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["returns", "5m", "--variation", "beta_policy"])
    with pytest.raises(SystemExit):
        returns.main()
    assert "expected one stage" in capsys.readouterr().err
