"""Matrix page: which check catches which known mistake, as one self-contained HTML page for instructors."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.assignment import Assignment
from autograder.course import Course
from autograder.outlets.pages import render
from autograder.suites.matrix import Row


def render_matrix(course: Course, assignment: Assignment, rows: Sequence[Row], checks: Sequence[str]) -> str:
    """The page, in the course's language.

    Args:
        course: The course.
        assignment: Whose suite was judged.
        rows: The reference first, then every mistake.
        checks: Names ``exercise.what_it_shows``, in order.
    """
    reference, mistakes = rows[0], rows[1:]
    exercises = []
    for exercise in dict.fromkeys(row.misconception.exercise for row in mistakes if row.misconception):
        own = [row for row in mistakes if row.misconception and row.misconception.exercise == exercise]
        names = [check for check in checks if check.startswith(f"{exercise}.")]
        caught = {name: sum(row.statuses.get(name) == "failed" for row in own) for name in names}
        exercises.append((exercise, own, caught))
    return render(
        "matrix.html.j2",
        course.language,
        title=assignment.title_in(course.language),
        course_title=course.title_in(course.language),
        exercises=exercises,
        mistakes=mistakes,
        killed=sum(row.is_killed for row in mistakes),
        named=sum(row.named for row in mistakes),
        strays=[row for row in mistakes if row.strays],
        idle=[name for _, _, caught in exercises for name, count in caught.items() if not count],
        reference_failed=[name for name, status in reference.statuses.items() if status != "passed"],
        checks=checks,
    )
