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
_MAX_PATH = 2048  # what lies deeper than PATH_MAX could not be seen, and takes space all the same
_BLOCK_BYTES = 512
_SHARED_MEMORY = "/dev/shm"  # noqa: S108


class OutOfSight(Exception):
    """A process does not let its open files be seen; no honest one does."""


def disk_bytes(folder: Path, members: Iterable[int], shared_of: int | None = None) -> int | None:
    """Space of the files below a folder, and of deleted ones that processes still have open.

    Args:
        folder: Where it may write.
        members: Processes.
        shared_of: A user whose files in /dev/shm count too.

    Returns:
        Bytes, or None if there are more than ``MAX_FILES`` files, or folders within folders without end.

    Raises:
        OutOfSight: The open files of a process may not be seen.
    """
    seen: dict[tuple[int, int], int] = {}
    folders = [os.fspath(folder)]
    if shared_of is not None:
        _look_into(_SHARED_MEMORY, seen, folders, only_of=shared_of)
    for place in folders:  # grows while it is walked
        _look_into(place, seen, folders)
        if len(seen) > MAX_FILES or len(os.fsencode(place)) > _MAX_PATH:
            return None
    for member in members:
        _look_at_open_files(member, seen)
    return sum(seen.values())


def _look_into(place: str, seen: dict[tuple[int, int], int], folders: list[str], only_of: int | None = None) -> None:
    with contextlib.suppress(OSError), os.scandir(place) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                if only_of in (None, status.st_uid):
                    _add(seen, status)
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
            if len(seen) > MAX_FILES:
                return


def _look_at_open_files(member: int, seen: dict[tuple[int, int], int]) -> None:
    try:
        names = os.listdir(f"/proc/{member}/fd")  # noqa: PTH208  # hundreds, several times a second
    except PermissionError as error:
        raise OutOfSight from error
    except OSError:  # it has ended
        return
    for name in names:
        with contextlib.suppress(OSError):
            status = os.stat(f"/proc/{member}/fd/{name}")  # noqa: PTH116
            if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
                _add(seen, status)


def _add(seen: dict[tuple[int, int], int], status: os.stat_result) -> None:
    seen[status.st_dev, status.st_ino] = status.st_blocks * _BLOCK_BYTES
