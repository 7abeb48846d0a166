"""TrainingLog: what the sandbox reports of a training run, as plain numbers of limited count; all of it is a claim."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

MAX_POINTS = 200
MIN_POINTS, EPISODES_PER_POINT = 20, 10
MAX_EPISODES = 50_000
MAX_UPDATES = 50_000
MAX_POLICY_BYTES = 16 * 1024 * 1024
KEEP_SECONDS = 1.0
_LARGEST = 1e12

Band = dict[str, list[float]]  # steps, and the lowest and highest of most runs' returns there


class TrainingLog:
    """Collects reports.

    Args:
        keep: Called with transitions and weights when weights arrive, once a second at most.

    Attributes:
        transitions: Transitions so far.
        weights: The newest weights, a file in safetensors' format, or None.
    """

    def __init__(self, keep: Callable[[int, bytes], None] = lambda transitions, weights: None) -> None:
        self._keep = keep
        self._kept_at = -math.inf
        self.transitions = 0
        self.weights: bytes | None = None
        self._episodes: list[tuple[float, float]] = []
        self._updates: list[tuple[float, float, float]] = []

    def take(self, report: dict[str, Any]) -> None:
        """Takes one report.

        Raises:
            ValueError: It is malformed, which honest guest code never causes.
        """
        match report:
            case {"transitions": int(transitions), "steps": list(steps), "returns": list(returns)}:
                self.transitions = max(0, min(transitions, 10**12))
            case _:
                raise ValueError("expected a report on training")
        self.add_episodes(steps, returns)
        update = (float(self.transitions), _number(report.get("kl")), _number(report.get("entropy")))
        if len(self._updates) < MAX_UPDATES and all(map(math.isfinite, update)):
            self._updates.append(update)
        weights = report.get("weights")
        if isinstance(weights, bytes) and len(weights) <= MAX_POLICY_BYTES:
            self.weights = weights
            if time.monotonic() >= self._kept_at + KEEP_SECONDS:  # an honest guest sends them every five
                self._kept_at = time.monotonic()
                self._keep(self.transitions, weights)

    def add_episodes(self, steps: list[Any], returns: list[Any]) -> None:
        """Adds finished episodes: transitions so far, and undiscounted return."""
        rows = [(_number(step), _number(total)) for step, total in zip(steps, returns, strict=False)]
        room = max(0, MAX_EPISODES - len(self._episodes))
        self._episodes += [row for row in rows if all(map(math.isfinite, row))][:room]

    def evidence(self, band: Band | None = None) -> list[dict[str, Any]]:
        """Learning curve, and KL and entropy over updates, with at most ``MAX_POINTS`` points each."""
        found: list[dict[str, Any]] = []
        if self._episodes:
            steps, returns = zip(*_curve(self._episodes), strict=True)
            curve: dict[str, Any] = {"kind": "learning_curve", "steps": list(steps), "returns": list(returns)}
            found.append(curve | ({"band": band} if band else {}))
        if self._updates:
            steps, kl, entropy = zip(*_thinned(self._updates), strict=True)
            found.append({"kind": "training_updates", "steps": list(steps), "kl": list(kl), "entropy": list(entropy)})
        return found


def _curve(episodes: list[tuple[float, float]]) -> list[tuple[float, ...]]:
    """Means over the episodes that ended together, where environments run side by side; else of some after another."""
    together: dict[float, list[float]] = {}
    for step, total in episodes:
        together.setdefault(step, []).append(total)
    if len(together) <= len(episodes) / 4 and len(together) <= MAX_POINTS:
        return [(step, round(sum(totals) / len(totals), 4)) for step, totals in sorted(together.items())]
    return _thinned(episodes, max(MIN_POINTS, len(episodes) // EPISODES_PER_POINT))


def _thinned(rows: list[Any], points: int = MAX_POINTS) -> list[tuple[float, ...]]:
    """Means of equally long runs of rows, rounded: a mean shows more than every n-th."""
    size = math.ceil(len(rows) / min(points, MAX_POINTS))
    parts = [rows[start : start + size] for start in range(0, len(rows), size)]
    return [tuple(round(sum(column) / len(part), 4) for column in zip(*part, strict=True)) for part in parts]


def _number(claimed: Any) -> float:
    """The number, or NaN for anything else."""
    return float(claimed) if isinstance(claimed, int | float) and abs(claimed) < _LARGEST else math.nan
