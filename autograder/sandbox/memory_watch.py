"""MemoryWatch: kills submissions that use more memory than they may, seen from outside.

``RLIMIT_AS`` makes most programs fail with a MemoryError of their own; it holds for one process, so that a family
of processes needs a look from outside. Where a memory cgroup can be had it would be stricter: what the kernel holds
for a submission (socket buffers) is bounded here by the number of its descriptors only.
"""

from __future__ import annotations

import contextlib
import signal
import threading

from autograder.sandbox.families import family, memory_bytes, pid_of, proportional_memory_bytes


class MemoryWatch:
    """A thread that looks at the memory of running submissions several times a second.

    Args:
        baseline_bytes: Memory that every process shares with the warm process.
    """

    INTERVAL_SECONDS = 0.2

    def __init__(self, baseline_bytes: int) -> None:
        self._baseline_bytes = baseline_bytes
        self._watched: dict[int, int] = {}  # pidfd of a submission's first process -> bytes it may use
        self._exceeded: set[int] = set()
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._watch, name="memory watch", daemon=True)
        self._thread.start()

    def add(self, pidfd: int, limit_bytes: int) -> None:
        """Watches a submission from now on."""
        with self._lock:
            self._watched[pidfd] = limit_bytes
        self._changed.set()

    def remove(self, pidfd: int) -> None:
        """Stops watching; to be called before the descriptor is closed."""
        with self._lock:
            self._watched.pop(pidfd, None)
            self._exceeded.discard(pidfd)

    def has_exceeded(self, pidfd: int) -> bool:
        """Whether a watched submission was killed for its memory."""
        with self._lock:
            return pidfd in self._exceeded

    def used_bytes(self, pidfd: int) -> int:
        """Memory that a submission uses at this moment, beyond the warm process's."""
        return max(0, self._used_bytes(family(pid_of(pidfd))))

    def close(self) -> None:
        """Ends the thread."""
        self._stopped = True
        self._changed.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopped:
            with self._lock:
                for pidfd, limit_bytes in self._watched.items():
                    if pidfd not in self._exceeded and self._exceeds(pid_of(pidfd), limit_bytes):
                        self._exceeded.add(pidfd)
                        with contextlib.suppress(OSError):
                            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
                interval = self.INTERVAL_SECONDS if self._watched else None
            self._changed.wait(interval)
            self._changed.clear()

    def _exceeds(self, pid: int, limit_bytes: int) -> bool:
        members = family(pid)
        upper_bound = sum(map(memory_bytes, members))  # pages that several have are counted several times
        return upper_bound > limit_bytes and self._used_bytes(members) > limit_bytes

    def _used_bytes(self, members: list[int]) -> int:
        """What they have beyond the warm process's own pages, which count once at most; costs milliseconds each."""
        used_bytes = -self._baseline_bytes
        for member in members:
            proportional = proportional_memory_bytes(member)
            unseen = max(0, memory_bytes(member) - self._baseline_bytes)
            used_bytes += unseen if proportional is None else proportional
        return used_bytes
