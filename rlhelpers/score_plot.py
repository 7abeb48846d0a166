"""Scores against a setting: several runs per value, their mean and a confidence band."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from rlhelpers.language import translate as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# 97.5% quantiles of Student's t distribution with 1, 2, ... degrees of freedom.
_QUANTILES = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)


def plot_scores(alphas: Sequence[float], scores: ArrayLike, title: str = "", *, optimum: float | None = None) -> Axes:
    """Plots scores against step sizes: dots for single runs, their mean, and its 95% confidence interval as a band.

    Args:
        alphas: Step sizes, above 0, rising; the axis is logarithmic.
        scores: Shape [runs, number of alphas]; with a single run there is no band.
        title: Heading of the plot.
        optimum: Drawn as a dashed line.

    Returns:
        The axes, for further drawing; in a notebook the figure appears below the cell.

    Raises:
        ValueError: There is not one column of scores for each alpha.
    """
    from matplotlib import pyplot as plt

    runs = np.atleast_2d(np.asarray(scores, dtype=np.float64))
    if runs.shape != (len(runs), len(alphas)):
        raise ValueError(f"scores: expected shape [runs, {len(alphas)}], received {list(runs.shape)}; transpose them")
    axes = plt.subplots(figsize=(8, 4.5), layout="constrained")[1]
    mean = runs.mean(axis=0)
    axes.plot(alphas, runs.T, ".", color="C0", alpha=0.4)
    axes.plot(alphas, mean, color="C0", label=_("mean of {count} runs").format(count=len(runs)))
    if len(runs) > 1:
        half = confidence_half_width(runs)
        axes.fill_between(
            alphas, mean - half, mean + half, color="C0", alpha=0.2, linewidth=0, label=_("95% confidence")
        )
    if optimum is not None:
        axes.axhline(optimum, color="0.3", linestyle="--", label=_("the best possible"))
    axes.set(xscale="log", xlabel="alpha", ylabel=_("mean greedy return"), title=title)
    axes.legend(loc="best")
    axes.grid(alpha=0.3)
    return axes


def confidence_half_width(runs: np.ndarray) -> np.ndarray:
    """Half the width of the 95% confidence interval of a mean, by Student's t distribution.

    Args:
        runs: Shape [runs, ...], at least two runs.

    Returns:
        Shape [...].
    """
    degrees = len(runs) - 1
    quantile = _QUANTILES[degrees - 1] if degrees <= len(_QUANTILES) else 1.96 + 2.5 / degrees  # within 1% of it
    half: np.ndarray = quantile * runs.std(axis=0, ddof=1) / np.sqrt(len(runs))
    return half
