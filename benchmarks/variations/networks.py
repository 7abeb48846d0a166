"""Variations of the networks."""

from __future__ import annotations

import torch
from torch import nn

from benchmarks.fast_trainer import FastTrainer
from solutions.ppo import linear


def default_layers(trainer: FastTrainer) -> None:
    """PyTorch's own initial weights: not orthogonal, and the policy's last layer not small."""
    for layer in trainer.actor.modules():
        if isinstance(layer, nn.Linear):
            layer.reset_parameters()


def raw_observations(trainer: FastTrainer) -> None:
    """Observations enter the networks as they are."""
    trainer.actor.normalise = nn.Identity()  # type: ignore[assignment]


def layer_norm(trainer: FastTrainer) -> None:
    """Hidden layers are normalised before the tanh."""
    for name in ("policy", "value"):
        modules: list[nn.Module] = []
        for module in getattr(trainer.actor, name):
            if isinstance(module, nn.Tanh):
                modules.append(nn.LayerNorm(trainer.actor.policy[0].out_features))
            modules.append(module)
        setattr(trainer.actor, name, nn.Sequential(*modules))
    renew_optimizer(trainer)


def silu(trainer: FastTrainer) -> None:
    """Hidden layers have SiLU in place of tanh."""
    for network in (trainer.actor.policy, trainer.actor.value):
        for place, module in enumerate(network):
            if isinstance(module, nn.Tanh):
                network[place] = nn.SiLU()


def wide_critic(trainer: FastTrainer, units: int = 256) -> None:
    """The value function has 256 units in each layer."""
    trainer.actor.value = nn.Sequential(
        linear(trainer.obs_dim, units),
        nn.Tanh(),
        linear(units, units),
        nn.Tanh(),
        linear(units, 1, gain=1.0),
    )
    renew_optimizer(trainer)


def renew_optimizer(trainer: FastTrainer) -> None:
    """After a change of the layers."""
    trainer.optimizer = torch.optim.Adam(trainer.actor.parameters(), lr=trainer.learning_rate, eps=1e-5)
