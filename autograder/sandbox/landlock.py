"""Landlock: a process gives up all files but some, for itself and its children, for good; no privilege is needed.

Sources: landlock(7), landlock_create_ruleset(2), https://docs.kernel.org/userspace-api/landlock.html.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from collections.abc import Iterable
from enum import IntFlag
from itertools import pairwise
from pathlib import Path

from autograder.errors import IsolationUnavailable
from autograder.sandbox.mounts import check, libc

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION, _PATH_BENEATH = 1, 1
_SCOPES_SINCE, _NETWORK_SINCE = 6, 4
_BIND_AND_CONNECT, _ABSTRACT_SOCKETS_AND_SIGNALS = 3, 3


class Access(IntFlag):
    """Rights to files, as the kernel numbers them."""

    EXECUTE = 1
    WRITE_FILE = 2
    READ_FILE = 4
    READ_FOLDER = 8
    REMOVE_FOLDER = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHARACTER_DEVICE = 1 << 6
    MAKE_FOLDER = 1 << 7
    MAKE_FILE = 1 << 8
    MAKE_SOCKET = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK_DEVICE = 1 << 11
    MAKE_LINK = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    CONTROL_DEVICE = 1 << 15


READ = Access.READ_FILE | Access.READ_FOLDER | Access.EXECUTE
_OF_FILES = Access.READ_FILE | Access.EXECUTE | Access.WRITE_FILE | Access.TRUNCATE | Access.CONTROL_DEVICE
_DEVICES = Access.MAKE_CHARACTER_DEVICE | Access.MAKE_BLOCK_DEVICE
_SINCE = ((2, Access.REFER), (3, Access.TRUNCATE), (5, Access.CONTROL_DEVICE))


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("descriptor", ctypes.c_int32))


def landlock_version() -> int:
    """The kernel's version of Landlock.

    Raises:
        IsolationUnavailable: It has none.
    """
    version: int = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)
    if version >= 1:
        return version
    reason = errno.errorcode.get(ctypes.get_errno(), "error")
    raise IsolationUnavailable(
        f"expected a kernel with Landlock (Linux 5.13 or newer, lsm=landlock), received {reason}"
    )


def signals_are_scoped() -> bool:
    """Whether Landlock keeps signals from processes outside (Linux 6.12)."""
    return landlock_version() >= _SCOPES_SINCE


def without(visible: Iterable[Path], hidden: Iterable[Path]) -> tuple[set[Path], set[Path]]:
    """Rules allow whole folders, and no rule takes anything out of one: what to allow instead.

    Args:
        visible: Files and folders to read.
        hidden: Folders not to read.

    Returns:
        What to read, all of it, and the folders above what is hidden: to list. The files in them come one by one.
    """
    kept, listed = {path.resolve() for path in visible}, set()
    for closed in {path.resolve() for path in hidden}:
        for top in [path for path in kept if closed.is_relative_to(path)]:
            kept.remove(top)
            onward = [top, *(path for path in reversed(closed.parents) if path.is_relative_to(top)), closed]
            for folder, child in pairwise(dict.fromkeys(onward)):
                listed.add(folder)
                kept |= {path for path in folder.iterdir() if path != child}
    return kept, listed - kept


def restrict_files(readable: Iterable[Path], writable: Iterable[Path], listed: Iterable[Path] = ()) -> None:
    """Gives up every file that is not at or below one of these; needs ``no_new_privs`` or root.

    Signals and abstract sockets of processes outside, and TCP, are given up too where the kernel can do it.

    Args:
        readable: Files and folders to read and run; those that don't exist are left out.
        writable: Files and folders to do anything with but making devices.
        listed: Folders of which, and below which, names may be read.

    Raises:
        IsolationUnavailable: The kernel has no Landlock.
        OSError: It refuses.
    """
    version = landlock_version()
    handled = Access(sum(set(Access)))
    for since, right in _SINCE:
        handled &= ~right if version < since else handled
    ruleset = _Ruleset(
        handled,
        _BIND_AND_CONNECT if version >= _NETWORK_SINCE else 0,
        _ABSTRACT_SOCKETS_AND_SIGNALS if version >= _SCOPES_SINCE else 0,
    )
    size = 24 if version >= _SCOPES_SINCE else 16 if version >= _NETWORK_SINCE else 8
    descriptor = libc.syscall(_CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(size), 0)
    check(min(descriptor, 0), "landlock_create_ruleset")
    try:
        for path in readable:
            _allow(descriptor, path, READ & handled)
        for path in listed:
            _allow(descriptor, path, Access.READ_FOLDER)
        for path in writable:
            _allow(descriptor, path, handled & ~_DEVICES)
        check(libc.syscall(_RESTRICT_SELF, descriptor, 0), "landlock_restrict_self")
    finally:
        os.close(descriptor)


def _allow(ruleset: int, path: Path, rights: Access) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _OF_FILES
        rule = _PathBeneath(rights, descriptor)
        check(libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0), f"landlock: {path}")
    finally:
        os.close(descriptor)
