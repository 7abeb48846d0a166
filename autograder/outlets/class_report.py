"""Class report: one self-contained HTML page on where a class stands, made from nothing but its reports."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from autograder.course import Assignment, Course
from autograder.message import joined
from autograder.outlets.breakdown import (
    JUDGED,
    Exercise,
    by_exercise,
    evidence_texts,
    exercise_names,
)
from autograder.outlets.feedback import UNNAMED_REASON
from autograder.outlets.pages import points_text, render
from autograder.report import CheckOutcome, GradeReport

MAX_BINS = 12
TINTS = 4


@dataclass(frozen=True, kw_only=True)
class Tally:
    """The verdicts of a class on one check or on the whole of an exercise.

    Attributes:
        name: What was judged, in words.
        counts: Number of submissions by verdict.
        message: The commonest message of those that failed; empty if there is none.
        message_count: How many got that message.
    """

    name: str
    counts: Counter[str]
    message: str = ""
    message_count: int = 0

    @property
    def total(self) -> int:
        """Number of submissions."""
        return self.counts.total()

    @property
    def judged(self) -> int:
        """Number of submissions that could be judged."""
        return self.total - self.counts["blocked"] - self.counts["error"]

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
        link: Feedback page, relative to the folder of the class's results.
        late: Whether the work was handed in late.
        cells: Per exercise its points, and how strong the cell is tinted (0 to ``TINTS``); None: not judged.
    """

    report: GradeReport
    link: str
    late: bool
    cells: tuple[tuple[float, int] | None, ...]


def render_class_report(reports: Sequence[GradeReport], course: Course, assignment: Assignment) -> str:
    """The page of a class, to be written into the folder that holds ``<student>/<assignment>/feedback.html``.

    It shows scores, pass rates, known mistakes and students. Needs no network and runs no script.

    Args:
        reports: Reports of one assignment, in the order in which the students are listed.
        course: The course.
        assignment: The assignment.
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
        attention=[(r, _link(r), r.attention or UNNAMED_REASON) for r in reports if r.status != "graded"],
        late=[(r, _link(r), joined(" ", evidence_texts(r, "late"))) for r in reports if _is_late(r)],
        max_score=max((report.max_score for report in reports), default=0.0),
        mean=statistics.fmean(totals) if totals else None,
        median=statistics.median(totals) if totals else None,
        bins=_bins(graded, assignment.bonus, course.language),
        parts=_parts(checked, names, assignment.bonus),
        mistakes=_mistakes(checked),
        isolation=Counter(report.isolation for report in checked),
        seconds=[report.seconds for report in reports],
        seconds_median=statistics.median(report.seconds for report in reports) if reports else 0.0,
    )


def _link(report: GradeReport) -> str:
    """A student id may be any folder name: ``:``, ``#`` and ``%`` in it must not act in the address."""
    return f"{quote(report.student, safe='', errors='replace')}/{report.assignment}/feedback.html"


def _is_late(report: GradeReport) -> bool:
    return report.late_penalty > 0 or bool(evidence_texts(report, "late"))


def _row(report: GradeReport, names: Sequence[str]) -> Row:
    found = {exercise.name: exercise for exercise in by_exercise(report)}
    return Row(
        report=report,
        link=_link(report),
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
    width = _round_width(top)
    last = math.ceil(top / width - 1e-9) - 1
    counts = Counter(min(max(int(report.total / width + 1e-9), 0), last) for report in graded)
    edges = [points_text(i * width, language) for i in range(last + 2)]
    return [(edges[i], edges[i + 1], counts[i]) for i in range(last + 1)]


def _round_width(top: float) -> float:
    """The smallest round width of at most ``MAX_BINS`` bins from 0 to ``top``."""
    scale = 10.0 ** math.floor(math.log10(top / MAX_BINS))
    return next(scale * step for step in (1, 2, 2.5, 5, 10) if top / (scale * step) <= MAX_BINS + 1e-9)


def _parts(checked: Sequence[GradeReport], names: Sequence[str], bonus: Collection[str]) -> list[Part]:
    found: dict[str, list[Exercise]] = {name: [] for name in names}
    for report in checked:
        for exercise in by_exercise(report, names, bonus):
            found[exercise.name].append(exercise)
    return [_part(exercises) for exercises in found.values() if exercises]


def _part(exercises: Sequence[Exercise]) -> Part:
    outcomes: dict[str, list[CheckOutcome]] = {}
    for exercise in exercises:
        for check in exercise.checks:
            outcomes.setdefault(check.shows, []).append(check)
    return Part(
        name=exercises[0].name,
        bonus=exercises[0].bonus,
        mean_points=statistics.fmean(exercise.points for exercise in exercises),
        max_points=max(exercise.max_points for exercise in exercises),
        tally=Tally(name=exercises[0].name, counts=Counter(exercise.verdict for exercise in exercises)),
        checks=tuple(_tally(name, checks) for name, checks in outcomes.items()),
    )


def _tally(name: str, checks: Sequence[CheckOutcome]) -> Tally:
    counts: Counter[str] = Counter(check.status for check in checks)
    said = Counter(c.message for c in checks if c.message and c.status in JUDGED and c.status != "passed")
    message, count = said.most_common(1)[0] if said else ("", 0)
    return Tally(name=name, counts=counts, message=message, message_count=count)


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
