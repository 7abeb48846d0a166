"""Bounds on the rate of wrong verdicts, from counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import beta

CONFIDENCE = 0.95
MAX_ATTEMPTS = 3


def upper_bound(wrong: ArrayLike, runs: int) -> NDArray[np.float64]:
    """Upper confidence bounds on a rate, one-sided, exact (Clopper and Pearson 1934).

    The rate at which as few wrong verdicts as were seen, or fewer, have a probability of 1 - ``CONFIDENCE``.

    Args:
        wrong: How many of the runs were judged wrongly, any shape.
        runs: How many there were.

    Returns:
        Bounds in [0, 1], of the shape of ``wrong``; 1 where there were no runs.
    """
    count = np.asarray(wrong, dtype=np.float64)
    if runs == 0:
        return np.ones_like(count)
    bounds: NDArray[np.float64] = np.where(
        count >= runs, 1.0, beta.ppf(CONFIDENCE, count + 1.0, np.maximum(runs - count, 0.5))
    )
    return bounds


def joint_failure(run_bound: ArrayLike, attempts: int) -> NDArray[np.float64]:
    """Bound on a right trainer's failing all attempts, whose seeds are independent."""
    bounds: NDArray[np.float64] = np.asarray(run_bound, dtype=np.float64) ** attempts
    return bounds


def joint_pass(run_bound: ArrayLike, attempts: int) -> NDArray[np.float64]:
    """Bound on a broken trainer's passing one of the attempts."""
    bounds: NDArray[np.float64] = 1.0 - (1.0 - np.asarray(run_bound, dtype=np.float64)) ** attempts
    return bounds
