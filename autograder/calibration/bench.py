"""Bench: a sandbox in which the reference solution has run; trainers are measured in forks of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from autograder.assignment import Assignment
from autograder.calibration.plan import Task, Trainer
from autograder.errors import CheckFailed, GuestError, SandboxError
from autograder.sandbox.door import CheckProcess, SubmissionProcess, WarmProcess
from autograder.sandbox.limits import Limits
from autograder.sandbox.student import Student
from autograder.suites.judging import run_suite
from autograder.suites.training_check import Curve

_SECRET = b"calibration"


@dataclass(frozen=True)
class Chunk:
    """What a task has brought.

    Attributes:
        key: Of the task.
        outcomes: By id of check, of each run; None where it raised.
        curves: By id of check, the learning curves of the reference: steps and returns.
    """

    key: str
    outcomes: dict[str, list[float | None]]
    curves: dict[str, list[list[list[float]]]]


class Bench:
    """Measures trainers of one assignment.

    Args:
        submission: A sandbox in which it has run.
        versions: Of what is in there.
    """

    def __init__(self, submission: SubmissionProcess, versions: dict[str, str]) -> None:
        self._submission = submission
        self.versions = versions

    def measure(self, task: Task) -> Chunk:
        """Carries out a task."""
        outcomes: dict[str, list[float | None]] = {check.id: [] for check in task.group.checks}
        curves: dict[str, list[list[list[float]]]] = {}
        process: CheckProcess | None = None
        try:
            for seed in range(task.first_seed, task.first_seed + task.runs):
                try:
                    process = process or self._opened(task.trainer)
                    result = self._run(process, task, seed)
                    found = {check.id: check.outcome(result) for check in task.group.checks}
                except (GuestError, CheckFailed):
                    found = {}
                    if process is not None:
                        process.close()
                        process = None
                for check in task.group.checks:
                    number = found.get(check.id)
                    outcomes[check.id].append(number if number is not None and np.isfinite(number) else None)
                    if found and check.curve is not None and task.trainer.kind == "reference":
                        curves.setdefault(check.id, []).append(_plain(check.curve(result)))
        finally:
            if process is not None:
                process.close()
        return Chunk(task.key, outcomes, curves)

    def failed_checks(self, assignment: Assignment, trainer: Trainer) -> tuple[str, ...]:
        """Ids of the checks of the whole suite that a trainer fails."""
        opened = partial(self._opened, trainer)
        outcomes = run_suite(assignment.id, opened, _SECRET, exercises=assignment.exercises)
        return tuple(each.id for each in outcomes if each.status == "failed")

    def _opened(self, trainer: Trainer) -> CheckProcess:
        process = self._submission.open_check()
        if trainer.source:
            Student(process).request("define", source=trainer.source)
        return process

    @staticmethod
    def _run(process: CheckProcess, task: Task, seed: int) -> Any:
        process.renew()
        run = task.group.checks[0].with_budget(task.group.budget)
        return run(Student(process), np.random.default_rng((len(_SECRET), seed)))


@contextlib.contextmanager
def open_bench(source: Path) -> Iterator[Bench]:
    """Runs the reference solution in a sandbox that ends with the block.

    Raises:
        SandboxError: The sandbox does not start, or the reference does not run.
    """
    limits = Limits(cpu_seconds=100_000)
    with WarmProcess() as warm, warm.submission(limits) as submission:
        ran = submission.run_cell(0, source.read_text(encoding="utf-8"), limits.cell_seconds)
        if ran.error is not None:
            raise SandboxError(f"{source}: the reference does not run: {ran.error}: {ran.message}")
        yield Bench(submission, dict(warm.versions))


def _plain(curve: Curve) -> list[list[float]]:
    return [[float(step) for step in curve.steps], list(curve.returns)]
