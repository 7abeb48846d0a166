"""SubmissionProcess: the grader's side of one submission.

Whatever comes from the submission's processes is a claim. What ends them is not: a pidfd that the warm process's own
code handed over before any of the student's had run, and a deadline for every exchange.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from autograder.errors import DeadlineExceeded, GuestDied, GuestError, ReplyRejected
from autograder.message import message
from autograder.sandbox.cell_result import CellResult, read_cell_result
from autograder.sandbox.channel import Channel
from autograder.sandbox.check_process import CheckProcess
from autograder.sandbox.claimed_text import clean_text
from autograder.sandbox.deadline import Deadline, Notice, Overtime, ProcessorWaits, own_waits
from autograder.sandbox.families import family, pid_of
from autograder.sandbox.limits import MEBIBYTE, Limits
from autograder.sandbox.resource_watch import ResourceWatch, Watched

GRACE_SECONDS = 3.0
END_SECONDS = 10.0
_TRACEBACK_CHARACTERS = 16 * MEBIBYTE  # over all cells; a traceback is not counted among outputs inside
_OUT_OF_MEMORY = re.compile(r"MemoryError|[Cc]an(no|')t allocate memory")


class SubmissionProcess:
    """A fork of the warm process that runs the cells of one submission.

    Args:
        channel: Leads to it.
        pidfd: Of its first process.
        pid: Of the process that runs cells; 0 if that is not known.
        watch: Looks after its memory and files.
        watched: What it may use, and what ends all its processes.
        overtime: By which its deadlines may be exceeded while it waits for a processor.
        clean_up: Called when its processes have been ended.

    Attributes:
        waits: For a processor, of the process that runs cells.
    """

    def __init__(
        self,
        channel: Channel,
        pidfd: int,
        pid: int,
        watch: ResourceWatch,
        watched: Watched,
        overtime: Overtime,
        clean_up: Callable[[], None] = lambda: None,
    ) -> None:
        self._channel = channel
        self._pidfd = pidfd
        self._limits: Limits = watched.limits
        self._watch = watch
        self._watched = watched
        self._clean_up = clean_up
        self._closed = False
        self._ended_for: str | None = None
        self._kept_characters = 0
        self.overtime = overtime
        self.waits = ProcessorWaits(pid)
        self._main: int | None = None
        if pid:
            with contextlib.suppress(OSError):
                self._main = os.pidfd_open(pid)
        watch.add(pidfd, watched)

    def run_cell(self, index: int, source: str, seconds: float) -> CellResult:
        """Runs one cell.

        Args:
            index: Number of the cell, for tracebacks.
            source: Its source.
            seconds: Time after which it is interrupted; if that does not help, the process is killed.

        Raises:
            DeadlineExceeded: It could not be interrupted.
            GuestDied: The process ended.
            ReplyRejected: Its outputs may not cross the door.
        """
        request = {"operation": "run_cell", "index": index, "source": source}
        waits = (self.waits, own_waits())
        deadline = Notice(seconds, *waits, overtime=self.overtime, ask=self._interrupt, grace=GRACE_SECONDS)
        reply = self._request(request, seconds, deadline)
        try:
            result = read_cell_result(reply)
        except ReplyRejected as error:
            raise self._ended(error) from error
        if deadline.is_given and result.error == "KeyboardInterrupt":
            text = message("the cell was stopped after {seconds:g} seconds", seconds=seconds)
            result = replace(result, error="TimeoutError", message=text, was_stopped=True)
        if result.error is not None and _OUT_OF_MEMORY.search(f"{result.error}: {result.message}"):
            self._end_if_full()
        self._kept_characters += result.characters
        if self._kept_characters > self._limits.output_bytes + _TRACEBACK_CHARACTERS:
            raise self._ended(ReplyRejected("the outputs of its cells are too large"))
        return result

    def open_check(self) -> CheckProcess:
        """Forks a process for checks.

        Raises:
            DeadlineExceeded: The submission does not answer.
            GuestDied: The submission's process has ended.
            ReplyRejected: It answered nonsense.
        """
        ours, theirs = socket.socketpair()
        channel = Channel(ours)
        pidfd = None
        try:
            with theirs:
                seconds = self._limits.check_seconds
                self._request({"operation": "fork"}, seconds, self._deadline(seconds), theirs.fileno())
            hello, pidfd = self._receive_hello(channel)
            # What it calls its process may be none, or another one: no signal goes to what is not of this family.
            if hello != {"result": None} or pidfd is None or pid_of(pidfd) not in self._members():
                if pidfd is not None and not pid_of(pidfd):
                    self._watch.unexplained_ends += 1
                raise self._ended(ReplyRejected("expected the process of a check, received none"))
        except BaseException:
            channel.close()
            if pidfd is not None:
                os.close(pidfd)
            raise
        return CheckProcess(channel, pidfd, self._limits.check_seconds, self)

    def _end_if_full(self) -> None:
        """Ends a submission whose memory stays used after a cell has run out of it: nothing else could run."""
        if self._watch.used_bytes(self._pidfd) > self._limits.memory_bytes // 2:
            self._ended_for = "memory"
            raise self._ended(GuestDied(""))

    def explained(self, error: GuestError) -> GuestError:
        """The same error, or what is behind it: the end of the submission for what it has used."""
        if not self._closed and (reason := self._watch.exceeded(self._pidfd)):
            self._ended_for = reason
            self.close()
        if self._ended_for == "memory":
            most = self._limits.memory_bytes // MEBIBYTE
            return GuestDied(message("more than {most} MiB of memory were used", most=most))
        if self._ended_for == "disk":
            most = self._limits.file_bytes // MEBIBYTE
            return GuestDied(message("more than {most} MiB were written to files, or too many files", most=most))
        if isinstance(error, GuestDied):
            self._watch.unexplained_ends += 1
        return error

    @property
    def closed(self) -> bool:
        """Whether its processes have been ended."""
        return self._closed

    def close(self) -> None:
        """Kills all its processes and waits for their end; what they have left in files is gone with them."""
        if self._closed:
            return
        self._closed = True
        self._watch.remove(self._pidfd)
        self._watched.end()
        _wait_for_end(self._pidfd)  # of a whole pid namespace: what comes next shall not pay for a fork bomb
        os.close(self._pidfd)
        if self._main is not None:
            os.close(self._main)
        self._channel.close()
        self.waits.close()
        self._clean_up()
        if self._watched.group is not None:
            self._watched.group.remove()

    def _members(self) -> list[int]:
        return family(pid_of(self._pidfd))

    def _receive_hello(self, channel: Channel) -> tuple[Any, int | None]:
        seconds = self._limits.check_seconds
        try:
            # How long the new process has waited for a processor is not known; it takes milliseconds.
            return channel.receive_with_descriptor(deadline=Deadline(seconds))
        except DeadlineExceeded:
            raise self._ended(DeadlineExceeded(seconds)) from None
        except GuestError as error:
            raise self._ended(error) from error

    def _request(
        self, request: dict[str, Any], seconds: float, deadline: Deadline, descriptor: int | None = None
    ) -> Any:
        if self._closed:
            raise self.explained(GuestDied(message("the submission's process has ended")))
        try:
            self._channel.send(request, deadline=deadline, descriptor=descriptor)
            reply = self._channel.receive(deadline=deadline)
        except DeadlineExceeded as error:
            raise self._ended(DeadlineExceeded(seconds)) from error
        except GuestError as error:
            raise self._ended(error) from error
        match reply:
            case {"result": result, **rest} if not rest:
                return result
            case {"raised": {"type": str(name), "message": str(said)}}:
                reason = clean_text(f"{name}: {said}")
                text = message("the submission's process refused a request of the grader ({reason})", reason=reason)
                raise self._ended(GuestDied(text))
        raise self._ended(GuestDied(message("the submission's process refused a request of the grader")))

    def _deadline(self, seconds: float) -> Deadline:
        return Deadline(seconds, self.waits, own_waits(), overtime=self.overtime)

    def _interrupt(self) -> None:
        """Has the cell that runs stop, if it lets itself be stopped."""
        if self._main is not None:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self._main, signal.SIGALRM)

    def _ended(self, error: GuestError) -> GuestError:
        """Ends the submission; returns the error to raise."""
        error = self.explained(error)
        self.close()
        return error


def _wait_for_end(pidfd: int) -> None:
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    poll.poll(END_SECONDS * 1000.0)
