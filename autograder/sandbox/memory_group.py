"""MemoryGroup: a memory control group around one submission, where this process may make one.

It holds for what the memory watch cannot see or sees too late: what the kernel keeps for the submission (socket
buffers, page tables), files in memory, and whatever comes between two looks. It is set a little above the watch's
limit, which decides as long as it can: a submission gets the same verdict on a machine without control groups.

Sources: cgroups(7), https://docs.kernel.org/admin-guide/cgroup-v2.html,
https://docs.kernel.org/admin-guide/cgroup-v1/memory.html.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox.limits import MEBIBYTE, Limits

ROOM_BYTES = 128 * MEBIBYTE  # for what the watch does not count
_MOUNTS, _OWN_GROUPS = Path("/proc/self/mountinfo"), Path("/proc/self/cgroup")
_NAME = "autograder"
_numbers = itertools.count()


@dataclass(frozen=True)
class MemoryGroups:
    """Where memory groups are made.

    Attributes:
        folder: The group under which they come.
        version: 1 or 2.
    """

    folder: Path
    version: int

    def around(self, pid: int, limits: Limits) -> MemoryGroup:
        """Makes a group and moves a process into it; its children follow.

        Raises:
            OSError: The kernel refuses.
        """
        group = MemoryGroup(self.folder / f"{_NAME}-{os.getpid()}-{next(_numbers)}", self.version)
        group.folder.mkdir()
        try:
            group.limit(limits.memory_bytes + 2 * limits.file_bytes + ROOM_BYTES)
            (group.folder / "cgroup.procs").write_text(str(pid))
        except OSError:
            group.remove()
            raise
        return group

    def remove_leftovers(self) -> None:
        """Removes groups of graders that were killed; the kernel keeps those that still have a process."""
        for group in self.folder.glob(f"{_NAME}-*-*"):
            if _has_ended(group.name.split("-")[1]):
                MemoryGroup(group, self.version).remove()


def _has_ended(pid: str) -> bool:
    """Whether a process is gone, or a zombie, as stay where nobody reaps. Source: proc_pid_stat(5)."""
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


@dataclass(frozen=True)
class MemoryGroup:
    """One group.

    Attributes:
        folder: Its folder.
        version: 1 or 2.
    """

    folder: Path
    version: int

    def limit(self, limit_bytes: int) -> None:
        """Sets how much memory it may hold; swap is none where that can be said."""
        if self.version == 1:
            (self.folder / "memory.limit_in_bytes").write_text(str(limit_bytes))
            return
        (self.folder / "memory.max").write_text(str(limit_bytes))
        for name, value in (("memory.swap.max", "0"), ("memory.oom.group", "1")):
            with contextlib.suppress(OSError):
                (self.folder / name).write_text(value)

    def was_full(self) -> bool:
        """Whether the kernel has killed a process of it for memory."""
        name = "memory.oom_control" if self.version == 1 else "memory.events"
        with contextlib.suppress(OSError):
            fields = (line.split() for line in (self.folder / name).read_text().splitlines())
            return any(field[0] == "oom_kill" and int(field[1]) > 0 for field in fields)
        return False

    def remove(self) -> None:
        """Removes it; its processes have ended."""
        with contextlib.suppress(OSError):
            self.folder.rmdir()


def memory_groups() -> MemoryGroups | None:
    """Where this process may make memory groups, tried out; None if nowhere."""
    for version, controllers, kind in ((2, "", "cgroup2"), (1, "memory", "cgroup")):
        own = _own_group(controllers)
        mounted = _mounted(kind, controllers)
        if own is None or mounted is None:
            continue
        folder = mounted / own.lstrip("/")
        if version == 2 and own != "/":
            folder = folder.parent  # a group that limits groups has no processes of its own
        groups = MemoryGroups(folder, version)
        groups.remove_leftovers()
        if _works(groups):
            return groups
    return None


def _works(groups: MemoryGroups) -> bool:
    probe = MemoryGroup(groups.folder / f"{_NAME}-{os.getpid()}-{next(_numbers)}", groups.version)
    try:
        probe.folder.mkdir()
        probe.limit(ROOM_BYTES)
    except OSError:
        return False
    finally:
        probe.remove()
    return os.access(groups.folder / "cgroup.procs", os.W_OK)


def _own_group(controllers: str) -> str | None:
    with contextlib.suppress(OSError):
        for line in _OWN_GROUPS.read_text().splitlines():
            _, names, path = line.split(":", 2)
            if (controllers in names.split(",")) if controllers else not names:
                return path
    return None


def _mounted(kind: str, controllers: str) -> Path | None:
    with contextlib.suppress(OSError):
        for line in _MOUNTS.read_text().splitlines():
            before, _, after = line.partition(" - ")
            file_system, _, options = after.split(" ", 2)
            if file_system == kind and (not controllers or controllers in options.split(",")):
                return Path(before.split()[4])
    return None
