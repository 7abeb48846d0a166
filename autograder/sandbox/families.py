"""Families of processes: a process and its descendants as /proc shows them, the memory they hold, and their end.

Sources: proc(5), pidfd_open(2).
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

_PROC = Path("/proc")
_KIBIBYTE = 1024
_PARENT_FIELD = 1  # in /proc/PID/stat, counted from the state, which follows the name
_END_SECONDS = 10.0


def pid_of(pidfd: int) -> int:
    """The process id, as seen by this process, behind a pidfd; 0 if it has ended or is no pidfd."""
    with contextlib.suppress(OSError, ValueError):
        for line in (_PROC / "self/fdinfo" / str(pidfd)).read_text().splitlines():
            if line.startswith("Pid:"):
                return max(0, int(line.split()[1]))
    return 0


def family(pid: int) -> list[int]:
    """A process and all its descendants (those that are left when the list is made)."""
    if not (_PROC / f"self/task/{os.getpid()}/children").exists():  # CONFIG_PROC_CHILDREN
        return family_by_parents(pid)
    found = [pid] if pid else []
    for member in found:  # grows while it is walked
        with contextlib.suppress(OSError):
            for children in (_PROC / str(member) / "task").glob("*/children"):
                found += map(int, children.read_text().split())
    return found


def family_by_parents(pid: int) -> list[int]:
    """The same on kernels that don't list children, by a look at every process of the machine."""
    children: dict[int, list[int]] = {}
    for child, parent in _stat_fields(_PARENT_FIELD).items():
        children.setdefault(parent, []).append(child)
    found = [pid] if pid else []
    for member in found:  # grows while it is walked
        found += children.get(member, [])
    return found


def end_family(pidfd: int) -> None:
    """Kills a process that takes in orphans, after its descendants: none of them can get out of the family.

    Only for processes that have no pid namespace of their own, whose end would be surer.
    """
    pid = pid_of(pidfd)
    deadline = time.monotonic() + _END_SECONDS
    while (members := family(pid)[1:]) and time.monotonic() < deadline:
        for number in (signal.SIGSTOP, signal.SIGKILL):  # stopped first, so that none of them makes new ones
            for member in members:
                with contextlib.suppress(OSError):
                    os.kill(member, number)
        time.sleep(0.001)
    with contextlib.suppress(OSError):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)


def threads_of_user(uid: int) -> int:
    """How many processes and threads a user has, those of other user namespaces among them."""
    threads = 0
    for status in _PROC.glob("[0-9]*/status"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            fields = dict(line.split(":", 1) for line in _read(status).split("\n") if line.startswith(("Uid:", "Thr")))
            threads += int(fields["Threads"]) if int(fields["Uid"].split()[0]) == uid else 0
    return threads


def _stat_fields(place: int) -> dict[int, int]:
    """One number of /proc/PID/stat for every process."""
    found = {}
    for stat in _PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError):
            found[int(stat.parent.name)] = int(_read(stat).rpartition(")")[2].split()[place])
    return found


def _read(path: Path) -> str:
    """The text of a file of /proc; names of processes in it can be any bytes, as their owners like."""
    return path.read_text(encoding="latin-1")


def memory_bytes(pid: int) -> int:
    """Anonymous and shared memory of a process in RAM, whoever else has it; files mapped from disk don't count."""
    return _sum_of_fields(_PROC / str(pid) / "status", "RssAnon", "RssShmem") or 0


def proportional_memory_bytes(pid: int) -> int | None:
    """The same, each page divided by the number of processes that have it; None if it may not be seen."""
    return _sum_of_fields(_PROC / str(pid) / "smaps_rollup", "Pss_Anon", "Pss_Shmem")


def _sum_of_fields(path: Path, *names: str) -> int | None:
    with contextlib.suppress(OSError):
        pairs = (line.split(":", 1) for line in _read(path).split("\n") if ":" in line)
        values = {name: rest for name, rest in pairs if name in names}
        return sum(int(value.split()[0]) for value in values.values()) * _KIBIBYTE
    return None
