"""Submission: one student's hand-in, read, checked and restored; nothing of it is run here."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from autograder.assignment import Assignment
from autograder.course import Course
from autograder.errors import InputError, SubmissionError
from autograder.language import SOURCE_LANGUAGE
from autograder.message import message, told_by
from autograder.notebook import read_cells, read_untrusted
from autograder.released_notebook import read_release
from autograder.restoration import Cell, RestoredNotebook, restore
from autograder.toml_table import listed

__all__ = ["Cell", "Submission", "find_submissions", "read_submission"]

POLICY_FILE = "policy.safetensors"
TIMESTAMP_FILE = "timestamp.txt"
MAX_POLICY_BYTES = 16 * 1024 * 1024  # four million weights
MAX_TIMESTAMP_BYTES = 200
_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) *(\S*)", re.ASCII)
_OFFSET = re.compile(r"[+-]\d\d(?::?\d\d)?", re.ASCII)


@dataclass(frozen=True)
class Submission:
    """One student's hand-in, ready to be run.

    Attributes:
        student: Student id, the name of the folder under ``submitted/``.
        assignment: Assignment id.
        cells: The cells of the restored notebook, in its order; those with ``is_run`` are to be run.
        language: Language of the notebook that was handed in: ``en``, or ``ru`` for ``<assignment>.ru.ipynb``.
        submitted_at: When it was handed in (aware, UTC), or None if there is no readable ``timestamp.txt``.
        notes: What was restored, put back or left out, for the report.
        policy: Content of the trained policy handed in beside the notebook, if there is one.
        digest: SHA-256 of everything here that the grade depends on; outputs are not among it.
        notebook: The restored notebook as plain JSON of nbformat 4.5, without outputs; ``notebook["cells"][i]`` is
            ``cells[i]``. For nbformat's functions use ``nbformat.from_dict(submission.notebook)``.
    """

    student: str
    assignment: str
    cells: tuple[Cell, ...]
    language: str
    submitted_at: datetime | None
    notes: tuple[str, ...]
    policy: bytes | None = field(repr=False)
    digest: str
    notebook: dict[str, Any]


@dataclass
class _Beside:
    """What lies in the folder beside the notebook."""

    submitted_at: datetime | None = None
    policy: bytes | None = None
    policy_digest: str = ""
    notes: list[str] = field(default_factory=list)


def find_submissions(
    submitted: Path, course: Course, assignment: str | None = None, student: str | None = None
) -> list[tuple[str, str, Path]]:
    """Finds the hand-ins under ``submitted/<student>/<assignment>/``.

    Args:
        submitted: The folder of the class.
        course: The course; folders named otherwise than its graded assignments are no hand-ins.
        assignment: Only this assignment.
        student: Only this student.

    Returns:
        Student id, assignment id and folder of each, sorted by student, then assignment.

    Raises:
        InputError: There is no such folder, assignment or student, the assignment is not graded, there is no
            hand-in at all, or a student id cannot be written down.
    """
    graded = sorted(each.id for each in course.assignments.values() if each.is_graded)
    wanted = graded if assignment is None else [course.graded_assignment(assignment).id]
    students = _students(submitted)
    known = listed(name for name in students if name.isprintable())
    if student is not None and student not in students:
        raise InputError(f"{submitted}: expected a folder of student {student!r}, found {known}")
    found = [
        (name, wish, submitted / name / wish)
        for name in students
        for wish in wanted
        if student in (None, name) and (submitted / name / wish).is_dir()
    ]
    if not found:
        raise InputError(
            f"{submitted}: expected folders <student>/<assignment> with <assignment> one of {listed(wanted)}, "
            f"found none; students here: {known}"
        )
    for name, _, folder in found:
        if not name.isprintable():
            raise InputError(f"{str(folder)!a}: expected a printable student id in UTF-8; rename the folder")
    return found


def _students(submitted: Path) -> list[str]:
    if not submitted.is_dir():
        raise InputError(f"{submitted}: expected a folder of submissions, found none; check the path")
    try:
        folders = [path.name for path in submitted.iterdir() if path.is_dir()]
    except OSError as error:
        raise InputError(f"{submitted}: expected a readable folder, received {error.strerror}") from error
    return sorted(name for name in folders if not name.startswith("."))


def read_submission(folder: Path, assignment: Assignment, release_path: Path) -> Submission:
    """Reads and restores the hand-in in ``submitted/<student>/<assignment>/``.

    Where the notebook lies there in several languages, as nbgrader's exchange collects them, the one with the most
    exercises worked on counts.

    Args:
        folder: The folder of the hand-in.
        assignment: The assignment that it answers.
        release_path: The released notebook ``notebooks/<id>/<id>.ipynb``; other languages lie beside it.

    Raises:
        SubmissionError: It cannot be graded; the message says why, for student and instructor.
        InputError: The released notebook is missing or broken.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise SubmissionError(
            message("{name}: expected a folder with a notebook, received none; hand in again", name=folder.name)
        )
    folder = folder.absolute()
    language, restored, notes = _most_written(folder, assignment, release_path)
    beside = _read_beside(folder)
    facts = Submission(
        student=folder.parent.name,
        assignment=assignment.id,
        cells=restored.cells,
        language=language,
        submitted_at=beside.submitted_at,
        notes=(*restored.notes, *notes, *beside.notes),
        policy=beside.policy,
        digest="",
        notebook=restored.json,
    )
    return replace(facts, digest=_digest(facts, beside.policy_digest))


def language_handed_in(folder: Path, assignment: Assignment) -> str:
    """Language of the one notebook in a folder; the source's if there are several or none."""
    try:
        found = _notebooks(folder, assignment)
    except SubmissionError:
        return SOURCE_LANGUAGE
    return found[0][0] if len(found) == 1 else SOURCE_LANGUAGE


def _most_written(folder: Path, assignment: Assignment, release_path: Path) -> tuple[str, RestoredNotebook, list[str]]:
    """Language, notebook and notes of that one of the folder's notebooks that holds the most work."""
    readable: list[tuple[str, RestoredNotebook, list[str]]] = []
    refused: list[SubmissionError] = []
    for language, path in _notebooks(folder, assignment):
        try:
            cells, reading_notes = read_cells(path, within=folder)
            release = read_release(_release_in(language, release_path))
            readable.append((language, restore(cells, release, assignment.exercises), list(reading_notes)))
        except SubmissionError as error:
            refused.append(error)
    if not readable:
        raise refused[0]
    language, restored, notes = max(readable, key=lambda each: each[1].written)
    notes += [message("Left out: {reason}.", reason=told_by(error)) for error in refused]
    notes += [
        message("The notebook in `{language}` is left out: less is written in it.", language=each[0])
        for each in readable
        if each[0] != language
    ]
    return language, restored, notes


def _notebooks(folder: Path, assignment: Assignment) -> list[tuple[str, Path]]:
    """The folder's notebooks of the assignment with their languages, the source's language first."""
    pattern = re.compile(rf"{re.escape(assignment.id)}(?:\.([a-z]{{2}}))?\.ipynb")
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise SubmissionError(
            message("{name}: expected a readable folder, received {error}", name=folder.name, error=error.strerror)
        ) from error
    found = {match[1] or SOURCE_LANGUAGE: folder / name for name in names if (match := pattern.fullmatch(name))}
    if not found:
        raise SubmissionError(
            message(
                "expected a notebook named {name}, found {found}; hand in the notebook under that name",
                name=f"{assignment.id}.ipynb",
                found=ascii(", ".join(names)[:200]) if names else message("nothing"),
            )
        )
    return sorted(found.items(), key=lambda item: (item[0] != SOURCE_LANGUAGE, item[0]))


def _release_in(language: str, release_path: Path) -> Path:
    """The release in a language; the source's if there is none: cells are recognised by name in any language."""
    translated = release_path.with_name(f"{release_path.stem}.{language}.ipynb")
    return translated if translated.exists() else release_path


def _read_beside(folder: Path) -> _Beside:
    beside = _Beside()
    timestamp, policy = folder / TIMESTAMP_FILE, folder / POLICY_FILE
    try:
        if timestamp.exists() or timestamp.is_symlink():
            beside.submitted_at = parse_instant(read_untrusted(timestamp, within=folder, max_bytes=MAX_TIMESTAMP_BYTES))
    except SubmissionError as error:
        beside.notes.append(message("The time of the hand-in was left out: {reason}.", reason=told_by(error)))
    try:
        if policy.exists() or policy.is_symlink():
            beside.policy = read_untrusted(policy, within=folder, max_bytes=MAX_POLICY_BYTES)
            beside.policy_digest = hashlib.sha256(beside.policy).hexdigest()
    except SubmissionError as error:
        beside.notes.append(message("The trained policy was left out: {reason}.", reason=told_by(error)))
    return beside


def parse_instant(content: bytes) -> datetime:
    """The instant in nbgrader's timestamp.txt, such as ``2027-01-10 12:00:00.000000 UTC``.

    A zone is ``UTC``, an offset (``+0100``) or a name (``Europe/Prague``); as in nbgrader, none means UTC.

    Raises:
        SubmissionError: It is no instant, or its zone's abbreviation (``PST``) names none for certain.
    """
    text = content.decode("utf-8-sig", "replace").strip()
    try:
        if (match := _TIMESTAMP.fullmatch(text)) is None:
            raise ValueError(text)
        moment, zone = match.groups()
        if _OFFSET.fullmatch(zone):
            return datetime.fromisoformat(moment + zone).astimezone(UTC)
        known = UTC if zone in ("", "Z") else ZoneInfo(zone)
        return datetime.fromisoformat(moment).replace(tzinfo=known).astimezone(UTC)
    except (ValueError, KeyError, OverflowError, OSError) as error:
        raise SubmissionError(
            message(
                "{name}: expected a time such as 2027-01-10 12:00:00 UTC, received {found}",
                name=TIMESTAMP_FILE,
                found=ascii(text[:60]),
            )
        ) from error


def _digest(facts: Submission, policy_digest: str) -> str:
    """SHA-256 of a submission as plain JSON."""
    plain = [
        facts.student,
        facts.assignment,
        facts.language,
        str(facts.submitted_at),
        facts.notes,
        policy_digest,
        facts.notebook,
        [cell.role for cell in facts.cells],
    ]
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
