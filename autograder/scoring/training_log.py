"""TrainingLog: what the sandbox reports of a training run, as plain numbers of limited count; all of it is a claim."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from autograder.message import as_message, message
from autograder.scoring.checkpoints import Checkpoint

MAX_POINTS = 200
MIN_POINTS, EPISODES_PER_POINT = 20, 10
MAX_EPISODES = 50_000
MAX_UPDATES = 50_000
MAX_POLICY_BYTES = 16 * 1024 * 1024
KEEP_SECONDS = 4.0  # an honest guest sends weights every five
_LARGEST = 1e12

Band = dict[str, list[float]]  # steps, and the lowest and highest of most runs' returns there


class TrainingLog:
    """Collects reports.

    Args:
        earlier: Where the run goes on.
        keep: Called with a checkpoint when weights arrive, now and then.
        is_stopping: Asked at every report whether training shall end.

    Attributes:
        before: Transitions that were behind the run when it went on.
        transitions: Transitions so far, those included.
        weights: The newest weights, a file in safetensors' format, or None.
        has_stopped_it: Whether the run was told to end.
        is_complete: Whether the trainer has come to its end; whoever runs it says so.
    """

    def __init__(
        self,
        earlier: Checkpoint | None = None,
        keep: Callable[[Checkpoint], None] = lambda _: None,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._keep = keep
        self._kept_at = -math.inf
        self._is_stopping = is_stopping
        self.before = self.transitions = earlier.transitions if earlier else 0
        self.weights: bytes | None = None
        self.has_stopped_it = self.is_complete = False
        rows = earlier.rows if earlier else {}
        self._episodes = rows.get("episodes", [])[:MAX_EPISODES]
        self._updates = rows.get("updates", [])[:MAX_UPDATES]

    def take(self, report: dict[str, Any]) -> bool:
        """Takes one report.

        Returns:
            Whether training shall end.

        Raises:
            ValueError: It is malformed, which honest guest code never causes.
        """
        match report:
            case {"transitions": int(transitions), "steps": list(steps), "returns": list(returns)}:
                self.transitions = self.before + max(0, min(transitions, 10**12))
            case _:
                raise ValueError("expected a report on training")
        self.add_episodes(steps, returns)
        update = (float(self.transitions), _number(report.get("kl")), _number(report.get("entropy")))
        if len(self._updates) < MAX_UPDATES and all(map(math.isfinite, update)):
            self._updates.append(update)
        weights = report.get("weights")
        if isinstance(weights, bytes) and len(weights) <= MAX_POLICY_BYTES:
            self.weights = weights
            if time.monotonic() >= self._kept_at + KEEP_SECONDS:
                self._kept_at = time.monotonic()
                self._keep(self.checkpoint(weights))
        self.has_stopped_it = self.has_stopped_it or self._is_stopping()
        return self.has_stopped_it

    def checkpoint(self, weights: bytes) -> Checkpoint:
        """The run as far as it has come."""
        rows = {"episodes": self._episodes, "updates": self._updates}
        return Checkpoint(self.transitions, weights, self.is_complete, rows)

    def add_episodes(self, steps: list[Any], returns: list[Any]) -> None:
        """Adds finished episodes: transitions since the run went on, and undiscounted return."""
        rows = [(self.before + _number(step), _number(total)) for step, total in zip(steps, returns, strict=False)]
        room = max(0, MAX_EPISODES - len(self._episodes))
        self._episodes += [row for row in rows if all(map(math.isfinite, row))][:room]

    def evidence(self, whose: str, band: Band | None = None) -> list[dict[str, Any]]:
        """Learning curve, and KL and entropy over updates, with at most ``MAX_POINTS`` points each.

        Args:
            whose: The agent that was trained, in words.
            band: Where curves of the reference lie that was trained in the same way.
        """
        text = message("{whose}.", whose=as_message(whose))
        found: list[dict[str, Any]] = []
        if self._episodes:
            steps, returns = zip(*_curve(self._episodes), strict=True)
            curve = {"kind": "learning_curve", "text": text, "steps": list(steps), "returns": list(returns)}
            found.append(curve | ({"band": band} if band else {}))
        if self._updates:
            steps, kl, entropy = zip(*_thinned(self._updates), strict=True)
            told = {"steps": list(steps), "kl": list(kl), "entropy": list(entropy)}
            found.append({"kind": "training_updates", "text": text, **told})
        return found


def _curve(episodes: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
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
