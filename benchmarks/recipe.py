"""The reference trainer's settings for HalfCheetah: those of the notebook, and those of long runs."""

from __future__ import annotations

from typing import Any

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
