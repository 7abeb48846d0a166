"""The reference trainer's settings for HalfCheetah."""

from __future__ import annotations

from typing import Any

from autograder.suites.ppo.graded_training import FULL_RUN

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
# From a million transitions on: as the grader's full run, but episodes do not all begin in the same step, actions count
# as the environment sees them, noise is bounded, advantages look less far ahead, and the learning rate stays at 75%.
LONG = FULL_RUN | {
    "staggered_over": 1000,
    "gae_lambda": 0.8,
    "clipped_probabilities": True,
    "max_deviation": 0.5,
    "rates": [[0.0, 1.0], [0.2, 0.75], [0.6, 0.75], [1.0, 0.0]],
}
BUDGETS: dict[str, dict[str, Any]] = {
    "short": SHORT,
    "1m": LONG | {"total_timesteps": 1_000_000},
    "3m": LONG | {"total_timesteps": 3_000_000},
    "5m": LONG | {"total_timesteps": 5_000_000},
}
