"""Deadline: an allowance of time that a busy machine does not use up.

What counts is wall time in which a process had a processor or did not want one. What it waited for a processor does
not count: no verdict may depend on what else is graded, or trained, on the same machine. The kernel keeps that time for
each thread; where it does not say, all wall time counts.

A submission could hold itself up, with processes of its own: after ``PATIENCE`` times its seconds a deadline has come,
whatever was waited for.

Source: https://docs.kernel.org/scheduler/sched-stats.html, about /proc/PID/schedstat.
"""

from __future__ import annotations

import contextlib
import functools
import os
import threading
import time

PATIENCE = 10.0
_NANOSECONDS = 1e9
_READ_BYTES = 128


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

    def close(self) -> None:
        """Looks no more."""
        if self._file is not None:
            os.close(self._file)
        self._file = None


def own_waits() -> ProcessorWaits:
    """Those of the calling thread."""
    return _waits_of_thread(threading.get_native_id())


@functools.cache
def _waits_of_thread(_: int) -> ProcessorWaits:
    return ProcessorWaits("thread-self")


class Stopwatch:
    """Counts time from now on.

    Args:
        waits: Of the threads whose waiting does not count; with none, all wall time does.
    """

    def __init__(self, *waits: ProcessorWaits) -> None:
        self._waits = waits
        self._began = time.monotonic()
        self._waited_before = self._waited()

    def passed(self) -> float:
        """Seconds of wall time so far."""
        return time.monotonic() - self._began

    def spent(self) -> float:
        """Seconds that count so far."""
        passed = self.passed()
        return max(passed / PATIENCE, passed - (self._waited() - self._waited_before))

    def _waited(self) -> float:
        return sum(each.seconds() for each in self._waits)


class Deadline:
    """Comes when so many seconds have been spent from now on.

    Args:
        seconds: How many.
        waits: See ``Stopwatch``.
    """

    def __init__(self, seconds: float, *waits: ProcessorWaits) -> None:
        self._seconds = seconds
        self._stopwatch = Stopwatch(*waits)

    def left(self) -> float:
        """Seconds that are left, at most 0 when it has come; so much wall time at least."""
        left = self._seconds - self._stopwatch.passed()
        return left if left > 0.0 else self._seconds - self._stopwatch.spent()
