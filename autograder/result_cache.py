"""ResultCache: which results of an earlier run still hold, by a digest of everything that a grade depends on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from autograder.course import Assignment, Course
from autograder.errors import InputError
from autograder.report import GradeReport, read_report, write_atomically
from autograder.sandbox.isolation import Level
from autograder.suites.check_plugin import SUITES, suite_digest

KEY_FILE = "report.key"
_PACKAGE = Path(__file__).parent
_LIBRARIES = ("torch", "gymnasium", "mujoco", "numpy")
_CODE = {".py", ".mo", ".j2", ".css"}


def result_key(course: Course, assignment: Assignment, folder: Path, level: Level) -> str:
    """SHA-256 of all that the result of a hand-in depends on; empty if the hand-in cannot be read.

    Args:
        course: The course; its secret, release and source count.
        assignment: The assignment; its limits, deadlines and suite count.
        folder: ``submitted/<student>/<assignment>``.
        level: Isolation level.
    """
    names = sorted(course.release_dir.glob(f"{assignment.id}/{assignment.id}*.ipynb"))
    facts = asdict(assignment) | {
        "student": folder.parent.name,
        "hand-in": _digest_of_folder(folder),
        "given": [_digest(path) for path in (*names, course.source(assignment))],
        "secret": hashlib.sha256(course.secret()).hexdigest(),
        "course": [course.title, dict(course.titles), course.timezone.key],
        "suite": suite_digest(assignment.id),
        "grader": _grader_digest(),
        "libraries": [version(name) for name in _LIBRARIES],
        "isolation": level,
    }
    text = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest() if facts["hand-in"] else ""


def kept_report(results: Path, student: str, assignment: str, key: str) -> GradeReport | None:
    """The report of an earlier run, if it and its files are as they were left and ``key`` is still theirs."""
    folder = results / student / assignment
    try:
        if not key or (folder / KEY_FILE).read_text(encoding="utf-8") != _line(key, folder):
            return None
        report = read_report(folder / "report.json")
    except (OSError, UnicodeDecodeError, InputError):
        return None
    is_whole = (folder / "feedback.html").exists() and (folder / "executed.ipynb").exists() >= bool(report.checks)
    return report if is_whole else None


def keep(results: Path, report: GradeReport, key: str) -> None:
    """Notes that the report just written belongs to ``key``; one that tells of a fault of the grader is not kept."""
    folder = results / report.student / report.assignment
    if key and report.versions and not any(check.status == "error" for check in report.checks):
        write_atomically(folder / KEY_FILE, _line(key, folder))
    else:
        (folder / KEY_FILE).unlink(missing_ok=True)


def _line(key: str, folder: Path) -> str:
    """With the digest of the report: a run killed between the two files leaves a key that fits no report."""
    return f"{key} {_digest(folder / 'report.json')}\n"


def _digest_of_folder(folder: Path) -> list[list[str]]:
    """Names and digests; nothing if anything in it is no plain file, for which there is no digest to trust."""
    try:
        files = sorted(folder.iterdir())
        if folder.is_symlink() or not all(path.is_file() and not path.is_symlink() for path in files):
            return []
        return [[path.name, _digest(path)] for path in files]
    except OSError:
        return []


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@lru_cache
def _grader_digest() -> str:
    """SHA-256 of this program but for the suites of assignments, which count for their own assignment only."""
    digest = hashlib.sha256()
    for path in sorted(path for path in _PACKAGE.rglob("*") if path.suffix in _CODE):
        if path.parent.parent != SUITES:
            digest.update(str(path.relative_to(_PACKAGE)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
