"""Variations of what is learned from."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

import solutions.ppo as notebook
from benchmarks.fast_trainer import FastTrainer
from solutions.ppo import Experience, compute_gae


def squared_loss(new_log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, eps: float = 0.2) -> Tensor:
    """The objective without clipping: a ratio costs its squared distance from 1, so that it is best at eps from 1."""
    ratio = torch.exp(new_log_probs - old_log_probs)
    return -(ratio * advantages - advantages.abs() * (ratio - 1).square() / (2 * eps)).mean()


def simple_policy(trainer: FastTrainer) -> None:
    """Ratios are not clipped but drawn back (SPO; Xie et al. 2025)."""
    update = trainer.update_epochs

    def with_squares(*experience: Tensor) -> None:
        given = notebook.actor_loss
        notebook.actor_loss = squared_loss
        try:
            update(*experience)
        finally:
            notebook.actor_loss = given

    trainer.update_epochs = with_squares  # type: ignore[method-assign]


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


def recomputed_advantages(trainer: FastTrainer) -> None:
    """Returns and advantages are computed anew, with the critic's newest values, before each epoch.

    Andrychowicz et al. 2020 recommend it (https://arxiv.org/abs/2006.05990).
    """
    collect, update, epochs = trainer.collect, trainer.update_epochs, trainer.num_update_epochs
    trainer.num_update_epochs = 1
    gae_lambda = 1.0 if trainer.gae_lambda is None else trainer.gae_lambda  # with 1 it is multi_step_returns
    rollout: list[Experience] = []

    def kept() -> Experience:
        rollout[:] = [collect()]
        return rollout[0]

    def one_by_one(observations: Tensor, actions: Tensor, log_probs: Tensor, *targets: Tensor) -> None:
        visited = torch.cat([rollout[0].observations, torch.as_tensor(trainer.obs)[None]])
        for epoch in range(epochs):
            if epoch:
                with torch.no_grad():
                    values = trainer.actor.get_value(visited)
                found = compute_gae(rollout[0].rewards, values, rollout[0].dones, trainer.gamma, gae_lambda)
                targets = tuple(each.flatten() for each in found)
            update(observations, actions, log_probs, *targets)

    trainer.collect = kept  # type: ignore[method-assign]
    trainer.update_epochs = one_by_one  # type: ignore[assignment,method-assign]
