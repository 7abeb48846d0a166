"""CheckProcess: the grader's side of one fork of a submission, which serves checks."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING, Any

from autograder.errors import DeadlineExceeded, GuestDied, GuestError, ReplyRejected, SandboxError
from autograder.message import message
from autograder.sandbox.channel import Channel
from autograder.sandbox.deadline import Deadline, ProcessorWaits, own_waits
from autograder.sandbox.families import pid_of
from autograder.sandbox.transport import Answer

if TYPE_CHECKING:
    from autograder.sandbox.submission_process import SubmissionProcess


class CheckProcess:
    """A fork of a submission that serves checks; a ``Transport`` for ``Student``.

    It is ended by the first exchange that goes wrong: a late reply is never taken for the next one.

    Args:
        channel: Leads to it.
        pidfd: Of a process of the submission's, this one if the submission tells the truth. If it does not, the
            process lives on until the submission is ended.
        seconds: Time of one check.
        submission: What it was forked from.
    """

    def __init__(self, channel: Channel, pidfd: int, seconds: float, submission: SubmissionProcess) -> None:
        self._channel = channel
        self._pidfd = pidfd
        self._seconds = seconds
        self._submission = submission
        self._closed = False
        self._waits = ProcessorWaits(pid_of(pidfd))
        self.renew()

    def renew(self, seconds: float | None = None) -> None:
        """Starts the time of the next check: the usual time, or so many seconds."""
        self._allowed = self._seconds if seconds is None else seconds
        self._deadline = Deadline(self._allowed, self._waits, own_waits(), overtime=self._submission.overtime)

    def exchange(self, request: dict[str, Any], answer: Answer) -> Any:
        """See ``Transport.exchange``.

        Raises:
            SandboxError: The check itself sends something that may not cross the door.
        """
        if self._closed:
            raise self._submission.explained(GuestDied(message("the process of the check has ended")))
        try:
            self._send(request)
            reply = self._channel.receive(deadline=self._deadline)
            while isinstance(reply, dict) and list(reply) == ["ask"]:
                self._send(_answered(answer, reply["ask"]))
                reply = self._channel.receive(deadline=self._deadline)
        except DeadlineExceeded:
            self.close()
            raise DeadlineExceeded(self._allowed) from None
        except GuestError as error:
            self.close()
            raise self._submission.explained(error) from error
        except BaseException:
            self.close()
            raise
        return reply

    def close(self) -> None:
        """Kills the process."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        os.close(self._pidfd)
        self._channel.close()
        self._waits.close()

    def _send(self, message: Any) -> None:
        try:
            self._channel.send(message, deadline=self._deadline)
        except ReplyRejected as error:
            raise SandboxError(f"expected a check to send plain data, {error}") from error


def _answered(answer: Answer, question: Any) -> dict[str, Any]:
    try:
        return answer(question)
    except ValueError as error:
        raise ReplyRejected(str(error)) from error
