"""The benchmarks' trainer: what it collects and learns is the reference's, but for rounding."""

from typing import Any

import pytest
import torch

from benchmarks.fast_trainer import FastTrainer
from benchmarks.recipe import LONGER
from solutions.ppo import Experience, PPOTrainer, RewardScaler

SETTINGS = LONGER | {"num_vec_envs": 8, "num_env_steps": 130, "batch_size": 104, "total_timesteps": 8 * 130}


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
