"""Helpers of the sandbox's tests: to ask a submission, and to look at it from outside."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from textwrap import dedent
from typing import Any

import autograder
from autograder.sandbox.door import CheckProcess, SubmissionProcess, WarmProcess
from autograder.sandbox.families import family
from autograder.sandbox.limits import Limits
from autograder.sandbox.student import Student

PACKAGE = Path(autograder.__file__).parent


def told(submission: SubmissionProcess, source: str, seconds: float = 15.0) -> Any:
    """Runs a cell and returns what it prints as a Python value."""
    result = submission.run_cell(1, dedent(source), seconds)
    assert result.error is None, (result.error, result.message)
    printed = "".join(output["text"] for output in result.outputs if output.get("name") == "stdout")
    return eval(printed, {})


def define(submission: SubmissionProcess, source: str) -> None:
    """Runs a cell."""
    result = submission.run_cell(1, dedent(source), 10.0)
    assert result.error is None, result.message


def check_of(submission: SubmissionProcess, source: str) -> tuple[CheckProcess, Student]:
    """Runs a cell and forks a process for checks."""
    define(submission, source)
    check = submission.open_check()
    return check, Student(check)


def assert_alive(submission: SubmissionProcess) -> None:
    """Has a fresh check answer."""
    check = submission.open_check()
    assert Student(check).has("__name__")
    check.close()


@contextmanager
def opened(warm: WarmProcess, **limits: Any) -> Iterator[SubmissionProcess]:
    """A submission with these limits."""
    with warm.submission(Limits(**limits)) as submission:
        yield submission


def alive(warm: WarmProcess) -> set[int]:
    """The processes of a warm process that have not ended."""
    return {pid for pid in family(warm._process.pid) if running(pid)}


def running(pid: int) -> bool:
    """Whether a process exists that has not ended."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def descriptors() -> int:
    """How many descriptors the grader has open."""
    return len(list(Path("/proc/self/fd").iterdir()))
