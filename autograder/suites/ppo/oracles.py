"""What each quantity of PPO is, written as the sum that defines it, in float64.

Nothing here is recursive or vectorised over time: an oracle that shared the shape of the usual solution
would share its mistakes. Rewards and dones have shape [T] or [T, B], values one step more. With

    alive(t, k) = product of (1 - dones[j]) for j = t ... k - 1

the probability-free mask that step k still belongs to the episode of step t, the formulas below are those
of Sutton and Barto, Reinforcement Learning, 2nd edition, chapters 7 and 12; Schulman et al. 2015, "High-
Dimensional Continuous Control Using Generalized Advantage Estimation" (https://arxiv.org/abs/1506.02438),
equation 16; and Schulman et al. 2017, "Proximal Policy Optimization Algorithms"
(https://arxiv.org/abs/1707.06347), equation 7.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def _floats(*arrays: ArrayLike) -> list[Floats]:
    return [np.asarray(array, dtype=np.float64) for array in arrays]


def _alive(dones: Floats, start: int, stop: int) -> Floats:
    mask: Floats = np.prod(1.0 - dones[start:stop], axis=0)
    return mask


def one_step_returns(rewards: ArrayLike, values: ArrayLike, dones: ArrayLike, gamma: float) -> Floats:
    """``r[t] + gamma * (1 - d[t]) * v[t + 1]`` for each t.

    Args:
        rewards: Shape [T] or [T, B].
        values: Shape [T + 1] or [T + 1, B].
        dones: Shape of rewards, 0 or 1.
        gamma: Discount in [0, 1].

    Returns:
        Float64 array of the shape of rewards.
    """
    r, v, d = _floats(rewards, values, dones)
    return np.stack([r[t] + gamma * (1.0 - d[t]) * v[t + 1] for t in range(len(r))])


def multi_step_returns(rewards: ArrayLike, values: ArrayLike, dones: ArrayLike, gamma: float) -> Floats:
    """``sum over k >= t of gamma^(k-t) alive(t, k) r[k]``, plus ``gamma^(T-t) alive(t, T) v[T]``.

    Args:
        rewards: Shape [T] or [T, B].
        values: Shape [T + 1] or [T + 1, B]; only the last row counts.
        dones: Shape of rewards, 0 or 1.
        gamma: Discount in [0, 1].

    Returns:
        Float64 array of the shape of rewards.
    """
    r, v, d = _floats(rewards, values, dones)
    steps = len(r)
    returns = np.zeros_like(r)
    for t in range(steps):
        for k in range(t, steps):
            returns[t] += gamma ** (k - t) * _alive(d, t, k) * r[k]
        returns[t] += gamma ** (steps - t) * _alive(d, t, steps) * v[steps]
    return returns


def gae_advantages(rewards: ArrayLike, values: ArrayLike, dones: ArrayLike, gamma: float, gae_lambda: float) -> Floats:
    """``sum over k >= t of (gamma lambda)^(k-t) alive(t, k) delta[k]``, delta being the one-step TD error.

    Args:
        rewards: Shape [T] or [T, B].
        values: Shape [T + 1] or [T + 1, B].
        dones: Shape of rewards, 0 or 1.
        gamma: Discount in [0, 1].
        gae_lambda: Weight of longer returns in [0, 1].

    Returns:
        Float64 array of the shape of rewards.
    """
    r, v, d = _floats(rewards, values, dones)
    steps = len(r)
    deltas = one_step_returns(r, v, d, gamma) - v[:-1]
    advantages = np.zeros_like(r)
    for t in range(steps):
        for k in range(t, steps):
            advantages[t] += (gamma * gae_lambda) ** (k - t) * _alive(d, t, k) * deltas[k]
    return advantages


def critic_loss(target_values: ArrayLike, pred_values: ArrayLike) -> float:
    """Mean of the squared differences."""
    target, pred = _floats(target_values, pred_values)
    return float(np.mean((pred - target) ** 2))


def critic_gradient(target_values: ArrayLike, pred_values: ArrayLike) -> Floats:
    """Gradient of ``critic_loss`` with respect to ``pred_values``: ``2 (pred - target) / N``."""
    target, pred = _floats(target_values, pred_values)
    return 2.0 * (pred - target) / pred.size


def actor_loss(new_log_probs: ArrayLike, old_log_probs: ArrayLike, advantages: ArrayLike, eps: float) -> float:
    """Minus the mean of ``min(ratio A, clip(ratio, 1 - eps, 1 + eps) A)``, ratio = exp(new - old)."""
    new, old, advantage = _floats(new_log_probs, old_log_probs, advantages)
    ratio = np.exp(new - old)
    unclipped = ratio * advantage
    clipped = np.minimum(np.maximum(ratio, 1.0 - eps), 1.0 + eps) * advantage
    return float(-np.mean(np.minimum(unclipped, clipped)))


def actor_gradient(new_log_probs: ArrayLike, old_log_probs: ArrayLike, advantages: ArrayLike, eps: float) -> Floats:
    """Gradient of ``actor_loss`` with respect to ``new_log_probs``.

    It is ``-ratio A / N`` where the objective may still be improved, and 0 where the ratio has already
    gone beyond the clip in the direction that the advantage rewards.
    """
    new, old, advantage = _floats(new_log_probs, old_log_probs, advantages)
    ratio = np.exp(new - old)
    satisfied = ((advantage > 0) & (ratio > 1.0 + eps)) | ((advantage < 0) & (ratio < 1.0 - eps))
    return np.where(satisfied, 0.0, -ratio * advantage / new.size)


def normal_log_prob(actions: ArrayLike, mean: ArrayLike, std: ArrayLike) -> Floats:
    """Log density of independent normal variables, elementwise."""
    a, m, s = _floats(actions, mean, std)
    log_density: Floats = -0.5 * ((a - m) / s) ** 2 - np.log(s) - 0.5 * math.log(2.0 * math.pi)
    return log_density


def entropy_loss(std: ArrayLike) -> float:
    """Minus the mean over all elements of a normal distribution's entropy ``log(std sqrt(2 pi e))``."""
    (s,) = _floats(std)
    return float(-np.mean(np.log(s * math.sqrt(2.0 * math.pi * math.e))))


def entropy_gradient(std: ArrayLike) -> Floats:
    """Gradient of ``entropy_loss`` with respect to ``std``: ``-1 / (std N)``."""
    (s,) = _floats(std)
    return -1.0 / (s * s.size)
