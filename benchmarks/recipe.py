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
# From a million transitions on: longer rollouts, a wider network, and a little entropy against settling too soon.
LONG = SHORT | {"num_env_steps": 64, "hidden_dim": 128, "entropy_weight": 0.002}
# Longer still: as the grader's full run, with episodes that do not all begin in the same step.
LONGER = FULL_RUN | {"staggered_over": 1000}
# The longest has a second stage, which makes the gait faster that the first has found: see two_stages.SecondStage.
SECOND_STAGE: dict[str, Any] = {
    "after": 0.25,
    "gae_lambda": 0.8,
    "clipped_probabilities": True,
    "max_deviation": 0.5,
    "rates": [[0.0, 1.0], [0.2, 0.75], [0.6, 0.75], [1.0, 0.0]],
}
BUDGETS: dict[str, dict[str, Any]] = {
    "short": SHORT,
    "1m": LONG | {"total_timesteps": 1_000_000},
    # Shorter rollouts: the policy that collects is a fresher one, and more seeds find a fast gait early.
    "3m": LONGER | {"total_timesteps": 3_000_000, "num_env_steps": 32},
    "5m": LONGER | {"total_timesteps": 5_000_000, "second_stage": SECOND_STAGE},
}
