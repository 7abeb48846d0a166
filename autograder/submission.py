"""Submission: one student's notebook, read, checked and restored; nothing of it is run here.

A submission is restored before anything else sees it: cells that the release locks (the checks among them) get their
released text and metadata back, or are put back where they are missing; everything that is the student's own stays.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from autograder.course import Assignment, Course
from autograder.errors import InputError, SubmissionError
from autograder.notebook import CellKind, PlainCell, read_cells, read_untrusted

MAX_TIMESTAMP_BYTES = 200
POLICY_FILE = "policy.safetensors"
SOURCE_LANGUAGE = "en"
_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}", re.ASCII)
_DEFINITION = re.compile(r"^(?:def|class) +(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Cell:
    """One cell of a restored notebook.

    Attributes:
        index: Number of the cell in the restored notebook, from 1.
        kind: ``code``, ``markdown`` or ``raw``; only code cells are run.
        source: Its text.
        grade_id: nbgrader's name of the cell, if the release gives it one; each is held by one cell only.
        tags: Its tags; ``training`` cells are not run by the grader.
    """

    index: int
    kind: CellKind
    source: str
    grade_id: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Submission:
    """One student's hand-in, ready to be run.

    Attributes:
        student: Student id, the name of the folder under ``submitted/``.
        assignment: Assignment id.
        cells: The cells of the restored notebook, in its order.
        language: Language of the release that was handed in: ``en``, or ``ru`` for ``<assignment>.ru.ipynb``.
        submitted_at: When it was handed in (aware, UTC), or None if there is no readable ``timestamp.txt``.
        notes: What was restored, put back or left out, for the report.
        policy: The trained policy handed in beside the notebook, if there is one.
        digest: SHA-256 of everything here that the grade depends on; outputs are not among it.
        notebook: The restored notebook as plain JSON of nbformat 4.5, without outputs. For nbformat's functions use
            ``nbformat.from_dict(submission.notebook)``.
    """

    student: str
    assignment: str
    cells: tuple[Cell, ...]
    language: str
    submitted_at: datetime | None
    notes: tuple[str, ...]
    policy: Path | None
    digest: str
    notebook: dict[str, Any]


def find_submissions(
    submitted: Path, course: Course, assignment: str | None = None, student: str | None = None
) -> list[tuple[str, str, Path]]:
    """Finds the hand-ins under ``submitted/<student>/<assignment>/``.

    Args:
        submitted: The folder of the class.
        course: The course; folders named otherwise than its assignments are no hand-ins.
        assignment: Only this assignment.
        student: Only this student.

    Returns:
        Student id, assignment id and folder of each, sorted by student, then assignment.

    Raises:
        InputError: There is no such folder, assignment or student, no hand-in at all, or a student id that cannot
            be written down.
    """
    if not submitted.is_dir():
        raise InputError(f"{submitted}: expected a folder of submissions, found none; check the path")
    wanted = [course.assignment(assignment).id] if assignment else list(course.assignments)
    students = sorted(path.name for path in submitted.iterdir() if path.is_dir() and not path.name.startswith("."))
    if student is not None and student not in students:
        raise InputError(f"{submitted}: expected a folder of student {student!r}, found {_listed(students)}")
    found = [
        (name, wish, submitted / name / wish)
        for name in students
        for wish in sorted(wanted)
        if student in (None, name) and (submitted / name / wish).is_dir()
    ]
    if not found:
        raise InputError(
            f"{submitted}: expected folders <student>/<assignment> with <assignment> one of {_listed(sorted(wanted))}, "
            f"found none; students here: {_listed(students)}"
        )
    for name, _, folder in found:
        if not name.isprintable():
            raise InputError(f"{ascii(str(folder))}: expected a printable student id in UTF-8; rename the folder")
    return found


def read_submission(folder: Path, assignment: Assignment, release: Path) -> Submission:
    """Reads and restores the hand-in in ``submitted/<student>/<assignment>/``.

    Where the notebook was handed in in several languages, as nbgrader's exchange does, the one with the most
    exercises worked on counts.

    Args:
        folder: The folder of the hand-in.
        assignment: The assignment that it answers.
        release: The released notebook ``notebooks/<id>/<id>.ipynb``; releases in other languages lie beside it.

    Raises:
        SubmissionError: It cannot be graded; the message says why, for student and instructor.
        InputError: The released notebook is missing or broken.
    """
    folder = _own_folder(folder)
    notes: list[str] = []
    language, draft = _most_worked_on(folder, assignment, release, notes)
    submitted_at = _submitted_at(folder, notes)
    policy, policy_digest = _policy(folder, notes)
    cells = _numbered(draft.entries)
    facts = [folder.parent.name, assignment.id, language, str(submitted_at), policy_digest]
    return Submission(
        student=folder.parent.name,
        assignment=assignment.id,
        cells=cells,
        language=language,
        submitted_at=submitted_at,
        notes=tuple([*draft.notes, *notes]),
        policy=policy,
        digest=_digest([*facts, *draft.notes, *notes], cells),
        notebook=_notebook(draft.release, draft.entries),
    )


@dataclass(frozen=True)
class _Release:
    """The released notebook: its cells as nbformat dictionaries."""

    cells: tuple[dict[str, Any], ...]
    metadata: dict[str, Any]

    @property
    def named(self) -> dict[str, dict[str, Any]]:
        """Cells that have a grade_id, in order."""
        return {_nbgrader(cell)["grade_id"]: cell for cell in self.cells if _nbgrader(cell).get("grade_id")}


@dataclass(frozen=True)
class _Entry:
    """A cell on its way into the restored notebook: the student's, or the released one named ``grade_id``."""

    cell: PlainCell
    grade_id: str | None = None
    released: dict[str, Any] | None = None


@dataclass(frozen=True)
class _Draft:
    """A restored notebook before its cells are numbered."""

    entries: tuple[_Entry, ...]
    notes: tuple[str, ...]
    worked_on: int
    release: _Release
