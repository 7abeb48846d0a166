"""ResourceWatch: ends submissions that use more memory or disk than they may, seen from outside.

``RLIMIT_AS`` makes most programs fail with a MemoryError of their own; it holds for one process, so that a family
of processes needs a look from outside. What lies between two looks is left to a control group, where one can be had.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox.confinement import looking_as
from autograder.sandbox.control_group import ControlGroup
from autograder.sandbox.disk_use import OutOfSight, disk_bytes
from autograder.sandbox.families import family, memory_bytes, pid_of, proportional_memory_bytes
from autograder.sandbox.limits import Limits


@dataclass(frozen=True)
class Watched:
    """A submission that is looked after.

    Attributes:
        limits: What it may use.
        end: Ends all its processes.
        folder: Where it writes on a file system that others have too, or None.
        group: Its control group, or None.
        user: Its user, if it has one of its own.
    """

    limits: Limits
    end: Callable[[], None]
    folder: Path | None = None
    group: ControlGroup | None = None
    user: int | None = None


class ResourceWatch:
    """A thread that looks at running submissions several times a second.

    Args:
        baseline_bytes: Memory that every process shares with the warm process.

    Attributes:
        unexplained_ends: How often a process of a submission has ended by itself, or by somebody's signal: from outside
            the one looks like the other.
    """

    INTERVAL_SECONDS = 0.2

    def __init__(self, baseline_bytes: int) -> None:
        self.unexplained_ends = 0
        self._baseline_bytes = baseline_bytes
        self._watched: dict[int, Watched] = {}  # by the pidfd of a submission's first process
        self._exceeded: dict[int, str] = {}
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._watch, name="resource watch", daemon=True)
        self._thread.start()

    def add(self, pidfd: int, watched: Watched) -> None:
        """Watches a submission from now on."""
        with self._lock:
            self._watched[pidfd] = watched
        self._changed.set()

    def remove(self, pidfd: int) -> None:
        """Stops watching; to be called before the descriptor is closed."""
        with self._lock:
            self._watched.pop(pidfd, None)
            self._exceeded.pop(pidfd, None)

    def exceeded(self, pidfd: int) -> str | None:
        """What a watched submission was ended for: ``memory``, ``disk`` or None."""
        with self._lock:
            watched = self._watched.get(pidfd)
            if watched and watched.group and watched.group.was_full():
                return "memory"
            return self._exceeded.get(pidfd)

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
                for pidfd, watched in self._watched.items():
                    if pidfd not in self._exceeded and (reason := self._too_much(pid_of(pidfd), watched)):
                        self._exceeded[pidfd] = reason
                        watched.end()
                interval = self.INTERVAL_SECONDS if self._watched else None
            self._changed.wait(interval)
            self._changed.clear()

    def _too_much(self, pid: int, watched: Watched) -> str | None:
        members = family(pid)
        limit_bytes = watched.limits.memory_bytes
        upper_bound = sum(map(memory_bytes, members))  # pages that several have are counted several times
        with looking_as(watched.user):
            if upper_bound > limit_bytes and self._used_bytes(members) > limit_bytes:
                return "memory"
            if watched.folder is not None:
                try:
                    taken = disk_bytes(watched.folder, members[1:], watched.user)
                except OutOfSight:
                    return "disk"
                if taken is None or taken > watched.limits.file_bytes:
                    return "disk"
        return None

    def _used_bytes(self, members: list[int]) -> int:
        """What they have beyond the warm process's own pages, which count once at most; costs milliseconds each."""
        used_bytes = -self._baseline_bytes
        for member in members:
            proportional = proportional_memory_bytes(member)
            unseen = max(0, memory_bytes(member) - self._baseline_bytes)
            used_bytes += unseen if proportional is None else proportional
        return used_bytes
