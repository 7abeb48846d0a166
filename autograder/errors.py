"""Every error of the autograder, in one tree.

AutograderError
├── InputError               what the instructor gave cannot be used (folder, file, option, course.toml)
│   └── GradebookUnavailable its database does not answer, or is in use
├── SubmissionError          a hand-in cannot be graded; becomes ``needs_attention``, never a silent zero
├── SandboxError             the grader's own machinery failed; never the student's fault
│   └── IsolationUnavailable the machine offers less isolation than was asked for
├── ClusterLost              a Dask cluster went away while a class was graded on it
├── CheckFailed              a hidden check is not met; its message is written for the student
└── GuestError               what happened while the student's code ran
    ├── StudentRaised        it raised an exception
    ├── DeadlineExceeded     it did not answer in time
    ├── GuestDied            its process ended (exit, crash, a limit of the sandbox)
    └── ReplyRejected        it answered something that may not cross the door
"""

from __future__ import annotations

from dataclasses import dataclass


class AutograderError(Exception):
    """Base of all errors that the autograder raises on purpose."""


class InputError(AutograderError):
    """The instructor's input cannot be used; the message says expected, received and what to do."""


class GradebookUnavailable(InputError):
    """The gradebook's database does not answer or is in use; nothing in it is half-written."""


class SubmissionError(AutograderError):
    """A submission cannot be graded; the message is the reason shown to instructor and student."""


class SandboxError(AutograderError):
    """The sandbox itself failed; the student is not to blame."""


class IsolationUnavailable(SandboxError):
    """This machine cannot give the isolation asked for; the message names the mending command."""


class ClusterLost(AutograderError):
    """The Dask scheduler went away; what was graded by then is kept, the same command goes on."""


class CheckFailed(AutograderError):
    """A hidden check is not met; the message goes to the student and holds no hidden value."""


class GuestError(AutograderError):
    """Something happened inside the sandbox while the student's code ran."""


@dataclass(frozen=True)
class Frame:
    """One line of a student's traceback, as the sandbox claims it.

    Attributes:
        cell: Where the code came from, for example ``"cell 7"``.
        line: Line number inside the cell, from 1.
        function: Name of the function the line belongs to.
        source: The source line, stripped.
    """

    cell: str
    line: int
    function: str
    source: str


class StudentRaised(GuestError):
    """The student's code raised an exception.

    Attributes:
        type_name: Name of the exception's class, for example ``"TypeError"``.
        message: Its text (capped by the door).
        frames: The student's own frames, outermost first; empty when the error came from elsewhere.
    """

    def __init__(self, type_name: str, message: str, frames: tuple[Frame, ...] = ()) -> None:
        super().__init__(f"{type_name}: {message}" if message else type_name)
        self.type_name = type_name
        self.message = message
        self.frames = frames


class DeadlineExceeded(GuestError):
    """The student's code did not answer within its time limit.

    Attributes:
        seconds: The limit that was exceeded.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer within {seconds:g} seconds")
        self.seconds = seconds


class GuestDied(GuestError):
    """The process that ran the student's code ended before it answered."""


class ReplyRejected(GuestError):
    """The sandbox sent something that may not cross the door (type, dtype, size, shape, format)."""
