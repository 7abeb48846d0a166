"""Checkpoints: the weights of a long training run, kept by the grader so that an interrupted run can go on."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

from autograder.report import write_atomically


@dataclass(frozen=True)
class Checkpoint:
    """A training run as far as it has come.

    Attributes:
        transitions: Transitions behind it.
        complete: Whether the run is over.
        weights: A file in safetensors' format.
    """

    transitions: int
    complete: bool
    weights: bytes


class Checkpoints:
    """Those of one run, in a folder.

    Args:
        folder: Where they lie.
        name: Names the run: the same submission with the same settings.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._weights = folder / f"{name}.safetensors"
        self._state = folder / f"{name}.json"

    def newest(self) -> Checkpoint | None:
        """The newest one, or None if there is none that can be read."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            state = json.loads(self._state.read_text(encoding="utf-8"))
            return Checkpoint(int(state["transitions"]), bool(state["complete"]), self._weights.read_bytes())
        return None

    def keep(self, transitions: int, weights: bytes, *, complete: bool = False) -> None:
        """Writes one over the one before; weights first, so that a state never lacks its weights."""
        write_atomically(self._weights, weights)
        write_atomically(self._state, json.dumps({"transitions": transitions, "complete": complete}) + "\n")
