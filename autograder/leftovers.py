"""Leftovers: half-written files of a grader that was killed, and their removal by the next one."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from collections.abc import Iterable
from pathlib import Path

_HALF_WRITTEN = re.compile(r"\.[^/]+\.\w{8}|\.writable-\d+")  # see ``write_atomically`` and ``require_writable``


def hold(descriptor: int) -> None:
    """Marks an open file as being written; the mark ends with the process, however it ends."""
    with contextlib.suppress(OSError):  # a file system without locks: then nobody else can take it for a leftover
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def remove_leftovers(folders: Iterable[Path]) -> list[Path]:
    """Removes half-written files that nobody writes any more.

    Args:
        folders: Where to look, without the folders in them.

    Returns:
        What has been removed.
    """
    removed = []
    for folder in folders:
        with contextlib.suppress(OSError):
            found = [Path(entry.path) for entry in os.scandir(folder) if _HALF_WRITTEN.fullmatch(entry.name)]
            removed += [path for path in found if _remove_unheld(path)]
    return removed


def _remove_unheld(path: Path) -> bool:
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
            return True
        finally:
            os.close(descriptor)
    return False
