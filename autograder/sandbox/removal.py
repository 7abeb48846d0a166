"""Removal: takes away what a submission has left in a folder, however deep it has nested folders.

``shutil.rmtree`` calls itself for each folder within a folder, and a thousand of them end it (Python up to 3.12); paths
longer than ``PATH_MAX`` cannot even be named. Sources: rename(2), path_resolution(7).
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_ALL = stat.S_IRWXU


def remove_tree(folder: Path) -> None:
    """Removes a folder and all below it, as far as the kernel lets it; links are removed, not followed.

    Folders within folders are moved up to the first one before they are emptied: nothing is ever deep.
    """
    with contextlib.suppress(OSError):
        top = os.open(folder, _OPEN)
        try:
            moved = [name for name in _names(top) if not _unlinked(name, top)]
            for name in moved:  # grows while it is walked
                with contextlib.suppress(OSError):
                    moved += _emptied(name, top, first=len(moved))
        finally:
            os.close(top)
        folder.rmdir()


def _emptied(name: str, top: int, first: int) -> list[str]:
    """Removes a folder of the top one; new names of those that were in it."""
    with contextlib.suppress(OSError):
        os.chmod(name, _ALL, dir_fd=top)  # relative to a descriptor
    inner, made = os.open(name, _OPEN, dir_fd=top), []
    try:
        for number, below in enumerate(_names(inner), start=first):
            if not _unlinked(below, inner):
                with contextlib.suppress(OSError):
                    os.chmod(below, _ALL, dir_fd=inner)
                new = f".removed-{os.getpid()}-{number}"
                os.rename(below, new, src_dir_fd=inner, dst_dir_fd=top)
                made.append(new)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=top)
    return made


def _names(folder: int) -> list[str]:
    return os.listdir(folder)  # Path takes no descriptor


def _unlinked(name: str, within: int) -> bool:
    """Removes what is no folder; whether it was none."""
    if stat.S_ISDIR(os.stat(name, dir_fd=within, follow_symlinks=False).st_mode):
        return False
    os.unlink(name, dir_fd=within)
    return True
