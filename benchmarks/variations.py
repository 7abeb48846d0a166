"""Variations: what the reference trainer does, left out or done otherwise, for the table of ablations.

Those that are arguments of the trainer need none of this; see ``benchmarks/ablations.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.recipe import FastTrainer


class _ConstantRate(torch.optim.Adam):
    """Adam that keeps its first step size, whatever is written to its groups."""

    def step(self, closure: Any = None) -> Any:
        self.param_groups[0]["lr"] = self.defaults["lr"]
        return super().step(closure)


def constant_rate(trainer: FastTrainer) -> None:
    """The learning rate does not fall."""
    trainer.optimizer = _ConstantRate(trainer.actor.parameters(), lr=trainer.learning_rate, eps=1e-5)


def default_layers(trainer: FastTrainer) -> None:
    """PyTorch's own initial weights: not orthogonal, and the policy's last layer not small."""
    for layer in trainer.actor.modules():
        if isinstance(layer, nn.Linear):
            layer.reset_parameters()


def raw_observations(trainer: FastTrainer) -> None:
    """Observations enter the networks as they are."""
    trainer.actor.normalise = nn.Identity()  # type: ignore[assignment]


def wide_start(trainer: FastTrainer) -> None:
    """Standard deviations of the actions begin at 1 in place of exp(-1)."""
    nn.init.zeros_(trainer.actor.log_std)


def no_bootstrap(trainer: FastTrainer) -> None:
    """Truncation is taken for termination: nothing is added for what would have come."""
    step = trainer.envs.step

    def ended(actions: np.ndarray) -> tuple[Any, ...]:
        observations, rewards, terminated, truncated, infos = step(actions)
        return observations, rewards, terminated | truncated, np.zeros_like(truncated), infos

    trainer.envs.step = ended  # type: ignore[method-assign]


def falling_entropy(trainer: FastTrainer, after: float = 0.0) -> None:
    """The weight of the entropy falls to zero, from this share of training on."""
    update, first = trainer.update_epochs, trainer.entropy_weight

    def with_less(*experience: torch.Tensor) -> None:
        left = 1 - trainer.num_transitions / trainer.total_timesteps
        trainer.entropy_weight = first * min(1.0, left / (1 - after))
        update(*experience)

    trainer.update_epochs = with_less  # type: ignore[assignment,method-assign]


def late_falling_entropy(trainer: FastTrainer) -> None:
    """The weight of the entropy falls to zero in the second half of training."""
    falling_entropy(trainer, after=0.5)


VARIATIONS: dict[str, Callable[[FastTrainer], None]] = {
    each.__name__: each
    for each in (
        constant_rate,
        default_layers,
        raw_observations,
        wide_start,
        no_bootstrap,
        falling_entropy,
        late_falling_entropy,
    )
}
