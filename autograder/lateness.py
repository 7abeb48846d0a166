"""Lateness: what a report says of when a hand-in came, and what that takes off."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from autograder.assignment import Assignment
from autograder.course import Course
from autograder.message import message
from autograder.report import GradeReport

DECIMALS = 6  # points are sums of floats; 0.1 + 0.2 must not fall short of a maximum of 0.3
_KINDS = ("extension", "submitted", "late")


def with_lateness(report: GradeReport, course: Course, submitted_at: datetime | None) -> GradeReport:
    """A report with what is taken off for lateness, and with evidence of it.

    Args:
        report: The report; what it says of lateness is replaced.
        course: Its deadlines and extensions hold; times are given in its time zone.
        submitted_at: When it was handed in (aware); None: nobody knows, and nothing is taken off, which a note says
            where there is a deadline and a grade.
    """
    own = course.assignment(report.assignment).for_student(report.student)
    late = own.late_fraction(submitted_at) if submitted_at else 0.0
    others = [fact for fact in report.evidence if fact["kind"] not in _KINDS and fact.get("about") != "lateness"]
    has_grade = report.status == "graded" and not report.attention
    return replace(
        report,
        late_penalty=round((report.score + report.bonus) * late, DECIMALS),
        evidence=(*others, *_lateness(course, own, submitted_at, has_grade=has_grade)),
    )


def judged_again(report: GradeReport, course: Course) -> GradeReport:
    """A report with lateness by the deadlines and extensions that the course has now; its checks stay as they are.

    Raises:
        ValueError: The report's time of the hand-in cannot be read.
    """
    times = [fact["at"] for fact in report.evidence if fact["kind"] == "submitted"]
    return with_lateness(report, course, datetime.fromisoformat(times[0]) if times else None)


def _lateness(
    course: Course, own: Assignment, submitted_at: datetime | None, *, has_grade: bool
) -> list[dict[str, Any]]:
    """Evidence on a student's extension, the time of the hand-in and what is taken off for it."""
    evidence: list[dict[str, Any]] = []
    if own != course.assignment(own.id):
        evidence.append({"kind": "extension", "text": _extension(course, own)})
    if submitted_at is None:
        if has_grade and own.first_deadline is not None:
            text = message("It is not known when this was handed in, so nothing is taken off for lateness.")
            evidence.append({"kind": "note", "about": "lateness", "text": text})
        return evidence
    at = _local(course, submitted_at)
    evidence.append(
        {"kind": "submitted", "text": message("Handed in at {time}.", time=at), "at": submitted_at.isoformat()}
    )
    if fraction := own.late_fraction(submitted_at):
        deadline = own.hard_deadline if fraction == 1.0 else own.soft_deadline
        text = message(
            "Handed in at {time}, {after}{due}: {fraction:.0%} is taken off.",
            time=at,
            after=message("after the hard deadline") if fraction == 1.0 else message("after the soft deadline"),
            due="" if deadline is None else f" ({_local(course, deadline)})",
            fraction=fraction,
        )
        evidence.append({"kind": "late", "text": text, "fraction": fraction})
    return evidence


def _extension(course: Course, assignment: Assignment) -> str:
    """Says what deadlines a student has who has others than the class."""
    soft, hard = assignment.soft_deadline, assignment.hard_deadline
    if soft is not None and hard is not None:
        return message(
            "Extension: full points up to {soft}, half of them up to {hard}.",
            soft=_local(course, soft),
            hard=_local(course, hard),
        )
    first = assignment.first_deadline
    return message("Extension: full points up to {time}.", time="" if first is None else _local(course, first))


def _local(course: Course, instant: datetime) -> str:
    return f"{instant.astimezone(course.timezone):%Y-%m-%d %H:%M} ({course.timezone})"
