"""KeptResults: reports of an earlier run that still hold, since nothing that they depend on has changed.

Beside each report lies a digest of everything that went into it. It is written last and removed first, so that a
report whose grader was killed half-way is never taken for a finished one.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import autograder
from autograder.course import Assignment, Course
from autograder.errors import InputError
from autograder.grading_plan import GradingPlan
from autograder.report import GradeReport, read_report, write_atomically
from autograder.suites.check_plugin import SUITES

DIGEST = "inputs.sha256"
LIBRARIES = ("torch", "gymnasium", "mujoco", "numpy", "ipython", "safetensors")
_PACKAGE = Path(autograder.__file__).parent
_READ = (".py", ".json", ".j2", ".css", ".mo")
_MAX_FILES = 1000  # of a hand-in; the rest does not count


def inputs_digest(course: Course, assignment: Assignment, folder: Path, level: str | None, plan: GradingPlan) -> str:
    """SHA-256 of everything that the report of one submission depends on.

    Args:
        course: The course; its secret, the release and the reference count.
        assignment: The assignment; deadlines, limits and points count.
        folder: The hand-in; the content of its files counts, timestamp included.
        level: Isolation level that was asked for.
        plan: How much is run.
    """
    facts = {
        "course": _of_course(course, assignment),
        "assignment": repr(assignment),
        "hand-in": _of_files(folder),
        "level": level,
        "plan": asdict(plan),
        "software": _of_software(assignment.id),
    }
    return _digest(facts)


def hand_in_digest(folder: Path) -> str:
    """SHA-256 of the files of a hand-in."""
    return _digest(_of_files(folder))


def kept_report(results: Path, student: str, assignment: str, digest: str) -> GradeReport | None:
    """The report of an earlier run that had these inputs, or None."""
    folder = results / student / assignment
    try:
        if (folder / DIGEST).read_text(encoding="ascii") != digest or not (folder / "feedback.html").exists():
            return None
        report = read_report(folder / "report.json")
        ran = report.status == "graded"
        return report if not ran or (folder / "executed.ipynb").exists() else None
    except (OSError, ValueError, InputError):
        return None


def forget(results: Path, student: str, assignment: str) -> None:
    """Says that the report is about to change."""
    (results / student / assignment / DIGEST).unlink(missing_ok=True)


def keep(results: Path, report: GradeReport, digest: str) -> None:
    """Says what went into the report that has just been written; a fault of the grader is never kept."""
    faults = [check for check in report.checks if check.status == "error"]
    if digest and report.versions and not faults:
        write_atomically(results / report.student / report.assignment / DIGEST, digest)


@contextlib.contextmanager
def only_grader(results: Path) -> Iterator[None]:
    """Keeps other graders away from a folder of results; the lock ends with the process, however it ends.

    Raises:
        InputError: Another one is at work there.
    """
    with (results / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(
                f"{results}: expected to be the only one that writes there, found another `autograder grade` at work; "
                "wait for its end, or name another folder"
            ) from error
        yield


def _of_course(course: Course, assignment: Assignment) -> list[str]:
    files = [course.source(assignment), *sorted(course.released(assignment).parent.glob("*.ipynb"))]
    named = [course.title, repr(sorted(course.titles.items())), course.timezone.key]
    return [hashlib.sha256(course.secret()).hexdigest(), *named, *(_of_file(file) for file in files)]


def _of_files(folder: Path) -> dict[str, str]:
    found = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {os.fspath(path.relative_to(folder)): _of_file(path) for path in found[:_MAX_FILES]}


def _of_file(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        return type(error).__name__


@cache
def _of_software(assignment_id: str) -> str:
    """Of the libraries that students' code runs with, and of the autograder's own code without other suites."""
    files = [path for path in sorted(_PACKAGE.rglob("*")) if path.suffix in _READ and _counts(path, assignment_id)]
    own = {os.fspath(path.relative_to(_PACKAGE)): _of_file(path) for path in files}
    return _digest({"own": own, "libraries": {name: _version(name) for name in LIBRARIES}})


def _counts(path: Path, assignment_id: str) -> bool:
    return path.parent.parent != SUITES or path.parent.name == assignment_id


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _digest(facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
