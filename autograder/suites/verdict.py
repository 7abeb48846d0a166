"""Verdict: what an exception in a hidden check means, and what the student reads about it."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from autograder.errors import (
    CheckFailed,
    DeadlineExceeded,
    GuestDied,
    ReplyRejected,
    StudentRaised,
)
from autograder.message import as_message, joined, message, told_by
from autograder.report import CheckStatus
from autograder.suites.student_text import StudentText

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Check:
    """One hidden check, as its suite declares it.

    Attributes:
        id: ``<assignment>.<exercise>.<name>``.
        exercise: The exercise that it judges.
        name: What it shows, in words joined by underscores.
        points: What it gives.
        hint: What the student reads after the message of a failure.
        needs: Checks, ``<exercise>.<name>``, without which this one cannot be judged.
    """

    id: str
    exercise: str
    name: str
    points: float
    hint: str = ""
    needs: tuple[str, ...] = ()

    @property
    def short_id(self) -> str:
        """``<exercise>.<name>``, as ``needs`` spells it."""
        return f"{self.exercise}.{self.name}"


@dataclass(frozen=True)
class Verdict:
    """What came of a check.

    Attributes:
        status: Its status.
        message: For the student.
        is_certain: Whether no other check can have brought it about: a stub raises in every process.
    """

    status: CheckStatus
    message: str = ""
    is_certain: bool = False


PASSED = Verdict("passed", is_certain=True)
OUT_OF_TIME = Verdict(
    "blocked", message("Not run: the time for grading this notebook was used up by what came before.")
)


def blocked_by(check: Check, unmet: str) -> Verdict:
    """The verdict where another check, which this one needs, did not pass."""
    exercise, _, name = unmet.partition(".")
    text = message(
        "Could not be judged: it needs “{check}” of `{exercise}`, which did not pass.",
        check=as_message(name.replace("_", " ")),
        exercise=exercise,
    )
    return Verdict("blocked", text)


def given_up(check: Check) -> Verdict:
    """The verdict where earlier checks of the exercise have waited in vain."""
    return Verdict("blocked", message("Not run: `{exercise}` did not answer in time before.", exercise=check.exercise))


def verdict_on(error: BaseException, check: Check, text: StudentText) -> Verdict:
    """The verdict on a check that ended with an exception.

    Args:
        error: The exception.
        check: The check.
        text: What may be quoted.
    """
    match error:
        case CheckFailed():
            return Verdict("failed", _with_hint(told_by(error), check))
        case StudentRaised(type_name="NotImplementedError"):
            return _not_written(error, check, text)
        case StudentRaised():
            return Verdict("failed", _with_hint(message("Your code raised {error}.", error=text.raised(error)), check))
        case DeadlineExceeded():
            return Verdict("timeout", _too_slow(error, check))
        case GuestDied():
            return Verdict("failed", _ended(error))
        case ReplyRejected():
            reason = message("What came back cannot be judged: {reason}.", reason=text.rejected(error))
            return Verdict("failed", _with_hint(reason, check))
    _log.error("check %s: fault of the grader", check.id, exc_info=error)
    return Verdict(
        "error",
        message(
            "The grader itself failed here ({error}); a person will look, nothing to do for you.",
            error=type(error).__name__,
        ),
    )


def _too_slow(error: DeadlineExceeded, check: Check) -> str:
    return message(
        "`{exercise}` did not answer within {seconds:g} seconds; "
        "is there a loop that never ends, or a wait for something that never comes?",
        exercise=check.exercise,
        seconds=error.seconds,
    )


def _ended(error: GuestDied) -> str:
    crash = message("it called exit, crashed, or used more processor time than it may")
    return message(
        "The process that ran your code ended before it answered: {reason}.",
        reason=told_by(error) if "memory" in str(error) else crash,
    )


def _not_written(error: StudentRaised, check: Check, text: StudentText) -> Verdict:
    inner = error.frames[-1] if error.frames else None
    owner = check.exercise if inner is None else text.owner(inner)
    if owner == check.exercise or inner is None:
        mine = message("`{exercise}` is not written yet: it raises NotImplementedError.", exercise=check.exercise)
        return Verdict("failed", mine, True)
    other = message("Could not be judged: it needs `{exercise}`, which is not written yet.", exercise=owner)
    return Verdict("blocked", other, True)


def _with_hint(text: str, check: Check) -> str:
    return joined("\n", [text, check.hint]) if check.hint else text
