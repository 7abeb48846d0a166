"""The longest runs in two stages: the reference finds a gait, then a few things change and the gait is refined."""

from __future__ import annotations

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
    """Independent Gaussians of which an environment sees what lies within [-1, 1].

    An action beyond a bound is as likely as all that lies beyond it, since to the environment it is the same. In a fast
    gait nearly half of all torques lie there. With the Gaussian's own density each of them moves the policy, though
    nothing depends on how far beyond the bound it was: that is noise, and it is clipped along with the rest (clipped
    action policy gradient; Fujita and Maeda 2018, https://arxiv.org/abs/1802.07564). Samples, means and entropy are
    the Gaussian's.
    """

    def log_prob(self, value: Tensor) -> Tensor:
        """Logarithm of the density [*batch shape] within the bounds, of the probability of a bound itself."""
        density: Tensor = super().log_prob(value)  # type: ignore[no-untyped-call]
        beyond = torch.special.log_ndtr((value.sign() * self.loc - 1) / self.scale)
        return torch.where(value.abs() < 1, density, beyond)


def _get_clipped_action_dist(actor: Actor, obs: Tensor) -> ClippedNormal:
    dist = Actor.get_action_dist(actor, obs)
    return ClippedNormal(dist.loc, dist.scale)


class TwoStageTrainer(FastTrainer):
    """The reference in two stages, of which the second makes a gait faster that the first has found.

    First come short rollouts, with which a fast gait is found early. In the second stage rollouts are longer, lambda is
    lower, actions count as the environment sees them (``ClippedNormal``), standard deviations are bounded, and the
    learning rate stays high for long before it falls to zero.

    Args:
        backend: See ``FastTrainer``.
        seed: See ``FastTrainer``.
        settings: Those of ``FastTrainer``, and ``second_stage``: ``after`` how many transitions it begins; its
            ``num_env_steps`` and ``gae_lambda``; ``clipped_probabilities``, whether actions count as the environment
            sees them; ``max_deviation``, the bound of standard deviations; and ``rates``, pairs of a share of all
            transitions and a share of the learning rate, for both stages: linear in between.
        device: See ``FastTrainer``.
    """

    def __init__(self, backend: Any, seed: int, settings: dict[str, Any], device: str = "cpu") -> None:
        super().__init__(backend, seed, settings, device)
        self.second_stage: dict[str, Any] = settings["second_stage"]

    def begin_second_stage(self) -> None:
        """Changes what is otherwise in it."""
        self.num_env_steps, self.gae_lambda = self.second_stage["num_env_steps"], self.second_stage["gae_lambda"]
        if self.second_stage["clipped_probabilities"]:
            method = MethodType(_get_clipped_action_dist, self.actor)  # a copy of the actor has the copy's
            self.actor.get_action_dist = method  # type: ignore[method-assign]
        log_std, bound = self.actor.log_std, float(np.log(self.second_stage["max_deviation"]))

        def limit(*_: Any) -> None:
            with torch.no_grad():
                log_std.clamp_(max=bound)

        self.optimizer.register_step_post_hook(limit)

    def learn(self) -> Actor:
        """See ``PPOTrainer.learn``; rounds go on until ``total_timesteps`` are collected."""
        shares, rates = zip(*self.second_stage["rates"], strict=True)
        first = True
        with tqdm(total=self.total_timesteps, desc="PPO", unit="transition", unit_scale=True) as progress:
            while self.num_transitions < self.total_timesteps:
                if first and self.num_transitions >= self.second_stage["after"]:
                    first = False
                    self.begin_second_stage()
                rate = np.interp(self.num_transitions / self.total_timesteps, shares, rates)
                self.optimizer.param_groups[0]["lr"] = self.learning_rate * float(rate)
                observations, actions, log_probs, rewards, dones, values = self.collect()
                gae_lambda = 1.0 if self.gae_lambda is None else self.gae_lambda  # with 1 it is multi_step_returns
                targets = compute_gae(rewards, values, dones, self.gamma, gae_lambda)
                self.update_epochs(*(each.flatten(0, 1) for each in (observations, actions, log_probs, *targets)))
                update_normalisation(self.actor, observations)
                progress.update(rewards.numel())
        return self.actor


def make_trainer(backend: Any, seed: int, settings: dict[str, Any], device: str = "cpu") -> FastTrainer:
    """The trainer that settings ask for: in two stages, if there is a second one among them, and not None."""
    kind = TwoStageTrainer if settings.get("second_stage") else FastTrainer
    return kind(backend, seed, settings, device)
