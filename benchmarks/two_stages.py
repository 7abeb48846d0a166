"""The longest runs in two stages: the reference finds a gait, then a few things change and the gait is refined."""

from __future__ import annotations

from dataclasses import dataclass
from types import MethodType
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Normal
from tqdm.auto import tqdm

from benchmarks.fast_trainer import FastTrainer
from solutions.ppo import Actor, compute_gae, update_normalisation


class ClippedNormal(Normal):
    """Independent Gaussians whose samples an environment clips to [-1, 1].

    An action beyond a bound is as likely as all that lies beyond it, since to the environment it is the same (clipped
    action policy gradient; Fujita and Maeda 2018, https://arxiv.org/abs/1802.07564). With the Gaussian's own density
    each of them moves the policy, though nothing depends on how far beyond the bound it was: that is noise, and PPO
    clips ratios because of it. Samples, means and entropy are the Gaussian's.
    """

    def log_prob(self, value: Tensor) -> Tensor:
        """Logarithm [*batch shape] of the density within the bounds, and beyond one of the bound's probability."""
        density: Tensor = super().log_prob(value)  # type: ignore[no-untyped-call]
        beyond = torch.special.log_ndtr((value.sign() * self.loc - 1) / self.scale)
        return torch.where(value.abs() < 1, density, beyond)


def _get_clipped_action_dist(actor: Actor, obs: Tensor) -> ClippedNormal:
    dist = Actor.get_action_dist(actor, obs)
    return ClippedNormal(dist.loc, dist.scale)


@dataclass(frozen=True)
class SecondStage:
    """What changes once a gait is found.

    Attributes:
        after: Share of all transitions after which it begins.
        num_env_steps: Length of its rollouts.
        gae_lambda: Its lambda.
        clipped_probabilities: Whether actions count as the environment sees them (``ClippedNormal``).
        max_deviation: Bound of the policy's standard deviations, kept by every step of the optimizer.
        rates: Pairs of a share of all transitions and a share of the learning rate, for both stages: linear in between.
    """

    after: float
    num_env_steps: int
    gae_lambda: float
    clipped_probabilities: bool
    max_deviation: float
    rates: list[list[float]]


class TwoStageTrainer(FastTrainer):
    """The reference in two stages: the second makes the gait faster that the first has found.

    First come short rollouts, with which a fast gait is found early. In the second stage rollouts are longer, lambda is
    lower, actions count as the environment sees them, standard deviations are bounded, and the learning rate stays high
    for long before it falls to zero.

    Args:
        backend: See ``FastTrainer``.
        seed: See ``FastTrainer``.
        settings: Those of ``FastTrainer``, and ``second_stage``, a dictionary of what ``SecondStage`` has.
        device: See ``FastTrainer``.

    Raises:
        TypeError: Something is missing in ``second_stage``, or unknown.
    """

    def __init__(self, backend: Any, seed: int, settings: dict[str, Any], device: str = "cpu") -> None:
        self.second_stage = SecondStage(**settings["second_stage"])
        super().__init__(backend, seed, _without_stage(settings), device)

    def begin_second_stage(self) -> None:
        """Sets rollouts, lambda, probabilities and the bound of deviations to the second stage's."""
        self.num_env_steps, self.gae_lambda = self.second_stage.num_env_steps, self.second_stage.gae_lambda
        if self.second_stage.clipped_probabilities:
            method = MethodType(_get_clipped_action_dist, self.actor)  # a copy of the actor has the copy's
            self.actor.get_action_dist = method  # type: ignore[method-assign]
        log_std, bound = self.actor.log_std, float(np.log(self.second_stage.max_deviation))

        def limit(*_: Any) -> None:
            with torch.no_grad():
                log_std.clamp_(max=bound)

        self.optimizer.register_step_post_hook(limit)

    def learn(self) -> Actor:
        """See ``PPOTrainer.learn``; rounds go on until ``total_timesteps`` are collected."""
        shares, rates = zip(*self.second_stage.rates, strict=True)
        first = True
        with tqdm(total=self.total_timesteps, desc="PPO", unit="transition", unit_scale=True) as progress:
            while self.num_transitions < self.total_timesteps:
                share = self.num_transitions / self.total_timesteps
                if first and share >= self.second_stage.after:
                    first = False
                    self.begin_second_stage()
                self.optimizer.param_groups[0]["lr"] = self.learning_rate * float(np.interp(share, shares, rates))
                observations, actions, log_probs, rewards, dones, values = self.collect()
                gae_lambda = 1.0 if self.gae_lambda is None else self.gae_lambda  # with 1 it is multi_step_returns
                targets = compute_gae(rewards, values, dones, self.gamma, gae_lambda)
                self.update_epochs(*(each.flatten(0, 1) for each in (observations, actions, log_probs, *targets)))
                update_normalisation(self.actor, observations)
                progress.update(rewards.numel())
                if self.history:
                    recent = [episode_return for _, episode_return in self.history[-self.num_vec_envs :]]
                    progress.set_postfix(mean_return=f"{np.mean(recent):.0f}")
        return self.actor


def make_trainer(backend: Any, seed: int, settings: dict[str, Any], device: str = "cpu") -> FastTrainer:
    """The trainer that settings ask for: in two stages, unless ``second_stage`` is missing or None."""
    if settings.get("second_stage") is None:
        return FastTrainer(backend, seed, _without_stage(settings), device)
    return TwoStageTrainer(backend, seed, settings, device)


def _without_stage(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name != "second_stage"}
