"""Traces: what a run leaves on a machine: processes, namespaces, mounts, control groups, temporary files, locks.

Whoever asks becomes the parent of orphans first (``adopt_orphans``): no process of a run gets out of its sight.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import psutil

_CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Traces:
    """What is there at one moment.

    Attributes:
        processes: Descendants of this process, zombies among them.
        descriptors: Open files of this process.
        namespaces: Those in which it and its descendants are.
        mounts: Of its mount namespace.
        groups: Control groups.
        files: Temporary and half-written files.
        locks: Locked files among the results.
    """

    processes: frozenset[str]
    descriptors: frozenset[str]
    namespaces: frozenset[str]
    mounts: frozenset[str]
    groups: frozenset[str]
    files: frozenset[str]
    locks: frozenset[str]

    def since(self, before: Traces) -> dict[str, list[str]]:
        """What has come up, by kind; kinds without anything new are left out."""
        news = {each.name: sorted(getattr(self, each.name) - getattr(before, each.name)) for each in fields(self)}
        return {name: found for name, found in news.items() if found}

    def counts(self) -> dict[str, int]:
        """How many of each kind there are."""
        return {each.name: len(getattr(self, each.name)) for each in fields(self)}


def traces(temporary: Path, written: Path, graders: Iterable[int], apart: Collection[int] = ()) -> Traces:
    """Looks around, after burying orphans that have ended.

    Args:
        graders: Processes that have made control groups.
        temporary: TMPDIR of the run.
        written: Folder with everything that it writes.
        apart: Processes that are no part of it, with their children.
    """
    _bury_orphans()
    strangers = [each for pid in apart for each in _family(psutil.Process(pid))]
    family = [each for each in _family(psutil.Process()) if each not in strangers]
    hidden = [path for path in written.rglob(".*") if path.is_file()]
    return Traces(
        processes=frozenset(f"{each.pid} {_command(each)}" for each in family[1:]),
        descriptors=frozenset(path.name for path in Path("/proc/self/fd").iterdir()),
        namespaces=frozenset(name for each in family for name in _namespaces(each.pid)),
        mounts=frozenset(Path("/proc/self/mountinfo").read_text().splitlines()),
        groups=frozenset(_groups(graders)),
        files=frozenset(os.fspath(path) for path in [*temporary.rglob("*"), *hidden] if path.name != ".lock"),
        locks=frozenset(os.fspath(path) for path in hidden if _is_locked(path)),
    )


def level_of(process: psutil.Process) -> int:
    """In how many process namespaces it has a number; 0 if it has ended."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process.pid}/status").read_text(encoding="latin-1").splitlines():
            if line.startswith("NSpid:"):
                return len(line.split()) - 1
    return 0


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _command(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())[:200] or process.status()
    return ""


def _namespaces(pid: int) -> Iterator[str]:
    with contextlib.suppress(OSError):
        for path in Path(f"/proc/{pid}/ns").iterdir():
            yield os.fspath(path.readlink())


def _groups(graders: Iterable[int]) -> Iterator[str]:
    names = tuple(f"autograder-{pid}-" for pid in graders)
    for folder, groups, _files in os.walk(_CGROUPS):  # which passes over groups of others that vanish meanwhile
        yield from (f"{folder}/{name}" for name in groups if name.startswith(names))


def _bury_orphans() -> None:
    """Waits for children that have ended; none of them is one that anybody here has started."""
    for process in psutil.Process().children():
        with contextlib.suppress(psutil.Error, ChildProcessError):
            if process.status() == psutil.STATUS_ZOMBIE:
                os.waitpid(process.pid, os.WNOHANG)


def _is_locked(path: Path) -> bool:
    with path.open() as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
