"""A policy's Gaussians as an environment sees them that clips actions."""

from __future__ import annotations

from types import MethodType

import torch
from torch import Tensor
from torch.distributions import Normal

from solutions.ppo import Actor


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


def count_clipped(actor: Actor) -> None:
    """From now on the actor's distributions, and those of its copies, are ``ClippedNormal``."""
    actor.get_action_dist = MethodType(_get_action_dist, actor)  # type: ignore[method-assign]


def _get_action_dist(actor: Actor, obs: Tensor) -> ClippedNormal:
    dist = Actor.get_action_dist(actor, obs)
    return ClippedNormal(dist.loc, dist.scale)
