"""Variations of how the gradient is followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import kl_divergence

from benchmarks.fast_trainer import FastTrainer


class _OtherRate(torch.optim.Adam):
    """Adam whose step size is what a rule makes of the first one and of the one that the trainer asks for."""

    def __init__(self, trainer: FastTrainer, rule: Callable[[float, float], float]) -> None:
        super().__init__(trainer.actor.parameters(), lr=trainer.learning_rate, eps=1e-5, fused=True)
        self._rule = rule

    def step(self, closure: Any = None) -> Any:
        group = self.param_groups[0]
        asked = group["lr"]
        group["lr"] = self._rule(self.defaults["lr"], asked)
        found = super().step(closure)
        group["lr"] = asked
        return found


def equal_betas(trainer: FastTrainer) -> None:
    """Adam forgets gradients and their squares equally fast (Dohare, Lan and Mahmood 2023)."""
    trainer.optimizer = torch.optim.Adam(
        trainer.actor.parameters(), lr=trainer.learning_rate, betas=(0.99, 0.99), eps=1e-5
    )


def weight_decay(trainer: FastTrainer) -> None:
    """AdamW: weights shrink by 0.03 times the learning rate in each step."""
    trainer.optimizer = torch.optim.AdamW(
        trainer.actor.parameters(), lr=trainer.learning_rate, weight_decay=0.03, eps=1e-5
    )


def averaged_weights(trainer: FastTrainer, rounds: int = 50) -> None:
    """The learning rate falls to 30%; what acts at the end has the weights' exponential moving average over rounds."""
    trainer.optimizer = _OtherRate(trainer, lambda first, asked: 0.3 * first + 0.7 * asked)
    averages = [each.detach().clone() for each in trainer.actor.parameters()]
    update, learn = trainer.update_epochs, trainer.learn

    def with_averages(*experience: Tensor) -> None:
        update(*experience)
        for average, each in zip(averages, trainer.actor.parameters(), strict=True):
            average.lerp_(each.detach(), 1 / rounds)

    def averaged() -> Any:
        actor = learn()
        with torch.no_grad():
            for average, each in zip(averages, actor.parameters(), strict=True):
                each.copy_(average)
        return actor

    trainer.update_epochs = with_averages  # type: ignore[method-assign]
    trainer.learn = averaged  # type: ignore[method-assign]


class _MuonBesideAdam(torch.optim.Adam):
    """Muon for the weights of all layers but the last ones, Adam for all else, with one learning rate."""

    def __init__(self, trainer: FastTrainer) -> None:
        hidden = [
            layer.weight
            for network in (trainer.actor.policy, trainer.actor.value)
            for layer in list(network)[:-1]
            if isinstance(layer, nn.Linear)
        ]
        chosen = {id(weight) for weight in hidden}
        rest = [each for each in trainer.actor.parameters() if id(each) not in chosen]
        super().__init__(rest, lr=trainer.learning_rate, eps=1e-5)
        self._muon = torch.optim.Muon(hidden, weight_decay=0.0, adjust_lr_fn="match_rms_adamw")

    def zero_grad(self, set_to_none: bool = True) -> None:
        super().zero_grad(set_to_none)
        self._muon.zero_grad(set_to_none)

    def step(self, closure: Any = None) -> Any:
        self._muon.param_groups[0]["lr"] = 2.5 * self.param_groups[0]["lr"]  # steps of half the learning rate's size
        self._muon.step()  # type: ignore[no-untyped-call]
        return super().step(closure)


def muon(trainer: FastTrainer) -> None:
    """Steps of hidden layers are orthogonal matrices: Muon (Jordan et al. 2024)."""
    trainer.optimizer = _MuonBesideAdam(trainer)


def rate_by_divergence(trainer: FastTrainer, wanted: float = 0.04) -> None:
    """The learning rate follows the divergence of one round's policy from that of the round before."""
    factor = 1.0
    trainer.optimizer = _OtherRate(trainer, lambda first, asked: asked * factor)
    update = trainer.update_epochs

    def with_next_rate(observations: Tensor, *rest: Tensor) -> None:
        nonlocal factor
        with torch.no_grad():
            before = trainer.actor.get_action_dist(observations)
        update(observations, *rest)
        with torch.no_grad():
            after = trainer.actor.get_action_dist(observations)
            divergence = kl_divergence(before, after).sum(-1).mean().item()
        if divergence > 1.5 * wanted:
            factor = max(0.1, factor / 1.2)
        elif divergence < wanted / 1.5:
            factor = min(3.0, factor * 1.2)

    trainer.update_epochs = with_next_rate  # type: ignore[assignment,method-assign]


def half_the_divergence(trainer: FastTrainer) -> None:
    """The same with half of it."""
    rate_by_divergence(trainer, wanted=0.02)
