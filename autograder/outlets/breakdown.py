"""Breakdown: the checks of a report by exercise, in the order of the assignment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from autograder.report import CheckOutcome, CheckStatus, GradeReport

JUDGED: frozenset[CheckStatus] = frozenset({"passed", "failed", "timeout"})


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One exercise of one report.

    Attributes:
        name: What the student was asked to write.
        bonus: Whether its points are extra credit.
        checks: Its outcomes, in the order of the suite; never empty.
    """

    name: str
    bonus: bool
    checks: tuple[CheckOutcome, ...]

    @cached_property
    def points(self) -> float:
        """Points earned."""
        return sum(check.points for check in self.checks)

    @cached_property
    def max_points(self) -> float:
        """Points that can be earned."""
        return sum(check.max_points for check in self.checks)

    @cached_property
    def verdict(self) -> str:
        """``passed`` (all of it), ``partial``, ``failed``, or ``blocked`` or ``error`` if nothing was judged."""
        statuses = {check.status for check in self.checks}
        if statuses == {"passed"}:
            return "passed"
        if not statuses & JUDGED:
            return "error" if "error" in statuses else "blocked"
        return "partial" if "passed" in statuses or self.points > 0 else "failed"


def by_exercise(report: GradeReport, order: Sequence[str] = (), bonus: Collection[str] = ()) -> tuple[Exercise, ...]:
    """The exercises that a report judges.

    Args:
        report: The report.
        order: Exercises of the assignment, in its order; others follow as the suite has them.
        bonus: Exercises whose points are extra credit.
    """
    found: dict[str, list[CheckOutcome]] = {name: [] for name in order}
    for check in report.checks:
        found.setdefault(check.exercise, []).append(check)
    return tuple(
        Exercise(name=name, bonus=name in bonus, checks=tuple(checks)) for name, checks in found.items() if checks
    )


def exercise_names(reports: Iterable[GradeReport], order: Sequence[str] = ()) -> tuple[str, ...]:
    """The exercises of an assignment, then those that only the reports know, each once."""
    judged = (check.exercise for report in reports for check in report.checks)
    return tuple(dict.fromkeys([*order, *judged]))


def evidence_texts(report: GradeReport, kind: str) -> tuple[str, ...]:
    """What the report says beside the checks: all texts of one kind, such as ``note`` or ``late``."""
    return tuple(fact.get("text", "") for fact in report.evidence if fact.get("kind") == kind)
