"""Attention: whose hand-in a person should look at, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from autograder.message import Message, message
from autograder.report import GradeReport

MANY_TIMEOUTS = 3
UNNAMED_REASON = message("The grader could not finish; the reason is not recorded.")


def reason_for_no_grade(report: GradeReport) -> str:
    """Why a hand-in has no grade; empty if it has one."""
    return "" if report.status == "graded" else report.attention or UNNAMED_REASON


def worth_a_look(reports: Sequence[GradeReport]) -> dict[Message, list[GradeReport]]:
    """By reason, the hand-ins that have a grade and are worth a look all the same."""
    found: dict[Message, list[GradeReport]] = {}
    for report in reports:
        if report.status == "graded" and report.checks:
            for reason in _reasons(report):
                found.setdefault(reason, []).append(report)
    return found


def _reasons(report: GradeReport) -> Iterator[Message]:
    counts = Counter(check.status for check in report.checks)
    if not counts["passed"]:
        yield message("No check passed: nothing written, or one mistake that stops everything.")
    elif 2 * counts["blocked"] > len(report.checks):
        yield message("More than half of the checks could not be judged.")
    if counts["timeout"] >= MANY_TIMEOUTS:
        yield message("{count} checks or more did not answer in time.", count=MANY_TIMEOUTS)
    if report.late_penalty and report.total <= 0 < report.score:
        yield message("Handed in so late that no points are left.")
