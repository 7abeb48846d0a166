"""MatrixRun: known mistakes and right solutions judged from end to end, with progress, and the page written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.progress import track

from autograder.course import Course
from autograder.errors import InputError
from autograder.outlets.matrix_page import render_matrix
from autograder.report import write_atomically
from autograder.sandbox.door import WarmProcess
from autograder.suites.matrix import Matrix, Row
from autograder.suites.variant import Variant


def write_matrix(
    course: Course, assignment_id: str, out: Path, exercises: Sequence[str] = (), variants: Sequence[Variant] = ()
) -> list[Row]:
    """Judges the reference, every known mistake of an assignment and right solutions, and writes the page.

    Args:
        course: The course.
        assignment_id: Whose suite.
        out: The page.
        exercises: Only these exercises; all if none is named.
        variants: Right solutions that look unlike the reference.

    Returns:
        The reference's row, then one for each mistake, then one for each right solution.

    Raises:
        InputError: Unknown assignment or exercise.
        SandboxError: The sandbox fails, or the reference does not run.
    """
    assignment = course.graded_assignment(assignment_id)
    for name in exercises:
        if name not in assignment.exercises:
            known = ", ".join(assignment.exercises)
            raise InputError(f"--exercise: expected one of {known}, received {name!r}")
    judged = Matrix(
        assignment.id,
        course.source(assignment),
        assignment.exercises,
        course.secret(),
        course.root / "build" / "fingerprints",
        exercises,
        variants,
    )
    with WarmProcess(hidden=[course.root]) as warm:
        total = 1 + len(judged.misconceptions) + len(judged.variants)
        rows = list(track(judged.judged(warm), description="judging", total=total))
    write_atomically(out, render_matrix(course, assignment, rows, judged.checks))
    return rows
