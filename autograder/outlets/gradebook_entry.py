"""GradebookEntry: the little of a report that goes into the gradebook; the report itself can be let go."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from autograder.errors import InputError
from autograder.lateness import DECIMALS
from autograder.report import GradeReport


@dataclass(frozen=True)
class Points:
    """Points of one exercise.

    Attributes:
        earned: What its checks gave.
        highest: What they can give.
    """

    earned: float
    highest: float


@dataclass(frozen=True)
class GradebookEntry:
    """What the gradebook is told of one submission.

    Attributes:
        student: Student id.
        assignment: Assignment id.
        submitted_at: When it was handed in, with a zone; None: nobody knows.
        points: Of each exercise that was judged; empty if the submission needs attention.
        earned: Points of all checks, before any late penalty.
        late_penalty: Points taken off for lateness.
    """

    student: str
    assignment: str
    submitted_at: datetime | None
    points: Mapping[str, Points]
    earned: float
    late_penalty: float


def entry_of(report: GradeReport) -> GradebookEntry:
    """The entry of a report.

    Raises:
        InputError: The time of the hand-in cannot be read.
    """
    return GradebookEntry(
        student=report.student,
        assignment=report.assignment,
        submitted_at=_submitted_at(report),
        points={} if report.status == "needs_attention" else _points(report),
        earned=report.score + report.bonus,
        late_penalty=report.late_penalty,
    )


def _points(report: GradeReport) -> dict[str, Points]:
    found: dict[str, Points] = {}
    for name in {check.exercise for check in report.checks}:
        checks = [check for check in report.checks if check.exercise == name]
        earned, highest = math.fsum(check.points for check in checks), math.fsum(check.max_points for check in checks)
        found[name] = Points(round(earned, DECIMALS), round(highest, DECIMALS))
    return found


def _submitted_at(report: GradeReport) -> datetime | None:
    """When it was handed in, if the grader has noted that."""
    for fact in report.evidence:
        if fact.get("kind") == "submitted" and "at" in fact:
            try:
                moment = datetime.fromisoformat(fact["at"])
            except (TypeError, ValueError):
                moment = None
            if moment is None or moment.tzinfo is None:
                raise InputError(
                    f"report of {report.student}, {report.assignment}: submitted at: expected an ISO 8601 time "
                    f"with a zone, received {fact['at']!r}; grade the submission again"
                )
            return moment
    return None
