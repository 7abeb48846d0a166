"""KeptResults: reports of an earlier run that still hold, since nothing that they depend on has changed.

Beside each report lie digests of everything that went into it: one of what its checks depend on, one of what can be
brought up to date without running anything. They are written last and removed first, so that a report whose grader was
killed half-way is never taken for a finished one.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import IO, Any

import autograder
import rlhelpers
from autograder.assignment import Assignment
from autograder.course import Course
from autograder.errors import InputError
from autograder.grading_plan import GradingPlan
from autograder.report import GradeReport, read_report, write_atomically
from autograder.suites.check_plugin import SUITES, own_files
from autograder.suites.exercise_digests import exercise_digests

DIGEST = "inputs.sha256"
STOP_SIGN = ".stopping"  # beside the reports of a class: its grader wants long training runs to end
LIBRARIES = ("torch", "gymnasium", "mujoco", "numpy", "ipython", "safetensors")
_PACKAGE = Path(autograder.__file__).parent
_GIVEN = Path(rlhelpers.__file__).parent  # what notebooks import
_READ = (".py", ".json", ".j2", ".css", ".mo")
_MAX_FILES = 1000  # of a hand-in; the rest does not count
_SHOWN: dict[str, Any] = {"title": "", "titles": {}, "soft_deadline": None, "hard_deadline": None, "extensions": {}}
_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Inputs:
    """Digests of what a report depends on.

    Attributes:
        judging: Of what all checks depend on: hand-in, release, secret, limits, versions, plan, shared files of suites.
        showing: Of what is worked out anew without running anything: deadlines, extension, titles, pages.
        hand_in: Of the files of the hand-in; if they are others in the end, the report is not kept.
        exercises: Of what in the suite only one exercise depends on, by exercise.
    """

    judging: str
    showing: str
    hand_in: str
    exercises: Mapping[str, str]

    def __str__(self) -> str:
        return "\n".join([self.judging, self.showing, *map(" ".join, self.exercises.items()), ""])


class Digests:
    """Says what reports depend on, in one run of the grader.

    Args:
        course: The course.
        level: Isolation level that was asked for.
        plan: How much is run.
    """

    def __init__(self, course: Course, level: str | None, plan: GradingPlan) -> None:
        self._course = course
        self._asked = {"level": level, "plan": asdict(plan)}
        self._shared: dict[str, dict[str, Any]] = {}

    def of(self, student: str, assignment_id: str, folder: Path) -> Inputs:
        """The digests for one submission.

        Args:
            student: Student id.
            assignment_id: Assignment id.
            folder: The hand-in; the content of its files counts, timestamp included.
        """
        assignment = self._course.assignment(assignment_id)
        if assignment_id not in self._shared:  # by a class, not by each of its students
            self._shared[assignment_id] = self._of_all(assignment)
        hand_in = hand_in_digest(folder)
        judging = self._shared[assignment_id] | {"hand-in": hand_in}
        shown = self._shown(assignment, student)
        return Inputs(_digest(judging), _digest(shown), hand_in, _of_exercises(assignment_id))

    def _of_all(self, assignment: Assignment) -> dict[str, Any]:
        files = [self._course.source(assignment)]
        files += sorted(self._course.released(assignment).parent.glob("*.ipynb"))
        return self._asked | {
            "secret": hashlib.sha256(self._course.secret()).hexdigest(),
            "files": [_of_file(file) for file in files],
            "assignment": repr(replace(assignment, **_SHOWN)),
            "software": _of_software(assignment.id),
        }

    def _shown(self, assignment: Assignment, student: str) -> dict[str, Any]:
        own, course = assignment.for_student(student), self._course
        return {
            "deadlines": [own.soft_deadline, own.hard_deadline, own != assignment, course.timezone.key],
            "titles": [course.title, sorted(course.titles.items()), own.title, sorted(own.titles.items())],
            "pages": _of_pages(),
        }


def hand_in_digest(folder: Path) -> str:
    """SHA-256 of the files of a hand-in."""
    return _digest(_of_files(folder))


@dataclass(frozen=True)
class Kept:
    """The report of an earlier run, which stays on disk until it is its turn.

    Attributes:
        file: Where it is.
        inputs: What it depends on today.
        is_current: Whether it says what it would say today; else its checks hold, but not lateness or page.
        changed: Exercises whose checks or known mistakes are others today: they have to be judged again.
    """

    file: Path
    inputs: Inputs
    is_current: bool
    changed: frozenset[str] = frozenset()

    @property
    def report(self) -> GradeReport:
        """The report, read anew."""
        return read_report(self.file)


def kept_result(results: Path, student: str, assignment: str, inputs: Inputs) -> Kept | None:
    """What an earlier run has found out by the same judging, or None."""
    folder = results / student / assignment
    try:
        judging, showing, *exercises = (folder / DIGEST).read_text(encoding="ascii").splitlines()
        if judging != inputs.judging or not (folder / "feedback.html").exists():
            return None
        then = {tuple(line.split()) for line in exercises}
        changed = frozenset(name for name, _ in then ^ {*inputs.exercises.items()})
        kept = Kept(folder / "report.json", inputs, showing == inputs.showing and not changed, changed)
        if kept.report.status == "graded" and not (folder / "executed.ipynb").exists():
            return None
        return kept
    except (OSError, ValueError, InputError):
        return None


def forget(results: Path, student: str, assignment: str) -> None:
    """Says that the report is about to change."""
    (results / student / assignment / DIGEST).unlink(missing_ok=True)


def keep(results: Path, report: GradeReport, inputs: Inputs | None) -> None:
    """Says what went into the report that has just been written; a fault of the grader is never kept."""
    faults = [check for check in report.checks if check.status == "error"]
    if inputs and report.versions and not faults:
        write_atomically(results / report.student / report.assignment / DIGEST, str(inputs))


@contextlib.contextmanager
def only_grader(results: Path, wait_seconds: float = 0.0) -> Iterator[None]:
    """Keeps other graders away from a folder of results; the lock ends with the process, however it ends.

    A stop sign is its grader's: what another one has left is removed, and in the end this one's.

    Args:
        results: The folder.
        wait_seconds: How long to wait for another one.

    Raises:
        InputError: Another one is at work there.
    """
    deadline = time.monotonic() + wait_seconds
    with (results / ".lock").open("w") as lock:
        try:
            while not _locked(lock, last=time.monotonic() >= deadline):
                time.sleep(_POLL_SECONDS)
        except OSError as error:
            raise InputError(
                f"{results}: expected to be the only one that writes there, found another `autograder grade` at work; "
                "wait for its end, or name another folder"
            ) from error
        _remove_stop_sign(results)
        try:
            yield
        finally:
            _remove_stop_sign(results)


def _remove_stop_sign(results: Path) -> None:
    with contextlib.suppress(OSError):  # of a folder that cannot be written; whoever writes there says so
        (results / STOP_SIGN).unlink()


def _locked(lock: IO[str], *, last: bool) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if last:
            raise
        return False
    return True


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
    """Of what students' code runs with, and of the autograder's own code without other suites and the pages."""
    own = _of_code(_PACKAGE, lambda path: _counts(path, assignment_id))
    versions = {name: _version(name) for name in LIBRARIES} | {"python": python_version()}
    return _digest({"own": own, "given": _of_code(_GIVEN), "libraries": versions})


@cache
def _of_exercises(assignment_id: str) -> dict[str, str]:
    """Of exercises, and of the translations in which executed notebooks show verdicts: that touches none of them."""
    return exercise_digests(assignment_id) | {
        "translations": _digest(_of_code(_PACKAGE, lambda path: path.suffix == ".mo"))
    }


@cache
def _of_pages() -> str:
    return _digest(_of_code(_PACKAGE / "outlets"))


def _of_code(folder: Path, counts: Callable[[Path], bool] = lambda _: True) -> dict[str, str]:
    files = [path for path in sorted(folder.rglob("*")) if path.suffix in _READ and counts(path)]
    return {os.fspath(path.relative_to(folder)): _of_file(path) for path in files}


def _counts(path: Path, assignment_id: str) -> bool:
    of_another_suite = path.parent.parent == SUITES and path.parent.name != assignment_id
    left_out = of_another_suite or path.suffix == ".mo" or path.is_relative_to(_PACKAGE / "outlets")
    return not left_out and path not in own_files(assignment_id)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _digest(facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
