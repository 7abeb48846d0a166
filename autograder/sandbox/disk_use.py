"""Disk use: what a submission's files take where it has no file system of its own.

Sources: proc(5), stat(2).
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path

MAX_FILES = 4096
_BLOCK_BYTES = 512


def disk_bytes(folder: Path, members: Iterable[int]) -> int | None:
    """Space of the files below a folder, and of deleted ones that processes still have open.

    Args:
        folder: Where it may write.
        members: Processes.

    Returns:
        Bytes, or None if there are more than ``MAX_FILES`` files.
    """
    seen: dict[tuple[int, int], int] = {}
    folders = [os.fspath(folder)]
    for place in folders:  # grows while it is walked
        with contextlib.suppress(OSError), os.scandir(place) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    _add(seen, entry.stat(follow_symlinks=False))
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                if len(seen) > MAX_FILES:
                    return None
    for member in members:
        with contextlib.suppress(OSError):
            for name in os.listdir(f"/proc/{member}/fd"):  # noqa: PTH208
                with contextlib.suppress(OSError):
                    status = os.stat(f"/proc/{member}/fd/{name}")  # noqa: PTH116  # hundreds, several times a second
                    if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
                        _add(seen, status)
    return sum(seen.values())


def _add(seen: dict[tuple[int, int], int], status: os.stat_result) -> None:
    seen[status.st_dev, status.st_ino] = status.st_blocks * _BLOCK_BYTES
