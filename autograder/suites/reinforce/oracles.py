"""What each quantity of REINFORCE is, written as the sum that defines it, in float64.

Nothing here is recursive: an oracle that shared the shape of the usual solution would share its mistakes. Formulas are
those of Sutton and Barto, Reinforcement Learning, 2nd edition, equations 3.8 and 13.8, with ``r[t]`` for their
``R[t + 1]``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from autograder.suites.hidden_values import Floats


def discounted_return(rewards: ArrayLike, gamma: float) -> float:
    """``sum over t of gamma^t r[t]`` for rewards [T]."""
    r = np.asarray(rewards, dtype=np.float64)
    return float(np.sum(np.float64(gamma) ** np.arange(len(r)) * r))


def returns_to_go(rewards: ArrayLike, gamma: float) -> Floats:
    """``sum over k >= t of gamma^(k-t) r[k]`` for each t; shape [T]."""
    r = np.asarray(rewards, dtype=np.float64)
    return np.array([discounted_return(r[t:], gamma) for t in range(len(r))])


def loss(log_prob: ArrayLike, score: ArrayLike) -> float:
    """Minus the mean of the products of log-probabilities [N] and scores [N]."""
    return -float(np.mean(np.asarray(log_prob, dtype=np.float64) * np.asarray(score, dtype=np.float64)))


def loss_gradient(score: ArrayLike) -> Floats:
    """Gradient of ``loss`` with respect to the log-probabilities: ``-score / N``."""
    scores = np.asarray(score, dtype=np.float64)
    gradient: Floats = -scores / scores.size
    return gradient


def softmax(logits: ArrayLike) -> Floats:
    """Probabilities [N, A] of logits [N, A]."""
    z = np.asarray(logits, dtype=np.float64)
    weights = np.exp(z - z.max(axis=-1, keepdims=True))
    probabilities: Floats = weights / weights.sum(axis=-1, keepdims=True)
    return probabilities
