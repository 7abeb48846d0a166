"""Variations: what the reference trainer does, left out or done otherwise, for the table of ablations.

Those that are arguments of the trainer need none of this; see ``benchmarks/ablations.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Beta, Normal

from benchmarks.recipe import FastTrainer
from solutions.ppo import compute_gae, linear


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


def equal_betas(trainer: FastTrainer) -> None:
    """Adam forgets gradients and their squares equally fast (Dohare, Lan and Mahmood 2023)."""
    trainer.optimizer = torch.optim.Adam(
        trainer.actor.parameters(), lr=trainer.learning_rate, betas=(0.99, 0.99), eps=1e-5
    )


def equal_betas_less_entropy(trainer: FastTrainer) -> None:
    """The same, and the weight of the entropy falls to zero in the second half of training."""
    equal_betas(trainer)
    late_falling_entropy(trainer)


def weight_decay(trainer: FastTrainer) -> None:
    """AdamW: weights shrink by 0.03 times the learning rate in each step."""
    trainer.optimizer = torch.optim.AdamW(
        trainer.actor.parameters(), lr=trainer.learning_rate, weight_decay=0.03, eps=1e-5
    )


def layer_norm(trainer: FastTrainer) -> None:
    """Hidden layers are normalised before the tanh."""
    for name in ("policy", "value"):
        modules: list[nn.Module] = []
        for module in getattr(trainer.actor, name):
            if isinstance(module, nn.Tanh):
                modules.append(nn.LayerNorm(trainer.actor.policy[0].out_features))
            modules.append(module)
        setattr(trainer.actor, name, nn.Sequential(*modules))
    _renew_optimizer(trainer)


def scheduled_deviations(trainer: FastTrainer) -> None:
    """Standard deviations are not learned: after 30% of training they fall from exp(-1) to exp(-2)."""
    update, log_std = trainer.update_epochs, trainer.actor.log_std.requires_grad_(False)
    trainer.entropy_weight = 0.0

    def with_next(*experience: Tensor) -> None:
        update(*experience)
        share = (trainer.num_transitions / trainer.total_timesteps - 0.3) / 0.7
        log_std.fill_(-1.0 - max(0.0, share))

    trainer.update_epochs = with_next  # type: ignore[assignment,method-assign]


def silu(trainer: FastTrainer) -> None:
    """Hidden layers have SiLU in place of tanh."""
    for network in (trainer.actor.policy, trainer.actor.value):
        for place, module in enumerate(network):
            if isinstance(module, nn.Tanh):
                network[place] = nn.SiLU()


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


def _widen_last_layer(trainer: FastTrainer) -> None:
    """Gives the policy two outputs for each component of the action."""
    last = trainer.actor.policy[-1]
    assert isinstance(last, nn.Linear)
    trainer.actor.policy[-1] = linear(last.in_features, 2 * last.out_features, gain=0.01)
    _renew_optimizer(trainer)


def wide_critic(trainer: FastTrainer, units: int = 256) -> None:
    """The value function has 256 units in each layer."""
    trainer.actor.value = nn.Sequential(
        linear(trainer.obs_dim, units),
        nn.Tanh(),
        linear(units, units),
        nn.Tanh(),
        linear(units, 1, gain=1.0),
    )
    _renew_optimizer(trainer)


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


def _renew_optimizer(trainer: FastTrainer) -> None:
    trainer.optimizer = torch.optim.Adam(trainer.actor.parameters(), lr=trainer.learning_rate, eps=1e-5)


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
        equal_betas,
        equal_betas_less_entropy,
        weight_decay,
        layer_norm,
        scheduled_deviations,
        silu,
        bounded_means,
        state_deviations,
        beta_policy,
        wide_critic,
        far_critic,
    )
}
