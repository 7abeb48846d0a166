"""Process of a calibration: screens all trainers, measures at length those that matter, chooses, writes the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from autograder.calibration.bench import Chunk, open_bench
from autograder.calibration.bounds import CONFIDENCE, joint_failure, joint_pass, upper_bound
from autograder.calibration.choice import Choice, choose
from autograder.calibration.crew import Crew
from autograder.calibration.digests import measuring_digest, reference_digest
from autograder.calibration.plan import CHUNK, SCREENING, Group, Task, Trainer, groups, is_judged, trainers
from autograder.calibration.store import Store
from autograder.course import Course
from autograder.errors import InputError
from autograder.report import write_atomically
from autograder.suites.calibrated import (
    FALSE_FAILURES,
    FALSE_PASSES,
    QUANTILES,
    CalibratedCheck,
    CalibratedTrainer,
    Calibration,
    calibration_file,
    read_calibration,
)
from autograder.suites.training_check import TrainingCheck

VARIANT_RUNS = 100  # two attempts of a trainer that never failed in so many fail together in less than 0.1%
RARE = 0.03  # of a right trainer's runs are so bad that they count for nothing when trainers are screened
HOPELESS = 0.1  # part of a broken trainer's runs that do as well as what is left of the right ones
Progress = Callable[[Iterator[Chunk], int, str], Iterator[Chunk]]


@dataclass(frozen=True)
class Request:
    """What is to be calibrated.

    Attributes:
        course: Where the reference solution is.
        assignment_id: Of which assignment.
        checks: Which training checks.
        variants: Right trainers of another kind.
        runs: How often each trainer is run at most.
        workers: Worker processes.
        out: The file to write; None: that of the suite.
    """

    course: Course
    assignment_id: str
    checks: tuple[TrainingCheck, ...]
    variants: tuple[Trainer, ...] = ()
    runs: int = 600
    workers: int = 1
    out: Path | None = None

    @property
    def source(self) -> Path:
        """The assignment's source with solutions."""
        return self.course.source(self.course.assignment(self.assignment_id))

    @property
    def file(self) -> Path:
        """Where the calibration goes."""
        return self.out or calibration_file(self.assignment_id)

    def runs_of(self, trainer: Trainer) -> int:
        """How often a trainer is run."""
        return min(VARIANT_RUNS, self.runs) if trainer.kind == "right" else self.runs


def calibrate(request: Request, progress: Progress) -> Calibration:
    """Measures what has not been measured yet, chooses thresholds, and writes the file.

    Args:
        request: What is to be calibrated.
        progress: Shows chunks as they come; gets their number and what they are for.

    Raises:
        InputError: A check fails right trainers too often at every threshold.
        SandboxError: A worker fails; what has been measured is kept, as it is when the process is interrupted.
    """
    digests = {"reference": reference_digest(request.source), "measuring": measuring_digest(request.assignment_id)}
    folder = request.course.root / "build" / "calibration"
    store = Store(folder / f"{request.assignment_id}-{digests['reference']}-{digests['measuring']}.jsonl")
    found = groups(request.checks)
    checks = _kept(request, digests)
    _measure(request, found, store, progress)
    for check in request.checks:
        checks[check.id] = _calibrated(request, check, _chosen_group(check, found, request, store), store)
    calibration = Calibration(
        assignment=request.assignment_id,
        confidence=CONFIDENCE,
        versions={name: version(name) for name in ("drl-course", "gymnasium", "numpy", "torch")},
        checks=tuple(checks[key] for key in sorted(checks)),
        reference=digests["reference"],
        measuring=digests["measuring"],
    )
    write_atomically(request.file, calibration.to_json())
    if request.out is None:  # what other checks say of a trainer, they say by their thresholds in this file
        read_calibration.cache_clear()
        calibration = _with_other_checks(request, calibration)
        write_atomically(request.file, calibration.to_json())
        read_calibration.cache_clear()
    return calibration


def _measure(request: Request, found: Sequence[Group], store: Store, progress: Progress) -> None:
    with Crew(request.assignment_id, request.source, request.workers) as crew:
        for title, plan in (("screening", _screening), ("measuring", _measuring)):
            missing = [task for task in plan(request, found, store) if task.key not in store]
            for chunk in progress(crew.carry_out(missing), len(missing), title):
                store.add(chunk)


def _kept(request: Request, digests: dict[str, str]) -> dict[str, CalibratedCheck]:
    """What the file says of checks that are not calibrated now."""
    try:
        old = Calibration.from_json(request.file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    chosen = {check.id for check in request.checks}
    others = {each.id: each for each in old.checks if each.id not in chosen}
    if others and (old.reference, old.measuring) != (digests["reference"], digests["measuring"]):
        raise InputError(
            f"{request.file}: expected the other checks calibrated for the present code, received an older "
            "calibration; leave --check out"
        )
    return others


def _chunks(group: Group, trainer: Trainer, runs: int) -> list[Task]:
    return [Task(group, trainer, first, min(CHUNK, runs - first)) for first in range(0, runs, CHUNK)]


def _screening(request: Request, found: Sequence[Group], _: Store) -> list[Task]:
    runs = min(SCREENING, request.runs)
    return [
        task for group in found for each in trainers(group, request.variants) for task in _chunks(group, each, runs)
    ]


def _measuring(request: Request, found: Sequence[Group], store: Store) -> list[Task]:
    """Runs of the right trainers, and of the broken ones that a check may tell apart, with the chosen budgets."""
    tasks = []
    for group in found:
        checks = [check for check in group.checks if _chosen_group(check, found, request, store) == group]
        for each in trainers(group, request.variants):
            judged = [check for check in checks if is_judged(check, each)]
            if any(each.is_right or not _is_hopeless(check, group, each, request, store) for check in judged):
                tasks += _chunks(group, each, request.runs_of(each))
    return tasks


def _chosen_group(check: TrainingCheck, found: Sequence[Group], request: Request, store: Store) -> Group:
    """The smallest budget with which, as far as screening shows, the most broken trainers can be told apart."""
    mine = [group for group in found if check in group.checks]

    def told(group: Group) -> int:
        broken = [each for each in trainers(group, request.variants) if not each.is_right and is_judged(check, each)]
        return sum(not _is_hopeless(check, group, each, request, store) for each in broken)

    return max(mine, key=told)  # the first of several


def _is_hopeless(check: TrainingCheck, group: Group, trainer: Trainer, request: Request, store: Store) -> bool:
    right = [each for each in trainers(group, request.variants) if each.is_right]
    worst = min(np.quantile(store.outcomes(check, group, each, SCREENING), RARE, method="lower") for each in right)
    return float((store.outcomes(check, group, trainer, SCREENING) >= worst).mean()) > HOPELESS


def _calibrated(request: Request, check: TrainingCheck, group: Group, store: Store) -> CalibratedCheck:
    judged = [each for each in trainers(group, request.variants) if is_judged(check, each)]
    outcomes = {each.name: store.outcomes(check, group, each, request.runs_of(each)) for each in judged}
    right = [outcomes[each.name] for each in judged if each.is_right]
    choice = choose(right, [outcomes[each.name] for each in judged if not each.is_right])
    if choice is None:
        raise InputError(
            f"{check.id}: expected a threshold at which right trainers hardly ever fail, found none in {request.runs} "
            "runs of each; measure more (--seeds), or change what is measured or its budgets"
        )
    return CalibratedCheck(
        id=check.id,
        budget=group.budget,
        threshold=choice.threshold,
        attempts=choice.attempts,
        trainers=tuple(_trainer(each, outcomes[each.name], choice) for each in judged),
        band=store.band(check, group, judged[0]),
    )


def _trainer(trainer: Trainer, outcomes: np.ndarray, choice: Choice) -> CalibratedTrainer:
    reached = int((outcomes >= choice.threshold).sum())
    wrong = len(outcomes) - reached if trainer.is_right else reached
    run_bound = float(upper_bound(wrong, len(outcomes)))
    joint, limit = (joint_failure, FALSE_FAILURES) if trainer.is_right else (joint_pass, FALSE_PASSES)
    joint_bound = float(joint(run_bound, choice.attempts))
    finite = outcomes[np.isfinite(outcomes)]
    return CalibratedTrainer(
        name=trainer.name,
        kind=trainer.kind,
        source=trainer.digest,
        runs=len(outcomes),
        raised=len(outcomes) - len(finite),
        reached=reached,
        quantiles=tuple(np.quantile(finite, QUANTILES).round(6).tolist()) if len(finite) else (),
        run_bound=run_bound,
        joint_bound=joint_bound,
        is_told_apart=joint_bound <= limit,
    )


def _with_other_checks(request: Request, calibration: Calibration) -> Calibration:
    """Adds to broken trainers that a check does not tell apart the checks of the suite that they fail."""
    known = {each.name: each for group in groups(request.checks) for each in trainers(group, ())}
    names = {each.name for check in calibration.checks for each in check.trainers if _is_missed(each)} & known.keys()
    if not names:
        return calibration
    assignment = request.course.assignment(request.assignment_id)
    with open_bench(request.source) as bench:
        caught = {name: bench.failed_checks(assignment, known[name]) for name in sorted(names)}

    def completed(check: CalibratedCheck) -> CalibratedCheck:
        found = (
            replace(each, caught_by=tuple(other for other in caught[each.name] if other != check.id))
            if _is_missed(each) and each.name in caught
            else each
            for each in check.trainers
        )
        return replace(check, trainers=tuple(found))

    return replace(calibration, checks=tuple(map(completed, calibration.checks)))


def _is_missed(trainer: CalibratedTrainer) -> bool:
    return trainer.kind in ("broken", "untrained") and not trainer.is_told_apart
