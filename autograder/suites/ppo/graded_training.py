"""Graded training: how the grader calls the student's trainer, in a short run and in the full one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

TRAINER = "PPOTrainer"
BONUS = "compute_gae"  # used in training if all its checks have passed, as in the notebook
GAE_LAMBDA, _LONG_GAE_LAMBDA = 0.95, 0.9
_GAMMA, _EPS = 0.99, 0.2
_SHORT = {"num_vec_envs": 8, "num_env_steps": 256, "num_update_epochs": 10, "batch_size": 64}
# Wider, with more exploration, as benchmarks/recipe.py has it for millions of transitions.
_LONG = {"num_vec_envs": 64, "num_env_steps": 64, "num_update_epochs": 10, "batch_size": 1024}
_LONG_EXTRAS = {"hidden_dim": 128, "learning_rate": 1e-3, "entropy_weight": 0.05}
# Mean return of the episodes that end with each step, while training: from 10% to 90% of 30 short runs of the
# reference, 20 of them with the bonus exercise; `python -m benchmarks.short_runs` measures them anew.
BAND = {
    "steps": [8000, 16000, 24000, 32000, 40000, 48000, 56000, 64000, 72000, 80000, 88000, 96000],
    "low": [-128, -15, 84, 132, 210, 266, 249, 284, 333, 401, 343, 383],
    "high": [-78, 137, 331, 471, 523, 557, 676, 719, 873, 891, 881, 1019],
}


def arguments(
    env_id: str,
    timesteps: int,
    seed: int,
    device: str,
    *,
    parameters: Collection[str],
    with_gae: bool,
    short: bool,
) -> dict[str, Any]:
    """Arguments of the trainer's constructor.

    Args:
        env_id: Where it trains.
        timesteps: Transitions.
        seed: Its seed.
        device: Where the network lives.
        parameters: Names of the constructor's parameters, as far as they are known; those that the assignment does
            not fix are given only where it has them.
        with_gae: Whether the bonus exercise is right.
        short: Whether it is the short run.
    """
    gae_lambda = GAE_LAMBDA if short else _LONG_GAE_LAMBDA
    optional = {"gae_lambda": gae_lambda if with_gae else None} | ({} if short else _LONG_EXTRAS)
    return {
        "env_id": env_id,
        "total_timesteps": timesteps,
        **(_SHORT if short else _LONG),
        "gamma": _GAMMA,
        "eps": _EPS,
        "seed": seed,
        "device": device,
        **{name: value for name, value in optional.items() if name in parameters},
    }
