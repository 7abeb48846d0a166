"""Verdict: what an exception in a hidden check means, and what the student reads about it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from autograder.errors import (
    CheckFailed,
    DeadlineExceeded,
    Frame,
    GuestDied,
    ReplyRejected,
    StudentRaised,
)
from autograder.report import CheckStatus

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


def blocked_by(check: Check, unmet: str) -> Verdict:
    """The verdict where another check, which this one needs, did not pass."""
    exercise, _, name = unmet.partition(".")
    return Verdict(
        "blocked",
        f"Could not be judged: it needs “{name.replace('_', ' ')}” of `{exercise}`, which did not pass.",
    )


def given_up(check: Check) -> Verdict:
    """The verdict where earlier checks of the exercise have waited in vain."""
    return Verdict("blocked", f"Not run: `{check.exercise}` did not answer in time before.")


def verdict_on(error: BaseException, check: Check, owners: Mapping[str, str]) -> Verdict:
    """The verdict on a check that ended with an exception.

    Args:
        error: The exception.
        check: The check.
        owners: The exercise that each cell belongs to: ``{"cell 7": "Actor"}``.
    """
    match error:
        case CheckFailed():
            return Verdict("failed", _with_hint(str(error), check))
        case StudentRaised(type_name="NotImplementedError"):
            return _not_written(error, check, owners)
        case StudentRaised():
            return Verdict("failed", _with_hint(f"Your code raised {error}{_place(error.frames, owners)}.", check))
        case DeadlineExceeded():
            return Verdict(
                "timeout",
                f"`{check.exercise}` did not answer within {error.seconds:g} seconds; "
                "is there a loop that never ends, or a wait for something that never comes?",
            )
        case GuestDied():
            return Verdict(
                "failed",
                "The process that ran your code ended before it answered: it called exit, crashed, "
                "or used more memory or processor time than it may.",
            )
        case ReplyRejected():
            return Verdict("failed", _with_hint(f"What your code returned cannot be judged: {error}.", check))
    _log.error("check %s: fault of the grader", check.id, exc_info=error)
    return Verdict(
        "error",
        f"The grader itself failed here ({type(error).__name__}); a person will look, nothing to do for you.",
    )


def _not_written(error: StudentRaised, check: Check, owners: Mapping[str, str]) -> Verdict:
    inner = error.frames[-1] if error.frames else None
    owner = check.exercise if inner is None else owners.get(inner.cell, inner.function)
    if owner == check.exercise or inner is None:
        return Verdict("failed", f"`{check.exercise}` is not written yet: it raises NotImplementedError.", True)
    return Verdict("blocked", f"Could not be judged: it needs `{owner}`, which is not written yet.", True)


def _with_hint(message: str, check: Check) -> str:
    return f"{message}\n{check.hint}" if check.hint else message


def _place(frames: tuple[Frame, ...], owners: Mapping[str, str]) -> str:
    if not frames:
        return ""
    frame = frames[-1]
    cell = f"{frame.cell} (`{owners[frame.cell]}`)" if frame.cell in owners else frame.cell
    source = f": `{frame.source}`" if frame.source else ""
    return f" in {cell}, line {frame.line}{source}"
