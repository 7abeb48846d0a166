"""TrainingCheck: a hidden check that runs a student's trainer and compares the outcome with a calibrated threshold.

Its verdict depends on seeds. How often it is wrong has been measured (``autograder calibrate``), and stands with its
threshold in the suite's calibration.json.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from autograder.message import message
from autograder.sandbox.student import Student
from autograder.suites.calibrated import CalibratedCheck, calibrated_check
from autograder.suites.suite_module import suite_module

MAX_CURVE_POINTS = 200


class TrainingRun(Protocol):
    """A function of a suite that runs the student's code; with budgets it takes one of them, too."""

    @property
    def __name__(self) -> str: ...

    def __call__(self, student: Student, rng: np.random.Generator, *budget: int) -> Any:
        """Runs the student's code with seeds and inputs drawn from ``rng``."""
        ...


@dataclass(frozen=True)
class Curve:
    """A learning curve.

    Attributes:
        steps: How far training had come: transitions or epochs.
        returns: Mean return at each of them.
    """

    steps: tuple[int, ...]
    returns: tuple[float, ...]

    @property
    def is_plain(self) -> bool:
        """Whether it can stand in a report: not too long, and all of it finite."""
        return 0 < len(self.returns) <= MAX_CURVE_POINTS and all(map(math.isfinite, self.returns))


@dataclass(frozen=True)
class TrainingCheck:
    """What a training check measures.

    Attributes:
        id: ``<assignment>.<exercise>.<name>`` of the check.
        run: Runs the student's trainer; checks of the same run look at one and the same.
        outcome: A number made of what ``run`` returned; the larger, the better.
        broken: Ids of misconceptions of this exercise against which it is calibrated.
        budgets: Budgets to choose from, the smallest first; empty where ``run`` takes none.
        curve: The learning curve of a run, if it has one.
    """

    id: str
    run: TrainingRun
    outcome: Callable[[Any], float]
    broken: tuple[str, ...]
    budgets: tuple[int, ...] = ()
    curve: Callable[[Any], Curve] | None = None

    @property
    def assignment(self) -> str:
        """Id of its assignment."""
        return self.id.split(".", 1)[0]

    @property
    def exercise(self) -> str:
        """The exercise that it judges."""
        return self.id.split(".")[1]

    @property
    def short_id(self) -> str:
        """``<exercise>.<name>``."""
        return self.id.split(".", 1)[1]

    def with_budget(self, budget: int | None) -> TrainingRun:
        """Its run with one of its budgets."""
        return self.run if budget is None else BudgetedRun(self.run, budget)


@dataclass(frozen=True)
class BudgetedRun:
    """A run with its budget: equal to another one that does the same.

    Attributes:
        run: The run.
        budget: What it is given.
    """

    run: TrainingRun
    budget: int

    @property
    def __name__(self) -> str:
        return f"{self.run.__name__}_{self.budget}"

    def __call__(self, student: Student, rng: np.random.Generator, *_: int) -> Any:
        """Runs the student's code."""
        return self.run(student, rng, self.budget)


class Trained:
    """The fixture ``trained``: ``trained(CHECK)`` says whether the student's trainer does what is asked for.

    The first run is shared with other checks that look at it; as long as outcomes stay below the threshold, further
    ones follow with fresh seeds, as many as the calibration says. A run that raises is a failure at once.

    Args:
        student: The proxy.
        rng: Draws the seeds of further runs.
        shared: Gives the result of a run that other checks may have made already.
        show: Takes the student's learning curve, as evidence.
    """

    def __init__(
        self,
        student: Student,
        rng: np.random.Generator,
        shared: Callable[[TrainingRun], Any],
        show: Callable[[dict[str, Any]], None],
    ) -> None:
        self._student = student
        self._rng = rng
        self._shared = shared
        self._show = show

    def __call__(self, check: TrainingCheck) -> bool:
        """Runs the trainer until an outcome reaches the threshold, or no attempt is left."""
        calibrated = calibrated_check(check.assignment, check.id)
        run = check.with_budget(calibrated.budget)
        for attempt in range(calibrated.attempts):
            result = run(self._student, self._rng) if attempt else self._shared(run)
            if check.curve is not None:
                self._show_curve(check, check.curve(result), calibrated)
            if check.outcome(result) >= calibrated.threshold:
                return True
        return False

    def _show_curve(self, check: TrainingCheck, curve: Curve, calibrated: CalibratedCheck) -> None:
        if calibrated.band is not None and curve.is_plain:
            text = message("A short run of your {exercise} in a check.", exercise=check.exercise)
            fact = {"kind": "learning_curve", "check": check.id, "exercise": check.exercise, "text": text}
            points = {"steps": list(curve.steps), "returns": list(curve.returns)}
            self._show(fact | points | {"band": calibrated.band.as_dict()})


def training_checks(assignment_id: str) -> tuple[TrainingCheck, ...]:
    """The training checks that a suite declares in ``training_checks.py``; none where it has no such module.

    Raises:
        AutograderError: The module cannot be imported.
    """
    found: tuple[TrainingCheck, ...] = getattr(suite_module(assignment_id, "training_checks"), "TRAINING_CHECKS", ())
    return found


def untrained(assignment_id: str) -> Mapping[str, str]:
    """By exercise: a cell that does everything but learn."""
    found: Mapping[str, str] = getattr(suite_module(assignment_id, "training_checks"), "UNTRAINED", {})
    return found
