"""Matrix page: which check catches which known mistake, and which right solutions pass, as one HTML page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autograder.assignment import Assignment
from autograder.course import Course
from autograder.outlets.pages import render
from autograder.suites.matrix import Row


@dataclass(frozen=True, kw_only=True)
class Style:
    """One right solution of an exercise.

    Attributes:
        name: What it is called.
        source: Its cell.
        variants: Ids of the variants in which it was judged.
        statuses: Verdict of each check of the exercise; of several, one that is not ``passed``.
    """

    name: str
    source: str
    variants: tuple[str, ...]
    statuses: dict[str, str]

    @property
    def is_accepted(self) -> bool:
        """Whether every check has passed it."""
        return set(self.statuses.values()) <= {"passed"}


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One table of the page.

    Attributes:
        name: Name of the exercise.
        mistakes: Rows of its known mistakes.
        caught: By check: how many of these it catches.
        right: Right solutions that look unlike the reference.
    """

    name: str
    mistakes: tuple[Row, ...]
    caught: dict[str, int]
    right: tuple[Style, ...]


def render_matrix(course: Course, assignment: Assignment, rows: Sequence[Row], checks: Sequence[str]) -> str:
    """The page, in the course's language.

    Args:
        course: The course.
        assignment: Whose suite was judged.
        rows: The reference first, then every mistake, then every right solution.
        checks: Names ``exercise.what_it_shows``, in order.
    """
    reference, mistakes = rows[0], [row for row in rows if row.misconception]
    exercises = list(_exercises(rows, checks))
    styles = [style for exercise in exercises for style in exercise.right]
    return render(
        "matrix.html.j2",
        course.language,
        title=assignment.title_in(course.language),
        course_title=course.title_in(course.language),
        exercises=exercises,
        mistakes=mistakes,
        killed=sum(row.is_killed for row in mistakes),
        named=sum(row.named for row in mistakes),
        styles=len(styles),
        accepted=sum(style.is_accepted for style in styles),
        strays=[row for row in mistakes if row.strays],
        rejected=[row for row in rows if row.variant and row.rejected_by],
        idle=[name for exercise in exercises for name, count in exercise.caught.items() if not count],
        reference_failed=reference.rejected_by,
        checks=checks,
    )


def _exercises(rows: Sequence[Row], checks: Sequence[str]) -> Iterator[Exercise]:
    for name in dict.fromkeys(check.partition(".")[0] for check in checks):
        mistakes = tuple(row for row in rows if row.misconception and row.misconception.exercise == name)
        own = [check for check in checks if check.startswith(f"{name}.")]
        yield Exercise(
            name=name,
            mistakes=mistakes,
            caught={check: sum(row.statuses.get(check) == "failed" for row in mistakes) for check in own},
            right=tuple(_styles(name, own, rows)),
        )


def _styles(exercise: str, checks: Sequence[str], rows: Sequence[Row]) -> Iterator[Style]:
    """The right solutions of an exercise; one that is in several variants once."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.variant and exercise in row.variant.cells:
            found.setdefault((row.variant.style(exercise), row.variant.cells[exercise]), []).append(row)
    for (name, source), own in found.items():
        yield Style(
            name=name,
            source=source.strip("\n"),
            variants=tuple(row.variant.id for row in own if row.variant),
            statuses={check: _worst([row.statuses.get(check, "blocked") for row in own]) for check in checks},
        )


def _worst(statuses: Sequence[str]) -> str:
    return next((status for status in statuses if status != "passed"), "passed")
