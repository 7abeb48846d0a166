"""Feedback: one self-contained HTML page per student, made from nothing but the report."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from autograder.outlets.breakdown import Exercise, by_exercise, check_name
from autograder.outlets.pages import render
from autograder.report import CheckOutcome, CheckStatus, GradeReport

UNNAMED_REASON = "The grader could not finish; the reason is not recorded."


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of an exercise: a check, or several that say the same.

    Attributes:
        status: Their verdict.
        names: What each check shows, in words.
        points: Points earned in all of them.
        max_points: Points that all of them can give.
        message: What the student reads; empty if there is nothing to say.
        recognised: Whether the message describes a known mistake that explains the failure.
    """

    status: CheckStatus
    names: tuple[str, ...]
    points: float
    max_points: float
    message: str
    recognised: bool


@dataclass(frozen=True, kw_only=True)
class Section:
    """One exercise of the page."""

    exercise: Exercise
    verdict: str
    findings: tuple[Finding, ...]


def render_feedback(
    report: GradeReport,
    assignment_title: str,
    *,
    course_title: str = "",
    exercises: Sequence[str] = (),
    bonus: Collection[str] = (),
) -> str:
    """The feedback page of one student.

    It holds what the report holds: scores, verdicts, messages and notes, no hidden source, inputs or expected
    values. Needs no network and runs no script.

    Args:
        report: The report.
        assignment_title: Title of the assignment, for people.
        course_title: Title of the course.
        exercises: Names of the exercises, in the order of the notebook.
        bonus: Those of them whose points are extra credit.
    """
    sections = tuple(_section(exercise) for exercise in by_exercise(report, exercises, bonus))
    return render(
        "feedback.html.j2",
        report=report,
        assignment_title=assignment_title,
        course_title=course_title,
        sections=sections,
        anchors={s.exercise.name: f"exercise-{number}" for number, s in enumerate(sections, 1)},
        counts=_counts(report),
        max_bonus=sum(s.exercise.max_points for s in sections if s.exercise.bonus),
        recognised=[(s, f) for s in sections for f in s.findings if f.recognised],
        attention=_attention(report),
        late=_texts(report, "late"),
        notes=_texts(report, "note"),
    )


def _section(exercise: Exercise) -> Section:
    return Section(exercise=exercise, verdict=_verdict(exercise), findings=_findings(exercise.checks))


def _verdict(exercise: Exercise) -> str:
    if exercise.passed == len(exercise.checks):
        return "passed"
    if exercise.judged == 0:
        return "blocked"
    return "partial" if exercise.passed else "failed"


def _findings(checks: Sequence[CheckOutcome]) -> tuple[Finding, ...]:
    """One finding per check, those that failed alike (an exercise not written yet) together."""
    alike: dict[tuple[str, ...], list[CheckOutcome]] = {}
    for check in checks:
        unlike = check.id if check.status == "passed" or not check.message else ""
        alike.setdefault((check.status, check.message, check.misconception or "", unlike), []).append(check)
    return tuple(_finding(group) for group in alike.values())


def _finding(checks: Sequence[CheckOutcome]) -> Finding:
    return Finding(
        status=checks[0].status,
        names=tuple(check_name(check) for check in checks),
        points=sum(check.points for check in checks),
        max_points=sum(check.max_points for check in checks),
        message=checks[0].message,
        recognised=checks[0].misconception is not None,
    )


def _counts(report: GradeReport) -> dict[str, int]:
    """Number of checks by verdict; time-outs count among the failed, faults of the grader as not judged."""
    statuses = [check.status for check in report.checks]
    return {
        "all": len(statuses),
        "passed": statuses.count("passed"),
        "failed": statuses.count("failed") + statuses.count("timeout"),
        "blocked": statuses.count("blocked") + statuses.count("error"),
    }


def _attention(report: GradeReport) -> str:
    if report.status != "needs_attention":
        return ""
    return report.attention or UNNAMED_REASON


def _texts(report: GradeReport, kind: str) -> list[str]:
    return [str(fact.get("text", "")) for fact in report.evidence if fact.get("kind") == kind]
