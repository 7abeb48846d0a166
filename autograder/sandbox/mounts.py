"""Mounts: the few system calls that both shells of the isolation are made of.

Sources: mount(2), unshare(2).
"""

from __future__ import annotations

import ctypes
import os
from enum import IntFlag
from pathlib import Path

libc = ctypes.CDLL(None, use_errno=True)


class MountFlag(IntFlag):
    """Flags of mount(2)."""

    READ_ONLY = 1
    NO_SUID = 2
    NO_DEVICES = 4
    NO_EXEC = 8
    REMOUNT = 32
    BIND = 4096
    RECURSIVE = 1 << 14
    PRIVATE = 1 << 18


def check(result: int, what: str) -> None:
    """Raises OSError with the error number of the C library if a call has not returned 0."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source: str, target: str, kind: str, flags: MountFlag, options: str = "") -> None:
    """Mounts a file system, or changes a mount.

    Raises:
        OSError: The kernel refuses.
    """
    encoded = (source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode())
    check(libc.mount(*encoded), f"mount {target}")


def make_private() -> None:
    """Keeps mounts made from now on out of other mount namespaces."""
    mount("none", "/", "", MountFlag.RECURSIVE | MountFlag.PRIVATE)


def show(descriptor: int, target: Path) -> None:
    """Mounts an opened file or folder at ``target``, and closes it."""
    source = f"/proc/self/fd/{descriptor}"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.mkdir(exist_ok=True) if Path(source).is_dir() else target.touch()
    mount(source, str(target), "", MountFlag.BIND | MountFlag.RECURSIVE)
    os.close(descriptor)
