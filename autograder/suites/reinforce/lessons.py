"""Lessons: runs of a student's ``train`` or ``train_with_baseline`` in situations whose right actions are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.sandbox.student import Student
from autograder.suites.hidden_values import Floats
from autograder.suites.reinforce.policy import probabilities
from autograder.suites.reinforce.probes import ENV_ID, OneStepEnvironment
from autograder.suites.reinforce.training_runs import Trainer, is_number
from autograder.suites.training_check import Curve


@dataclass(frozen=True)
class Lesson:
    """What came of one run.

    Attributes:
        right: The action that pays best in each situation.
        probabilities: Of the actions in each situation after training, shape [situations, actions].
        received: What the function returned.
    """

    right: Sequence[int]
    probabilities: Floats
    received: Any

    def certainty(self) -> float:
        """The probability of the right action where it is smallest."""
        return float(min(self.probabilities[row, action] for row, action in enumerate(self.right)))

    def curve(self) -> Curve:
        """The mean return of each epoch as it was returned; empty if it was not."""
        means = self.received if isinstance(self.received, list) and all(map(is_number, self.received)) else []
        return Curve(tuple(range(1, len(means) + 1)), tuple(round(float(each), 4) for each in means))


def lesson(
    student: Student,
    name: str,
    rng: np.random.Generator,
    pays: Sequence[Sequence[float]],
    *,
    epochs: int,
    lr: float,
    episodes: int,
) -> Lesson:
    """Trains new networks where the action pays what ``pays`` [situations, actions] says, and the episode is over."""
    trainer, seeds = Trainer(student, name), rng.integers(1 << 20, size=2)
    student.environment(ENV_ID, lambda: OneStepEnvironment(pays))
    networks = trainer.networks(OneStepEnvironment.observations.shape[1], len(pays[0]), seed=int(seeds[0]))
    received = trainer.run(networks, lr, epochs, episodes, int(seeds[1]))
    found = probabilities(networks[0], OneStepEnvironment.observations[: len(pays)], len(pays[0]))
    return Lesson([int(np.argmax(row)) for row in pays], found, received)
