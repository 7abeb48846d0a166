"""Variations of what is learned from."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor

from benchmarks.recipe import FastTrainer
from solutions.ppo import compute_gae


def no_bootstrap(trainer: FastTrainer) -> None:
    """Truncation is taken for termination: nothing is added for what would have come."""
    step = trainer.envs.step

    def ended(actions: np.ndarray) -> tuple[Any, ...]:
        observations, rewards, terminated, truncated, infos = step(actions)
        return observations, rewards, terminated | truncated, np.zeros_like(truncated), infos

    trainer.envs.step = ended  # type: ignore[method-assign]


def far_critic(trainer: FastTrainer, gae_lambda: float = 0.95) -> None:
    """The critic's targets have lambda 0.95, whatever the advantages have."""
    collect, update = trainer.collect, trainer.update_epochs
    targets: list[Tensor] = []

    def kept() -> Any:
        found = collect()
        targets[:] = [compute_gae(found.rewards, found.values, found.dones, trainer.gamma, gae_lambda)[0].flatten()]
        return found

    def with_targets(observations: Tensor, actions: Tensor, log_probs: Tensor, _: Tensor, advantages: Tensor) -> None:
        update(observations, actions, log_probs, targets[0], advantages)

    trainer.collect = kept  # type: ignore[method-assign]
    trainer.update_epochs = with_targets  # type: ignore[assignment,method-assign]
