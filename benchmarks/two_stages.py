"""The longest runs in two stages: the reference finds a gait, then a few things change and it becomes a faster one."""

from __future__ import annotations

from dataclasses import dataclass
from types import MethodType
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Normal

from benchmarks.fast_trainer import FastTrainer
from solutions.ppo import Actor, Experience


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
        gae_lambda: Its lambda.
        clipped_probabilities: Whether actions count as the environment sees them (``ClippedNormal``).
        max_deviation: Bound of the policy's standard deviations, kept by every step of the optimizer.
        rates: Pairs of a share of all transitions and a share of the learning rate, for both stages: linear in between.
    """

    after: float
    gae_lambda: float
    clipped_probabilities: bool
    max_deviation: float
    rates: list[list[float]]


class TwoStageTrainer(FastTrainer):
    """The reference in two stages: the second makes the gait faster that the first has found.

    The first finds a gait as the reference does. In the second lambda is lower, actions count as the environment sees
    them, standard deviations are bounded, and the learning rate stays high for long before it falls to zero.

    Args:
        backend: See ``FastTrainer``.
        seed: See ``FastTrainer``.
        settings: Those of ``FastTrainer``, and ``second_stage``, a dictionary of what ``SecondStage`` has.
        device: See ``FastTrainer``.

    Raises:
        TypeError: Something is missing in ``second_stage``, or unknown.
    """

    def __init__(self, backend: Any, seed: int, settings: dict[str, Any], device: str = "cpu") -> None:
        self.second_stage, self.begun = SecondStage(**settings["second_stage"]), False
        super().__init__(backend, seed, _without_stage(settings), device)

    def begin_second_stage(self) -> None:
        """Sets lambda, probabilities and the bound of deviations to the second stage's."""
        self.begun = True
        self.gae_lambda = self.second_stage.gae_lambda
        if self.second_stage.clipped_probabilities:
            method = MethodType(_get_clipped_action_dist, self.actor)  # a copy of the actor has the copy's
            self.actor.get_action_dist = method  # type: ignore[method-assign]
        log_std, bound = self.actor.log_std, float(np.log(self.second_stage.max_deviation))

        def limit(*_: Any) -> None:
            with torch.no_grad():
                log_std.clamp_(max=bound)

        self.optimizer.register_step_post_hook(limit)

    def collect(self) -> Experience:
        """See ``PPOTrainer.collect``; first the round's learning rate is set, and the second stage begun in time."""
        share = self.num_transitions / self.total_timesteps
        if not self.begun and share >= self.second_stage.after:
            self.begin_second_stage()
        shares, rates = np.array(self.second_stage.rates).T
        self.optimizer.param_groups[0]["lr"] = self.learning_rate * float(np.interp(share, shares, rates))
        return super().collect()


def make_trainer(backend: Any, seed: int, settings: dict[str, Any], device: str = "cpu") -> FastTrainer:
    """The trainer that settings ask for: in two stages, unless ``second_stage`` is missing or None."""
    if settings.get("second_stage") is None:
        return FastTrainer(backend, seed, _without_stage(settings), device)
    return TwoStageTrainer(backend, seed, settings, device)


def _without_stage(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name != "second_stage"}
