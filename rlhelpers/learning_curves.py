"""Learning curves: the return of episodes against the transitions that it took to learn it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from rlhelpers.language import translate as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Run = Sequence[tuple[int, float]]
Band = Sequence[tuple[int, float, float]]

_GRID_POINTS = 200
_WINDOW_FRACTION = 20


def plot_learning_curves(
    curves: Mapping[str, Sequence[Run]], title: str = "", *, reference: Band = (), xlabel: str = ""
) -> Axes:
    """Plots learning curves, one colour per entry.

    An entry with one run is drawn as its episodes, pale, and their moving mean. One with several runs (usually of
    different seeds) is drawn as the mean of the runs' moving means and a band of one standard deviation around it.

    Args:
        curves: For each label its runs; a run is a list of (transitions so far, return of an episode).
        title: Heading of the plot.
        reference: What to compare with, drawn as a grey band behind the curves: (transitions, lowest return, highest
            return) with rising transitions. It does not stretch the plot beyond the curves.
        xlabel: What the first numbers of the pairs count, if not transitions.

    Returns:
        The axes, for further drawing; in a notebook the figure appears below the cell.
    """
    from matplotlib import pyplot as plt

    axes = plt.subplots(figsize=(8, 4.5), layout="constrained")[1]
    for number, (label, runs) in enumerate(curves.items()):
        finished = [np.asarray(run, dtype=np.float64) for run in runs if len(run)]
        if finished:
            _plot_entry(axes, label, finished, f"C{number % 10}")
    _draw_reference(axes, reference)
    if axes.has_data():
        axes.legend(loc="best")
    else:
        axes.text(0.5, 0.5, _("no episode has ended yet: train for longer"), ha="center", transform=axes.transAxes)
    axes.set(xlabel=xlabel or _("transitions"), ylabel=_("return of an episode"), title=title)
    axes.grid(alpha=0.3)
    return axes


def _draw_reference(axes: Axes, reference: Band) -> None:
    if len(reference):
        limits = axes.get_xlim() if axes.has_data() else None
        axes.fill_between(
            *np.asarray(reference).T, color="0.5", alpha=0.25, linewidth=0, label=_("reference"), zorder=0
        )
        axes.set_xlim(limits)


def _plot_entry(axes: Axes, label: str, runs: list[np.ndarray], colour: str) -> None:
    smooth = [_moving_mean(run) for run in runs]
    if len(runs) == 1:
        axes.plot(*runs[0].T, ".", color=colour, alpha=0.25, markersize=4)
        axes.plot(*smooth[0], color=colour, label=label)
        return
    start, stop = max(steps[0] for steps, _ in smooth), min(steps[-1] for steps, _ in smooth)
    grid = np.linspace(start, max(start, stop), _GRID_POINTS)
    returns = np.stack([np.interp(grid, steps, means) for steps, means in smooth])
    mean, deviation = returns.mean(0), returns.std(0)
    axes.plot(grid, mean, color=colour, label=_("{label} (mean of {count} runs)").format(label=label, count=len(runs)))
    axes.fill_between(grid, mean - deviation, mean + deviation, color=colour, alpha=0.2, linewidth=0)


def _moving_mean(run: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means of the episodes that ended at the same time, then over the last twentieth of them.

    Args:
        run: [episodes, 2], transitions and returns.

    Returns:
        Transitions [points], each once and rising, and means [points].
    """
    steps, place = np.unique(run[:, 0], return_inverse=True)
    means = np.bincount(place, weights=run[:, 1]) / np.bincount(place)
    window = max(1, len(means) // _WINDOW_FRACTION)
    sums = np.cumsum(np.concatenate([[0.0], means]))
    last = np.arange(1, len(means) + 1)
    first = np.maximum(last - window, 0)
    return steps, (sums[last] - sums[first]) / (last - first)
