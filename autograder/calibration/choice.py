"""Choice: the threshold and the number of attempts that tell the most broken trainers from the right ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
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
        told_apart: Positions of the broken trainers whose false passes are as rare as they have to be.
    """

    threshold: float
    attempts: int
    told_apart: tuple[int, ...] = field(default=())


def choose(right: Sequence[Floats], broken: Sequence[Floats]) -> Choice | None:
    """Chooses threshold and attempts.

    Among thresholds at which every right trainer fails rarely enough, those that tell the most broken trainers apart;
    among these the fewest attempts; and of what is left the middle, as far from either kind as may be.

    Args:
        right: Outcomes of each right trainer; minus infinity where a run raised.
        broken: Outcomes of each broken trainer.

    Returns:
        None if right trainers fail too often wherever the threshold lies.
    """
    candidates = _candidates([*right, *broken])
    best: Choice | None = None
    for attempts in range(1, MAX_ATTEMPTS + 1):
        failures = [joint_failure(upper_bound(_below(each, candidates), len(each)), attempts) for each in right]
        allowed = np.max(failures, axis=0) <= FALSE_FAILURES
        passes = [joint_pass(upper_bound(len(each) - _below(each, candidates), len(each)), attempts) for each in broken]
        apart = np.array(passes).reshape(len(broken), len(candidates)) <= FALSE_PASSES
        counts = np.where(allowed, apart.sum(axis=0), -1)
        if counts.max() > (len(best.told_apart) if best else -1):
            equally_good = np.flatnonzero(counts == counts.max())
            middle = _middle(candidates, equally_good)
            best = Choice(float(candidates[middle]), attempts, tuple(np.flatnonzero(apart[:, middle]).tolist()))
    return best


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
