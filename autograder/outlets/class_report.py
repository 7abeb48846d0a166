"""Class report: one self-contained HTML page on where a class stands, made from nothing but its reports."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import Assignment
from autograder.course import Course
from autograder.message import joined
from autograder.outlets.attention import reason_for_no_grade, worth_a_look
from autograder.outlets.axis import round_step
from autograder.outlets.breakdown import Exercise, by_exercise, evidence_texts, exercise_names
from autograder.outlets.class_cost import class_cost
from autograder.outlets.class_training import class_training
from autograder.outlets.pages import feedback_link, points_text, render
from autograder.outlets.pass_rates import pass_rates
from autograder.outlets.similarity import Pair
from autograder.report import GradeReport

MAX_BINS = 12
TINTS = 4


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A known mistake, and how many submissions make it."""

    exercise: str
    sentence: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Row:
    """One student of the table.

    Attributes:
        report: The report.
        late: Whether the work was handed in late.
        cells: Per exercise its points, and how strong the cell is tinted (0 to ``TINTS``); None: not judged.
    """

    report: GradeReport
    late: bool
    cells: tuple[tuple[float, int] | None, ...]


def render_class_report(
    reports: Sequence[GradeReport],
    course: Course,
    assignment: Assignment,
    *,
    results: Path | None = None,
    similar: Sequence[Pair] | None = None,
) -> str:
    """The page of a class, to be written into the folder that holds ``<student>/<assignment>/feedback.html``.

    It shows scores, pass rates, known mistakes, training, cost and students. Needs no network and runs no script.

    Args:
        reports: Reports of one assignment, in the order in which the students are listed.
        course: The course.
        assignment: The assignment.
        results: That folder, for films of agents; None: none are shown.
        similar: Hand-ins that share rare code; None: nobody has looked for them.
    """
    graded = [report for report in reports if report.status == "graded"]
    checked = [report for report in reports if report.checks]
    names = exercise_names(reports, assignment.judged)
    totals = [report.total for report in graded]
    return render(
        "class_report.html.j2",
        course.language,
        course_title=course.title_in(course.language),
        title=assignment.title_in(course.language),
        exercises=names,
        rows=[_row(report, names) for report in reports],
        graded=graded,
        checked=checked,
        attention=[(r, why) for r in reports if (why := reason_for_no_grade(r))],
        look=worth_a_look(reports),
        training=class_training(reports, results, course.language),
        similar=[(pair, [feedback_link(name, assignment.id) for name in pair.students]) for pair in similar or ()],
        searched=similar is not None,
        late=[(r, joined(" ", evidence_texts(r, "late"))) for r in reports if _is_late(r)],
        max_score=max((report.max_score for report in reports), default=0.0),
        mean=statistics.fmean(totals) if totals else None,
        median=statistics.median(totals) if totals else None,
        bins=_bins(graded, assignment.bonus, course.language),
        parts=pass_rates(checked, names, assignment.bonus),
        mistakes=_mistakes(checked),
        isolation=Counter(report.isolation for report in checked),
        cost=class_cost(reports),
    )


def _is_late(report: GradeReport) -> bool:
    return report.late_penalty > 0 or bool(evidence_texts(report, "late"))


def _row(report: GradeReport, names: Sequence[str]) -> Row:
    found = {exercise.name: exercise for exercise in by_exercise(report)}
    return Row(
        report=report,
        late=_is_late(report),
        cells=tuple(_cell(found[name]) if name in found else None for name in names),
    )


def _cell(exercise: Exercise) -> tuple[float, int]:
    share = exercise.points / exercise.max_points if exercise.max_points > 0 else 0.0
    return exercise.points, math.floor(share * TINTS + 1e-9)


def _bins(graded: Sequence[GradeReport], bonus: Collection[str], language: str) -> list[tuple[str, str, int]]:
    """Histogram of the totals: lower edge, upper edge and count of each bin; the last holds its upper edge."""
    top = max((report.total for report in graded), default=0.0)
    for report in graded:
        extra = sum(check.max_points for check in report.checks if check.exercise in bonus)
        top = max(top, report.max_score + extra)
    if top <= 0:
        return []
    width = round_step(top, MAX_BINS)
    last = math.ceil(top / width - 1e-9) - 1
    counts = Counter(min(max(int(report.total / width + 1e-9), 0), last) for report in graded)
    edges = [points_text(i * width, language) for i in range(last + 2)]
    return [(edges[i], edges[i + 1], counts[i]) for i in range(last + 1)]


def _mistakes(checked: Sequence[GradeReport]) -> list[Mistake]:
    """The known mistakes, the commonest first; each counts once per submission."""
    found: dict[tuple[str, str], list[str]] = {}
    for report in checked:
        own = {(check.exercise, check.misconception): check.message for check in report.checks}
        for (exercise, misconception), message in own.items():
            if misconception is not None:
                found.setdefault((exercise, misconception), []).append(message)
    mistakes = [
        Mistake(exercise=exercise, sentence=Counter(said).most_common(1)[0][0] or name, count=len(said))
        for (exercise, name), said in found.items()
    ]
    return sorted(mistakes, key=lambda mistake: -mistake.count)
