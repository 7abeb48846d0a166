"""Store: chunks that have been measured, kept in a file of lines, so that a calibration can be stopped and go on."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autograder.calibration.bench import Chunk
from autograder.calibration.plan import Group, Trainer
from autograder.suites.calibrated import Band
from autograder.suites.training_check import TrainingCheck


class Store:
    """Chunks by key.

    Args:
        file: Where they are kept; one for each state of the code that is measured.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._chunks: dict[str, Chunk] = {}
        with contextlib.suppress(FileNotFoundError):
            for line in file.read_text(encoding="utf-8").splitlines():
                with contextlib.suppress(ValueError, TypeError):  # the last line of a run that was killed
                    chunk = Chunk(**json.loads(line))
                    self._chunks[chunk.key] = chunk

    def __contains__(self, key: str) -> bool:
        return key in self._chunks

    def add(self, chunk: Chunk) -> None:
        """Keeps a chunk."""
        self._chunks[chunk.key] = chunk
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(asdict(chunk)) + "\n")

    def outcomes(self, check: TrainingCheck, group: Group, trainer: Trainer, runs: int) -> NDArray[np.float64]:
        """Outcomes of a trainer's first runs by seed, as many as there are up to ``runs``; -inf where one raised."""
        found = [
            -np.inf if outcome is None else outcome
            for chunk in self._of(group, trainer)
            for outcome in chunk.outcomes.get(check.id, [])
        ]
        return np.array(found[:runs])

    def band(self, check: TrainingCheck, group: Group, trainer: Trainer) -> Band | None:
        """Between which returns the middle 90% of a trainer's learning curves lie; None if it has none."""
        curves = [curve for chunk in self._of(group, trainer) for curve in chunk.curves.get(check.id, [])]
        if not curves:
            return None
        length = min(len(steps) for steps, _ in curves)
        returns = np.array([each[:length] for _, each in curves])
        low, high = np.quantile(returns, (0.05, 0.95), axis=0).round(4).tolist()
        return Band(tuple(int(step) for step in curves[0][0][:length]), tuple(low), tuple(high))

    def _of(self, group: Group, trainer: Trainer) -> Sequence[Chunk]:
        prefix = f"{group.name}/{trainer.name}/{trainer.digest}/"
        found = {
            int(key.rpartition("/")[2].split("+")[0]): self._chunks[key]
            for key in self._chunks
            if key.startswith(prefix)
        }
        return [found[seed] for seed in sorted(found)]
