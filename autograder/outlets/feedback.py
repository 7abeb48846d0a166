"""Feedback: one self-contained HTML page per student, made from nothing but the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.outlets.attention import reason_for_no_grade
from autograder.outlets.breakdown import Exercise, by_exercise, evidence_texts
from autograder.outlets.figures import figures
from autograder.outlets.pages import render
from autograder.report import CheckOutcome, CheckStatus, GradeReport, check_statuses


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of an exercise: a check, or several that say the same.

    Attributes:
        status: Their verdict.
        names: What each check shows, in words.
        points: Points earned in all of them.
        max_points: Points that all of them can give.
        message: What the student reads; empty if there is nothing to say.
        recognised: Whether a known mistake explains the failure.
    """

    status: CheckStatus
    names: tuple[str, ...]
    points: float
    max_points: float
    message: str
    recognised: bool


def render_feedback(
    report: GradeReport,
    assignment_title: str,
    *,
    course_title: str = "",
    language: str | None = None,
    exercises: Sequence[str] = (),
    bonus: Collection[str] = (),
    folder: Path | None = None,
) -> str:
    """The feedback page of one student.

    It holds what the report holds: points, verdicts, messages and notes, no hidden source, inputs or expected
    values. A report that needs attention shows the reason and no grade. The page needs no network and runs no
    script.

    Args:
        report: The report.
        assignment_title: Title of the assignment, for people.
        course_title: Title of the course.
        language: Of the page; None: that of the hand-in.
        exercises: Names of the exercises, in the order of the notebook.
        bonus: Those of them whose points are extra credit.
        folder: Where the report lies, and the video that it names; None: no video is shown.
    """
    chosen = language or report.language
    parts = by_exercise(report, exercises, bonus)
    counts: Counter[str] = Counter(check.status for check in report.checks)
    return render(
        "feedback.html.j2",
        chosen,
        report=report,
        assignment_title=assignment_title,
        course_title=course_title,
        sections=[(exercise, _findings(exercise)) for exercise in parts],
        counts=[(status, counts[status]) for status in check_statuses() if counts[status]],
        max_bonus=sum(exercise.max_points for exercise in parts if exercise.bonus),
        attention=reason_for_no_grade(report),
        late=evidence_texts(report, "late"),
        notes=(*evidence_texts(report, "extension"), *evidence_texts(report, "note")),
        figures=figures(report.evidence, folder, chosen),
        cells=cell_numbers(report),
        begin=_begin(parts),
    )


def cell_numbers(report: GradeReport) -> dict[str, int]:
    """In which cell of the notebook each exercise is; empty if the report does not say."""
    found = next((fact.get("cells") for fact in report.evidence if fact.get("kind") == "places"), None)
    return {name: cell for name, cell in found.items() if isinstance(cell, int)} if isinstance(found, dict) else {}


def _begin(parts: Sequence[Exercise]) -> Exercise | None:
    """Where to begin: the first exercise with a check that failed, as later ones may wait for it."""
    return next((part for part in parts if any(check.status in ("failed", "timeout") for check in part.checks)), None)


def _findings(exercise: Exercise) -> list[Finding]:
    """One finding per check, those that failed alike (an exercise not written yet) together."""
    alike: dict[tuple[str, ...], list[CheckOutcome]] = {}
    for check in exercise.checks:
        unlike = check.id if check.status == "passed" or not check.message else ""
        alike.setdefault((check.status, check.message, check.misconception or "", unlike), []).append(check)
    return [_finding(group) for group in alike.values()]


def _finding(checks: Sequence[CheckOutcome]) -> Finding:
    return Finding(
        status=checks[0].status,
        names=tuple(check.shows for check in checks),
        points=sum(check.points for check in checks),
        max_points=sum(check.max_points for check in checks),
        message=checks[0].message,
        recognised=checks[0].misconception is not None,
    )
