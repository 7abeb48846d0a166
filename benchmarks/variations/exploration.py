"""Variations of how actions are drawn, and of how widely."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Beta, Normal

from benchmarks.fast_trainer import FastTrainer
from benchmarks.variations.networks import renew_optimizer
from benchmarks.variations.optimisers import equal_betas, muon
from solutions.ppo import linear


def wide_start(trainer: FastTrainer) -> None:
    """Standard deviations of the actions begin at 1 in place of exp(-1)."""
    nn.init.zeros_(trainer.actor.log_std)


def falling_entropy(trainer: FastTrainer, after: float = 0.0) -> None:
    """The weight of the entropy falls to zero, from this share of training on."""
    update, first = trainer.update_epochs, trainer.entropy_weight

    def with_less(*experience: torch.Tensor) -> None:
        left = 1 - trainer.num_transitions / trainer.total_timesteps
        trainer.entropy_weight = first * min(1.0, left / (1 - after))
        update(*experience)

    trainer.update_epochs = with_less  # type: ignore[method-assign]


def late_falling_entropy(trainer: FastTrainer) -> None:
    """The weight of the entropy falls to zero in the second half of training."""
    falling_entropy(trainer, after=0.5)


def equal_betas_less_entropy(trainer: FastTrainer) -> None:
    """Adam's betas are equal, and the weight of the entropy falls to zero in the second half of training."""
    equal_betas(trainer)
    late_falling_entropy(trainer)


def scheduled_deviations(trainer: FastTrainer) -> None:
    """Standard deviations are not learned: after 30% of training they fall from exp(-1) to exp(-2)."""
    update, log_std = trainer.update_epochs, trainer.actor.log_std.requires_grad_(False)
    trainer.entropy_weight = 0.0

    def with_next(*experience: Tensor) -> None:
        update(*experience)
        share = (trainer.num_transitions / trainer.total_timesteps - 0.3) / 0.7
        log_std.fill_(-1.0 - max(0.0, share))

    trainer.update_epochs = with_next  # type: ignore[method-assign]


def muon_scheduled_deviations(trainer: FastTrainer) -> None:
    """The same, and Muon for hidden layers."""
    muon(trainer)
    scheduled_deviations(trainer)


def bounded_means(trainer: FastTrainer) -> None:
    """Means end in a tanh, so that they stay within the bounds of actions."""
    trainer.actor.policy.append(nn.Tanh())


def state_deviations(trainer: FastTrainer) -> None:
    """Standard deviations depend on the observation: the policy's last layer gives them, too."""
    actor = trainer.actor
    _widen_last_layer(trainer)

    def get_action_dist(obs: Tensor) -> Normal:
        mean, more = actor.policy(actor.normalise(obs)).chunk(2, -1)
        return Normal(mean, (actor.log_std + more).clamp(-4.0, 1.0).exp())

    actor.get_action_dist = get_action_dist  # type: ignore[method-assign]


class _BetaOnTorques:
    """Independent Beta distributions, stretched to [-1, 1] (Chou, Maturana and Scherer 2017)."""

    def __init__(self, alpha: Tensor, beta: Tensor) -> None:
        self._unit: Any = Beta(alpha, beta, validate_args=False)  # its methods have no types

    @property
    def mean(self) -> Tensor:
        found: Tensor = 2 * self._unit.mean - 1
        return found

    def sample(self) -> Tensor:
        found: Tensor = 2 * self._unit.sample() - 1
        return found

    def log_prob(self, value: Tensor) -> Tensor:
        inside = ((value + 1) / 2).clamp(1e-6, 1 - 1e-6)  # in float32 a sample may lie on the bound
        found: Tensor = self._unit.log_prob(inside) - np.log(2)
        return found

    def entropy(self) -> Tensor:
        found: Tensor = self._unit.entropy() + np.log(2)
        return found


def beta_policy(trainer: FastTrainer) -> None:
    """Actions are Beta distributed within their bounds, in place of Gaussian and clipped."""
    actor = trainer.actor
    _widen_last_layer(trainer)

    def get_action_dist(obs: Tensor) -> Any:
        raw = actor.policy(actor.normalise(obs))
        return _BetaOnTorques(*(1 + nn.functional.softplus(raw + 1.5)).chunk(2, -1))

    actor.get_action_dist = get_action_dist  # type: ignore[method-assign]


def coloured(rng: np.random.Generator, beta: float, shape: tuple[int, ...], length: int) -> np.ndarray:
    """Gaussian noise [*shape, length] of variance 1 with a spectrum that falls as frequency to the power of -beta."""
    frequencies = np.fft.rfftfreq(length)
    frequencies[0] = 1.0 / length
    size = (*shape, len(frequencies))
    spectrum = (rng.normal(size=size) + 1j * rng.normal(size=size)) * frequencies ** (-beta / 2)
    noise = np.fft.irfft(spectrum, n=length, axis=-1)
    found: np.ndarray = (noise / noise.std(axis=-1, keepdims=True).mean()).astype(np.float32)
    return found


def coloured_noise(trainer: FastTrainer, beta: float = 0.5, length: int = 1000) -> None:
    """Noise of actions is correlated in time, between white and pink (Hollenstein, Martius and Piater 2024)."""
    rng = np.random.default_rng(trainer.seed)
    envs, rows = trainer.num_vec_envs, np.arange(trainer.num_vec_envs)
    noise = coloured(rng, beta, (envs, trainer.action_dim), length)
    places = rng.integers(length, size=envs)

    class Coloured(Normal):
        def sample(self, shape: Any = ()) -> Tensor:
            mean, deviation = self.loc, self.scale
            if len(mean) != envs:
                found: Tensor = super().sample(torch.Size(shape))  # type: ignore[no-untyped-call]
                return found
            now = torch.from_numpy(noise[rows, :, places])
            places[:] += 1
            if (over := places >= length).any():
                noise[over] = coloured(rng, beta, (int(over.sum()), trainer.action_dim), length)
                places[over] = 0
            return (mean + deviation * now).detach()

    given = trainer.actor.get_action_dist

    def get_action_dist(obs: Tensor) -> Normal:
        dist = given(obs)
        return Coloured(dist.loc, dist.scale, validate_args=False)

    trainer.actor.get_action_dist = get_action_dist  # type: ignore[method-assign]


def _widen_last_layer(trainer: FastTrainer) -> None:
    """Gives the policy two outputs for each component of the action."""
    last = trainer.actor.policy[-1]
    assert isinstance(last, nn.Linear)
    trainer.actor.policy[-1] = linear(last.in_features, 2 * last.out_features, gain=0.01)
    renew_optimizer(trainer)
