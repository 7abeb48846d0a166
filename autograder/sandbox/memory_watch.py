"""MemoryWatch: kills submissions that use more memory than they may, seen from outside.

``RLIMIT_AS`` makes most programs fail with a MemoryError of their own; it holds for one process, so that a family
of processes, or memory in files, needs a look from outside. Where a memory cgroup can be had it would be stricter.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from pathlib import Path

_PROC = Path("/proc")
_KIBIBYTE = 1024


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

    def add(self, pidfd: int, memory_bytes: int) -> None:
        """Watches a submission from now on."""
        with self._lock:
            self._watched[pidfd] = memory_bytes
        self._changed.set()

    def remove(self, pidfd: int) -> bool:
        """Stops watching; tells whether the submission was killed for its memory."""
        with self._lock:
            self._watched.pop(pidfd, None)
            exceeded = pidfd in self._exceeded
            self._exceeded.discard(pidfd)
            return exceeded

    def close(self) -> None:
        """Ends the thread."""
        self._stopped = True
        self._changed.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopped:
            if not self._watched:
                self._changed.wait()
                self._changed.clear()
                continue
            with self._lock:
                for pidfd, memory_bytes in self._watched.items():
                    if pidfd not in self._exceeded and self._used_bytes(pidfd) > memory_bytes:
                        self._exceeded.add(pidfd)
                        with contextlib.suppress(OSError):
                            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            self._changed.wait(self.INTERVAL_SECONDS)

    def _used_bytes(self, pidfd: int) -> int:
        return sum(max(0, own_memory_bytes(pid) - self._baseline_bytes) for pid in family(pid_of(pidfd)))


def pid_of(pidfd: int) -> int:
    """The process id, as seen by this process, behind a pidfd; 0 if it has ended or is no pidfd."""
    with contextlib.suppress(OSError, ValueError):
        for line in (_PROC / "self/fdinfo" / str(pidfd)).read_text().splitlines():
            if line.startswith("Pid:"):
                return max(0, int(line.split()[1]))
    return 0


def family(pid: int) -> list[int]:
    """A process and all its descendants (those that are left when the list is made)."""
    found = [pid] if pid else []
    for member in found:  # grows while it is walked
        with contextlib.suppress(OSError):
            for children in (_PROC / str(member) / "task").glob("*/children"):
                found += map(int, children.read_text().split())
    return found


def own_memory_bytes(pid: int) -> int:
    """Anonymous and shared memory of a process that is in RAM (bytes); files mapped from disk don't count."""
    fields = {}
    with contextlib.suppress(OSError):
        for line in (_PROC / str(pid) / "status").read_text().splitlines():
            name, _, rest = line.partition(":")
            fields[name] = rest
    return sum(int(fields[name].split()[0]) * _KIBIBYTE for name in ("RssAnon", "RssShmem") if name in fields)
