"""ClassCost: how long grading a class took, and what took it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from autograder.report import GradeReport

SLOWEST = 5
HIGH = 0.95


@dataclass(frozen=True, kw_only=True)
class SlowCheck:
    """One check over the class: seconds in all, and of the hand-in that took longest."""

    exercise: str
    name: str
    total: float
    longest: float


@dataclass(frozen=True, kw_only=True)
class ClassCost:
    """Wall seconds of a class, on however many workers.

    Attributes:
        total: Of all hand-ins together.
        median: Of a hand-in.
        high: What 95 % of them stay within.
        longest: Of the slowest one.
        slowest: The hand-ins that took longest.
        checks: The checks that took most.
    """

    total: float
    median: float
    high: float
    longest: float
    slowest: tuple[GradeReport, ...]
    checks: tuple[SlowCheck, ...]


def class_cost(reports: Sequence[GradeReport]) -> ClassCost:
    """Adds up what the reports say.

    Args:
        reports: Reports of one assignment.
    """
    seconds = sorted(report.seconds for report in reports) or [0.0]
    by_check: dict[tuple[str, str], list[float]] = {}
    for report in reports:
        for check in report.checks:
            by_check.setdefault((check.exercise, check.shows), []).append(check.seconds)
    checks = [
        SlowCheck(exercise=exercise, name=name, total=math.fsum(each), longest=max(each))
        for (exercise, name), each in by_check.items()
    ]
    return ClassCost(
        total=math.fsum(seconds),
        median=statistics.median(seconds),
        high=seconds[math.ceil(HIGH * len(seconds)) - 1],
        longest=seconds[-1],
        slowest=tuple(sorted(reports, key=lambda report: -report.seconds)[:SLOWEST]),
        checks=tuple(sorted(checks, key=lambda check: -check.total)[:SLOWEST]),
    )
