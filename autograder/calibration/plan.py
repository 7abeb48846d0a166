"""Plan: the trainers that are measured for each training check, and the chunks of runs in which it is done."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from autograder.errors import AutograderError, InputError
from autograder.suites.calibrated import Kind
from autograder.suites.diagnosis import misconceptions
from autograder.suites.training_check import TrainingCheck, training_checks, untrained
from autograder.suites.variant import Variant

CHUNK = 25  # runs in one process of the sandbox
SCREENING = 50  # runs of each trainer that say whether more are worth their time


@dataclass(frozen=True)
class Trainer:
    """Cells that are run after the reference solution, in place of its own.

    Attributes:
        name: ``reference``, ``untrained``, a right variant's name or a misconception's id.
        kind: What it is.
        source: Its cells, one after the other.
        exercises: Those of a right variant that it has cells of.
    """

    name: str
    kind: Kind
    source: str = ""
    exercises: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        """Whether the check has to pass it."""
        return self.kind in ("reference", "right")

    @property
    def digest(self) -> str:
        """Names its source."""
        return hashlib.sha256(self.source.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Group:
    """Training checks that look at the same run of a trainer, with one budget.

    Attributes:
        checks: The checks.
        budget: Given to their run.
    """

    checks: tuple[TrainingCheck, ...]
    budget: int | None

    @property
    def name(self) -> str:
        """Names it in files."""
        return self.checks[0].with_budget(self.budget).__name__


@dataclass(frozen=True)
class Task:
    """A chunk of runs.

    Attributes:
        group: Whose run it is.
        trainer: The trainer.
        first_seed: Runs have the seeds ``first_seed``, ``first_seed + 1`` and so on.
        runs: How many.
    """

    group: Group
    trainer: Trainer
    first_seed: int
    runs: int

    @property
    def key(self) -> str:
        """Names it in files."""
        return f"{self.group.name}/{self.trainer.name}/{self.trainer.digest}/{self.first_seed}+{self.runs}"


def select_checks(assignment_id: str, names: Sequence[str]) -> tuple[TrainingCheck, ...]:
    """The training checks of an assignment, or those that are named.

    Raises:
        InputError: There is none, or none of that name.
    """
    known = training_checks(assignment_id)
    if not known:
        raise InputError(
            f"{assignment_id}: expected training checks in autograder/suites/{assignment_id}/training_checks.py, "
            "found none"
        )
    found = tuple(each for each in known if not names or each.id in names or each.short_id in names)
    missing = [name for name in names if name not in {part for each in known for part in (each.id, each.short_id)}]
    if missing:
        raise InputError(
            f"--check {missing[0]}: expected one of {', '.join(each.short_id for each in known)}; received another name"
        )
    return found


def groups(checks: Sequence[TrainingCheck]) -> list[Group]:
    """Checks by run and budget."""
    by_run: dict[tuple[str, int | None], list[TrainingCheck]] = {}
    for check in checks:
        for budget in check.budgets or (None,):
            by_run.setdefault((check.run.__name__, budget), []).append(check)
    return [Group(tuple(found), budget) for (_, budget), found in by_run.items()]


def trainers(group: Group, variants: Sequence[Trainer]) -> list[Trainer]:
    """All trainers that a check of the group is calibrated against, the right ones first.

    Of the variants, those that have the exercise of the group in other words.

    Raises:
        AutograderError: A check names a misconception that does not exist.
    """
    assignment, exercise = group.checks[0].assignment, group.checks[0].exercise
    known = {each.id: each.source for each in misconceptions(assignment) if each.exercise == exercise}
    broken = dict.fromkeys(name for check in group.checks for name in check.broken)
    unknown = [name for name in broken if name not in known]
    if unknown:
        raise AutograderError(f"{group.checks[0].id}: expected misconceptions of {exercise}, received {unknown}")
    found = [Trainer("reference", "reference"), *(each for each in variants if exercise in each.exercises)]
    found += [Trainer(name, "broken", known[name]) for name in broken]
    idle = untrained(assignment).get(exercise)
    return found if idle is None else [*found, Trainer("untrained", "untrained", idle)]


def is_judged(check: TrainingCheck, trainer: Trainer) -> bool:
    """Whether a check is calibrated against a trainer."""
    return trainer.kind != "broken" or trainer.name in check.broken


def right_trainers(variants: Sequence[Variant]) -> tuple[Trainer, ...]:
    """The trainers of right solutions of another kind."""
    return tuple(Trainer(each.id, "right", each.source, tuple(each.cells)) for each in variants)
