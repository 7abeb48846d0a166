"""The benchmarks' trainer: what it collects and learns is the reference's, but for rounding."""

import json
from typing import Any

import pytest
import torch

from autograder.suites.ppo.graded_training import FULL_RUN
from benchmarks import returns
from benchmarks.ablations import ABLATIONS
from benchmarks.fast_trainer import FastTrainer
from benchmarks.recipe import BUDGETS, ENV_ID
from benchmarks.variations import VARIATIONS
from solutions.ppo import Experience, PPOTrainer, RewardScaler

SETTINGS = FULL_RUN | {
    "staggered_over": 1000,
    "num_vec_envs": 8,
    "num_env_steps": 130,
    "batch_size": 104,
    "total_timesteps": 8 * 130,
}
SMALL = FULL_RUN | {
    "num_vec_envs": 4,
    "num_env_steps": 16,
    "batch_size": 32,
    "num_update_epochs": 2,
    "total_timesteps": 320,
}


class Plain(FastTrainer):
    """The same environments, with the reference's own ``collect`` and scale of rewards."""

    to_tensor = PPOTrainer.to_tensor
    collect = PPOTrainer.collect

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.reward_scaler = RewardScaler(self.num_vec_envs, self.gamma)


@pytest.fixture(params=["sync", "mujoco"])
def pair(request: pytest.FixtureRequest) -> tuple[FastTrainer, FastTrainer]:
    return tuple(kind(request.param, 3, SETTINGS) for kind in (FastTrainer, Plain))  # type: ignore[return-value]


def test_rollouts_are_the_references(pair):
    ends = 0
    for round_seed in range(10):
        found = []
        for trainer in pair:
            torch.manual_seed(round_seed)
            found.append(trainer.collect())
        for name, fast, plain in zip(Experience._fields, *found, strict=True):
            assert fast.dtype == plain.dtype == torch.float32
            rounding = 1e-5 if name in ("log_probs", "rewards", "values") else 0.0
            torch.testing.assert_close(fast, plain, rtol=rounding, atol=rounding)
        ends += int(found[0].dones.sum())
    assert ends >= 8  # episodes were cut off at different steps
    assert pair[0].history == pair[1].history


def test_what_it_learns_from_a_rollout_is_the_references(pair):
    weights = []
    for trainer in pair:
        torch.manual_seed(0)
        weights.append(trainer.learn().state_dict())
    torch.testing.assert_close(*weights, rtol=0, atol=1e-5)


def test_distributions_look_at_their_arguments_again(pair):
    pair[0].learn()
    with pytest.raises(ValueError, match="parameter loc"):
        torch.distributions.Normal(torch.tensor([float("nan")]), torch.ones(1))


@pytest.mark.parametrize(("clipped", "kind"), [(True, "ClippedNormal"), (False, "Normal")])
def test_what_long_runs_need_is_there_in_every_round(clipped, kind):
    rates = [[0.0, 1.0], [0.5, 0.9], [1.0, 0.0]]  # not the recipe's
    trainer = FastTrainer("sync", 3, SMALL | {"clipped_probabilities": clipped, "max_deviation": 0.36, "rates": rates})
    collect, rounds, beyond = trainer.collect, [], []

    def watched() -> Experience:
        found = collect()
        dist = trainer.actor.get_action_dist(found.observations)
        torch.testing.assert_close(found.log_probs, dist.log_prob(found.actions).sum(-1))
        rate = trainer.optimizer.param_groups[0]["lr"] / trainer.learning_rate
        beyond.append(bool((found.actions.abs() > 1).any()))
        rounds.append((type(dist).__name__, round(rate, 3)))
        return found

    trainer.collect = watched  # type: ignore[method-assign]
    assert (trainer.actor.log_std.exp() > 0.36).all()
    before: list[torch.Tensor] = []  # each step of the optimizer
    trainer.optimizer.register_step_pre_hook(lambda *_: before.append(trainer.actor.log_std.detach().exp()))
    actor = trainer.learn()
    assert rounds == [(kind, 1.0), (kind, 0.96), (kind, 0.92), (kind, 0.72), (kind, 0.36)]
    assert all(beyond)  # there the two kinds differ
    steps = torch.stack([*before[1:], actor.log_std.detach().exp()])
    assert (steps <= 0.36 + 1e-6).all()
    assert (steps < 0.36 - 1e-6).any()  # a bound, not a value


@pytest.mark.parametrize("change", [{}, {"max_deviation": 9.0, "rates": [[0.0, 1.0], [1.0, 0.0]]}])
def test_without_what_long_runs_need_it_learns_as_the_reference(change):
    """Also with a bound that nothing reaches, and rates that fall as the reference's does."""
    reference = PPOTrainer(ENV_ID, seed=3, **SMALL).learn()
    actor = FastTrainer("sync", 3, SMALL | change).learn()
    torch.testing.assert_close(actor.state_dict(), reference.state_dict(), rtol=1e-5, atol=1e-5)


def test_variations_are_for_a_trainer_without_what_long_runs_need(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["returns", "5m", "--variation", "beta_policy"])
    with pytest.raises(SystemExit):
        returns.main()
    assert "expected a trainer without clipped_probabilities, max_deviation, rates" in capsys.readouterr().err


@pytest.mark.parametrize("budget", ABLATIONS)
def test_ablations_can_be_made(budget):
    seen = []
    for change, variation in ABLATIONS[budget].values():
        settings = json.loads(json.dumps(BUDGETS[budget] | change))  # as it is handed to a process
        assert settings == BUDGETS[budget] | change
        trainer = FastTrainer("sync", 0, settings | {"num_vec_envs": 1})
        if variation is not None:
            VARIATIONS[variation](trainer)
        assert (settings, variation) not in seen
        seen.append((settings, variation))
    assert seen[0] == (BUDGETS[budget], None)


def test_an_unknown_setting_is_refused():
    with pytest.raises(TypeError, match="max_deviaton"):
        FastTrainer("sync", 0, SMALL | {"max_deviaton": 0.4})
