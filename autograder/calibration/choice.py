"""Choice: the threshold and the number of attempts that tell the most broken trainers from the right ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from autograder.calibration.bounds import MAX_ATTEMPTS, joint_failure, joint_pass, upper_bound
from autograder.suites.calibrated import FALSE_FAILURES, FALSE_PASSES

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Choice:
    """How a training check shall judge.

    Attributes:
        threshold: An outcome as large as this passes.
        attempts: Runs before a trainer has failed.
    """

    threshold: float
    attempts: int


def choose(right: Sequence[Floats], broken: Sequence[Floats]) -> Choice | None:
    """Chooses threshold and attempts.

    Among thresholds at which every right trainer fails rarely enough, those that tell the most broken trainers apart;
    among these those that broken trainers reach seldom, too few runs though there may be to promise it; then the fewest
    attempts; and of what is left the middle, as far from either kind as may be.

    Args:
        right: Outcomes of each right trainer; minus infinity where a run raised.
        broken: Outcomes of each broken trainer.

    Returns:
        None if right trainers fail too often wherever the threshold lies.
    """
    candidates = _candidates([*right, *broken])
    reached = np.array([len(each) - _below(each, candidates) for each in broken]).reshape(len(broken), len(candidates))
    runs = np.array([[len(each)] for each in broken]).reshape(len(broken), 1)
    seldom = (reached <= FALSE_PASSES * runs).sum(axis=0)
    best: tuple[int, Choice] | None = None
    for attempts in range(1, MAX_ATTEMPTS + 1):
        failures = [joint_failure(upper_bound(_below(each, candidates), len(each)), attempts) for each in right]
        passes = [joint_pass(upper_bound(row, len(each)), attempts) for row, each in zip(reached, broken, strict=True)]
        apart = np.array(passes).reshape(reached.shape) <= FALSE_PASSES
        allowed = np.max(failures, axis=0) <= FALSE_FAILURES
        scores = np.where(allowed, apart.sum(axis=0) * (len(broken) + 1) + seldom, -1)
        if scores.max() > (best[0] if best else -1):
            middle = _middle(candidates, np.flatnonzero(scores == scores.max()))
            best = int(scores.max()), Choice(float(candidates[middle]), attempts)
    return best[1] if best else None


def _candidates(outcomes: Sequence[Floats]) -> Floats:
    """Thresholds between which no verdict changes, and some in wide gaps, so that the middle can be met."""
    values = np.unique(np.concatenate(outcomes))
    values = values[np.isfinite(values)]
    gaps = np.concatenate([np.linspace(low, high, 9)[1:-1] for low, high in pairwise(values)] or [values])
    return np.unique(gaps)


def _below(outcomes: Floats, thresholds: Floats) -> NDArray[np.int64]:
    """How many outcomes are below each threshold."""
    return np.searchsorted(np.sort(outcomes), thresholds, side="left")


def _middle(candidates: Floats, equally_good: NDArray[np.int64]) -> int:
    """The candidate nearest to the middle of the longest interval of equally good ones."""
    runs = np.split(equally_good, np.flatnonzero(np.diff(equally_good) > 1) + 1)
    longest = max(runs, key=lambda run: candidates[run[-1]] - candidates[run[0]])
    wanted = (candidates[longest[0]] + candidates[longest[-1]]) / 2.0
    return int(longest[abs(candidates[longest] - wanted).argmin()])
