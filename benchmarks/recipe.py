"""The reference trainer's settings for HalfCheetah, and the trainer on any backend."""

from __future__ import annotations

from functools import partial
from typing import Any

import rlhelpers
from autograder.suites.ppo.graded_training import FULL_RUN
from solutions.ppo import PPOTrainer, make_env

ENV_ID = "HalfCheetah-v5"
SHORT: dict[str, Any] = {
    "total_timesteps": 300_000,
    "num_vec_envs": 32,
    "num_env_steps": 32,
    "num_update_epochs": 10,
    "batch_size": 512,
    "gamma": 0.98,
    "eps": 0.2,
    "gae_lambda": 0.92,
    "hidden_dim": 64,
    "learning_rate": 1e-3,
}
# From a million transitions on: longer rollouts, a wider network, and a little entropy against settling too soon.
LONG = SHORT | {"num_env_steps": 64, "hidden_dim": 128, "entropy_weight": 0.002}
# The longest: as the grader's full run, with episodes that do not all begin in the same step.
LONGER = FULL_RUN | {"staggered_over": 1000}
BUDGETS: dict[str, dict[str, Any]] = {
    "short": SHORT,
    "1m": LONG | {"total_timesteps": 1_000_000},
    "3m": LONGER | {"total_timesteps": 3_000_000},
    "5m": LONGER | {"total_timesteps": 5_000_000},
}


class FastTrainer(PPOTrainer):
    """The reference with environments stepped by a backend of one's choice.

    Args:
        backend: See ``rlhelpers.make_vec_env``.
        seed: Seed of everything.
        settings: Arguments of ``PPOTrainer``, and ``staggered_over`` of ``rlhelpers.make_vec_env``.
    """

    def __init__(self, backend: Any, seed: int, settings: dict[str, Any]) -> None:
        super().__init__(ENV_ID, seed=seed, **{name: settings[name] for name in settings if name != "staggered_over"})
        self.envs.close()
        self.envs = rlhelpers.make_vec_env(
            partial(make_env, ENV_ID),
            self.num_vec_envs,
            autoreset_mode="same_step",
            backend=backend,
            staggered_over=settings.get("staggered_over", 0),
        )
        self.obs = self.to_tensor(self.envs.reset(seed=seed)[0])
