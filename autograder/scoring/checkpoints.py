"""Checkpoints: how far a long training run has come, kept by the grader so that an interrupted one can go on."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from autograder.report import write_atomically

Rows = dict[str, list[tuple[float, ...]]]  # what a ``TrainingLog`` has collected


@dataclass(frozen=True)
class Checkpoint:
    """A training run as far as it has come.

    Attributes:
        transitions: Transitions behind it.
        weights: A file in safetensors' format.
        complete: Whether the trainer has come to its end.
        rows: What its log has collected.
    """

    transitions: int
    weights: bytes
    complete: bool = False
    rows: Rows = field(default_factory=dict)


@dataclass(frozen=True)
class TrainingFolder:
    """Where the long training runs of a submission are kept, and how they hear that they shall end early.

    Attributes:
        folder: Of the checkpoints.
        stop_sign: A file: while it exists, training runs end as soon as they report.
    """

    folder: Path
    stop_sign: Path

    def checkpoints(self, name: str) -> Checkpoints:
        """Those of the run of this name."""
        return Checkpoints(self.folder, name)

    def is_stopping(self) -> bool:
        """Whether training runs shall end."""
        with contextlib.suppress(OSError):
            return self.stop_sign.exists()
        return False


class Checkpoints:
    """Those of one run, in a folder.

    Args:
        folder: Where they lie.
        name: Names the run: the same submission, trained in the same way.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._weights = folder / f"{name}.safetensors"
        self._state = folder / f"{name}.json"

    def newest(self) -> Checkpoint | None:
        """The newest one, or None if there is none that can be read."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            state = json.loads(self._state.read_text(encoding="utf-8"))
            rows = {kind: [tuple(map(float, row)) for row in found] for kind, found in state.get("rows", {}).items()}
            return Checkpoint(int(state["transitions"]), self._weights.read_bytes(), bool(state["complete"]), rows)
        return None

    def keep(self, checkpoint: Checkpoint) -> None:
        """Writes it over the one before; weights first, so that a state never lacks its weights."""
        state = {name: value for name, value in vars(checkpoint).items() if name != "weights"}
        write_atomically(self._weights, checkpoint.weights)
        write_atomically(self._state, json.dumps(state) + "\n")
