"""PassRates: how a class did in each exercise and check, and how well each tells strong from weak hand-ins."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autograder.outlets.breakdown import JUDGED, Exercise, by_exercise
from autograder.report import CheckOutcome, GradeReport

FEWEST_JUDGED = 10  # a correlation of fewer says nothing
WEAK = 0.1


@dataclass(frozen=True, kw_only=True)
class Tally:
    """The verdicts of a class on one check or on the whole of an exercise.

    Attributes:
        name: What was judged, in words.
        counts: Number of submissions by verdict.
        message: The commonest message of those that failed; empty if there is none.
        message_count: How many got that message.
        discrimination: Corrected item-total correlation, in [-1, 1]; None if it cannot be told.
    """

    name: str
    counts: Counter[str]
    message: str = ""
    message_count: int = 0
    discrimination: float | None = None

    @property
    def total(self) -> int:
        """Number of submissions."""
        return self.counts.total()

    @property
    def judged(self) -> int:
        """Number of submissions that could be judged."""
        return self.total - self.counts["blocked"] - self.counts["error"]

    @property
    def is_weak(self) -> bool:
        """Whether passing says next to nothing about the rest of the hand-in."""
        return self.discrimination is not None and self.discrimination < WEAK

    @property
    def segments(self) -> list[tuple[str, int, int]]:
        """A stacked bar from 0 to ``total``: verdict, start and length of each part."""
        parts, start = [], 0
        for status in ("passed", "partial", "failed", "timeout", "blocked", "error"):
            if length := self.counts[status]:
                parts.append((status, start, length))
                start += length
        return parts


@dataclass(frozen=True, kw_only=True)
class Part:
    """One exercise over the class: how many solved it, and each of its checks."""

    name: str
    bonus: bool
    mean_points: float
    max_points: float
    tally: Tally
    checks: tuple[Tally, ...]


def pass_rates(checked: Sequence[GradeReport], names: Sequence[str], bonus: Collection[str]) -> list[Part]:
    """The exercises over a class.

    Args:
        checked: Reports with checks.
        names: The exercises, in their order.
        bonus: Those whose points are extra credit.
    """
    found: dict[str, list[Exercise]] = {name: [] for name in names}
    for report in checked:
        for exercise in by_exercise(report, names, bonus):
            found[exercise.name].append(exercise)
    by_check, by_name = discriminations(checked)
    return [_part(exercises, by_check, by_name) for exercises in found.values() if exercises]


def discriminations(reports: Sequence[GradeReport]) -> tuple[dict[str, float], dict[str, float]]:
    """How well each check, and each exercise, tells strong from weak hand-ins.

    The corrected item-total correlation: Pearson's r between the item (1 for a check that passed, else 0, which makes
    it point-biserial; for an exercise its points) and the points in everything but this item, over the hand-ins in
    which the item was judged.

    Source: Crocker and Algina, Introduction to Classical and Modern Test Theory (1986), chapter 14.

    Args:
        reports: Reports of one assignment.

    Returns:
        By check id, and by exercise; items that fewer than ``FEWEST_JUDGED`` hand-ins answer, or all alike, are
        missing.
    """
    checks = list(dict.fromkeys(check.id for report in reports for check in report.checks))
    column = {name: number for number, name in enumerate(checks)}
    points = np.zeros((len(reports), len(checks)))
    passed = np.full(points.shape, np.nan)
    owners = np.empty(len(checks), dtype=object)
    for row, report in enumerate(reports):
        for check in report.checks:
            place = column[check.id]
            points[row, place], owners[place] = check.points, check.exercise
            if check.status in JUDGED:
                passed[row, place] = check.status == "passed"
    totals = points.sum(axis=1)
    by_check = {name: _correlation(passed[:, at], totals - points[:, at]) for name, at in column.items()}
    by_exercise = {}
    for exercise in dict.fromkeys(owners):
        own = points[:, owners == exercise].sum(axis=1)
        judged = ~np.isnan(passed[:, owners == exercise]).all(axis=1)
        by_exercise[str(exercise)] = _correlation(np.where(judged, own, np.nan), totals - own)
    return _told(by_check), _told(by_exercise)


def _correlation(item: NDArray[np.float64], rest: NDArray[np.float64]) -> float | None:
    judged = ~np.isnan(item)
    item, rest = item[judged], rest[judged]
    if len(item) < FEWEST_JUDGED or np.ptp(item) < 1e-9 or np.ptp(rest) < 1e-9:
        return None
    return float(np.corrcoef(item, rest)[0, 1])


def _told(found: Mapping[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in found.items() if value is not None}


def _part(exercises: Sequence[Exercise], by_check: Mapping[str, float], by_name: Mapping[str, float]) -> Part:
    outcomes: dict[str, list[CheckOutcome]] = {}
    for exercise in exercises:
        for check in exercise.checks:
            outcomes.setdefault(check.id, []).append(check)
    name = exercises[0].name
    return Part(
        name=name,
        bonus=exercises[0].bonus,
        mean_points=statistics.fmean(exercise.points for exercise in exercises),
        max_points=max(exercise.max_points for exercise in exercises),
        tally=Tally(
            name=name,
            counts=Counter(exercise.verdict for exercise in exercises),
            discrimination=by_name.get(name),
        ),
        checks=tuple(_tally(checks, by_check.get(check_id)) for check_id, checks in outcomes.items()),
    )


def _tally(checks: Sequence[CheckOutcome], discrimination: float | None) -> Tally:
    counts: Counter[str] = Counter(check.status for check in checks)
    said = Counter(c.message for c in checks if c.message and c.status in JUDGED and c.status != "passed")
    message, count = said.most_common(1)[0] if said else ("", 0)
    return Tally(
        name=checks[0].shows, counts=counts, message=message, message_count=count, discrimination=discrimination
    )
