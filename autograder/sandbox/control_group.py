"""ControlGroup: a control group around one submission, where this process may make one.

Its memory holds for what the memory watch cannot see or sees too late: what the kernel keeps for the submission (socket
buffers, page tables), files in memory, and whatever comes between two looks. It is set a little above the watch's
limit, which decides as long as it can: a submission gets the same verdict on a machine without control groups.

Processor time is shared out between groups, not between processes: one that keeps sixty busy gets no more of it than
the submission beside it. With version 1 that takes a second group, in the hierarchy of the cpu controller.

Sources: cgroups(7), https://docs.kernel.org/admin-guide/cgroup-v2.html,
https://docs.kernel.org/admin-guide/cgroup-v1/memory.html,
https://docs.kernel.org/scheduler/sched-design-CFS.html.
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
class ControlGroups:
    """Where control groups are made.

    Attributes:
        folder: The group under which they come.
        version: 1 or 2.
        processor: With version 1, the group of the cpu controller under which they come, if one can be made there.
    """

    folder: Path
    version: int
    processor: Path | None = None

    @property
    def share_processor(self) -> bool:
        """Whether processor time is shared out between them, too."""
        if self.version == 1:
            return self.processor is not None
        with contextlib.suppress(OSError):
            return "cpu" in (self.folder / "cgroup.subtree_control").read_text().split()
        return False

    def around(self, pid: int, limits: Limits) -> ControlGroup:
        """Makes a group and moves a process into it; its children follow.

        Raises:
            OSError: The kernel refuses.
        """
        group = self.named(f"{_NAME}-{os.getpid()}-{next(_numbers)}")
        try:
            for folder in group.folders:
                folder.mkdir()
            group.limit(limits.memory_bytes + 2 * limits.file_bytes + ROOM_BYTES)
            for folder in group.folders:
                (folder / "cgroup.procs").write_text(str(pid))
        except OSError:
            group.remove()
            raise
        return group

    def remove_leftovers(self) -> None:
        """Removes groups of graders that were killed; the kernel keeps those that still have a process."""
        homes = [self.folder, self.processor] if self.processor else [self.folder]
        for name in {folder.name for home in homes for folder in home.glob(f"{_NAME}-*-*")}:
            if _has_ended(name.split("-")[1]):
                self.named(name).remove()

    def named(self, name: str) -> ControlGroup:
        """The group of a name, whether or not it has been made."""
        return ControlGroup(self.folder / name, self.version, self.processor and self.processor / name)


def _has_ended(pid: str) -> bool:
    """Whether a process is gone, or a zombie, as stay where nobody reaps. Source: proc_pid_stat(5)."""
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


@dataclass(frozen=True)
class ControlGroup:
    """One group.

    Attributes:
        folder: Its folder.
        version: 1 or 2.
        processor: Its folder in the hierarchy of the cpu controller, if it has one there.
    """

    folder: Path
    version: int
    processor: Path | None = None

    @property
    def folders(self) -> list[Path]:
        """All its folders."""
        return [self.folder, self.processor] if self.processor else [self.folder]

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
        for folder in self.folders:
            with contextlib.suppress(OSError):
                folder.rmdir()


def control_groups() -> ControlGroups | None:
    """Where this process may make control groups that limit memory, tried out; None if nowhere."""
    for version, controllers, kind in ((2, "", "cgroup2"), (1, "memory", "cgroup")):
        folder = _own_folder(kind, controllers)
        if folder is None:
            continue
        groups = ControlGroups(folder, version)
        if not _works(groups):
            continue
        if version == 2:
            with contextlib.suppress(OSError):  # refused: then it is as whoever has made the group has set it
                (folder / "cgroup.subtree_control").write_text("+cpu")
        elif processor := _own_folder("cgroup", "cpu"):
            shared = ControlGroups(folder, version, processor)
            groups = shared if _works(shared) else groups
        groups.remove_leftovers()
        return groups
    return None


def _works(groups: ControlGroups) -> bool:
    probe = groups.named(f"{_NAME}-{os.getpid()}-{next(_numbers)}")
    try:
        for folder in probe.folders:
            folder.mkdir()
        probe.limit(ROOM_BYTES)
    except OSError:
        return False
    finally:
        probe.remove()
    return all(os.access(folder.parent / "cgroup.procs", os.W_OK) for folder in probe.folders)


def _own_folder(kind: str, controllers: str) -> Path | None:
    """The group under which groups of this process come, in a hierarchy that is mounted."""
    own, mounted = _own_group(controllers), _mounted(kind, controllers)
    if own is None or mounted is None:
        return None
    folder = mounted / own.lstrip("/")
    # With version 2 a group that limits groups has no processes of its own.
    return folder.parent if kind == "cgroup2" and own != "/" else folder


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
