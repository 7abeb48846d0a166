"""Deadline: an allowance of time that a busy machine does not use up.

What counts is wall time in which a thread had a processor or did not want one. What it waited for a processor does not
count, once the wait is over: a verdict should not depend on what else is graded, or trained, on the same machine. The
kernel keeps that time for each thread; where it does not say, all wall time counts.

A submission could hold itself up, with processes of its own: how far its deadlines may be exceeded in all is limited.

Source: https://docs.kernel.org/scheduler/sched-stats.html, about /proc/PID/schedstat.
"""

from __future__ import annotations

import contextlib
import functools
import os
import threading
import time
from collections.abc import Callable

_NANOSECONDS = 1e9
_READ_BYTES = 128
_ASKING_SECONDS = 1.0
_own = threading.local()


class ProcessorWaits:
    """How long a thread has waited for a processor; what was known last, when it has ended.

    Args:
        thread: As /proc names it: the id of a process for its main thread, or ``thread-self``.
    """

    def __init__(self, thread: int | str) -> None:
        self._known = 0.0
        self._file: int | None = None
        with contextlib.suppress(OSError):
            self._file = os.open(f"/proc/{thread}/schedstat", os.O_RDONLY | os.O_CLOEXEC)

    def seconds(self) -> float:
        """Seconds since it began to run."""
        if self._file is not None:
            with contextlib.suppress(OSError, IndexError, ValueError):
                self._known = int(os.pread(self._file, _READ_BYTES, 0).split()[1]) / _NANOSECONDS
        return self._known

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Looks no more."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)


def own_waits() -> ProcessorWaits:
    """Those of the calling thread."""
    thread = threading.get_native_id()  # another one in a fork
    if getattr(_own, "thread", None) != thread:
        _own.thread, _own.waits = thread, ProcessorWaits("thread-self")
    waits: ProcessorWaits = _own.waits
    return waits


class Overtime:
    """Wall seconds for which deadlines that share it may be exceeded, all of them together.

    Args:
        seconds: How many.

    Attributes:
        left: How many are left.
    """

    def __init__(self, seconds: float) -> None:
        self.left = seconds


class Deadline:
    """Comes when so many seconds have been spent from now on.

    Args:
        seconds: How many.
        waits: Of the threads whose waiting does not count.
        overtime: Is used up by what does not count; without any, all wall time counts.
    """

    def __init__(self, seconds: float, *waits: ProcessorWaits, overtime: Overtime | None = None) -> None:
        self._seconds = seconds
        self._waits = waits
        self._overtime = overtime or Overtime(0.0)
        self._taken = 0.0
        self._began = time.monotonic()
        self._waited_before = self._waited()

    def left(self) -> float:
        """Seconds that are left, at most 0 when it has come; so much wall time at least."""
        left = self._seconds - (time.monotonic() - self._began)
        if left > 0.0:
            return left
        self._overtime.left -= -left - self._taken
        self._taken = -left
        return min(left + self._waited() - self._waited_before, self._overtime.left)

    def _waited(self) -> float:
        return sum(each.seconds() for each in self._waits)


class Notice(Deadline):
    """A deadline of which notice is given: a process is asked to stop, and once more every second, until it comes.

    Args:
        seconds: How many are to be spent before notice is given.
        waits: Of the threads whose waiting does not count.
        overtime: Is used up by what does not count.
        ask: Asks.
        grace: Seconds from then on until the deadline comes.
    """

    def __init__(
        self, seconds: float, *waits: ProcessorWaits, overtime: Overtime, ask: Callable[[], None], grace: float
    ) -> None:
        super().__init__(seconds, *waits, overtime=overtime)
        self._ask = ask
        self._make_end = functools.partial(Deadline, grace, *waits, overtime=overtime)
        self._end: Deadline | None = None
        self._asks_at = 0.0

    @property
    def is_given(self) -> bool:
        """Whether the process has been asked."""
        return self._end is not None

    def left(self) -> float:
        """See ``Deadline``; asks when it is time to."""
        if self._end is None:
            if (left := super().left()) > 0.0:
                return left
            self._end = self._make_end()
        if time.monotonic() >= self._asks_at:
            self._ask()
            self._asks_at = time.monotonic() + _ASKING_SECONDS
        return min(self._end.left(), _ASKING_SECONDS)
