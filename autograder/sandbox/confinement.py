"""Confinement: the inner shell of the sandbox, around each submission.

Namespaces of its own below bubblewrap's, empty /tmp and /dev/shm, limits, no capabilities. ``settling`` puts the
parts together as each level asks for it.

Sources: user_namespaces(7), capabilities(7), seccomp(2), getrlimit(2), proc(5).
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

from autograder.errors import IsolationUnavailable
from autograder.sandbox.limits import MEBIBYTE, Limits
from autograder.sandbox.mounts import MountFlag, check, libc, make_private, mount, show

HOME_FOLDER = "/tmp/home"  # noqa: S108  # each submission has a /tmp of its own
WORK_FOLDER = "/tmp/work"  # noqa: S108
SPARE_BYTES = 64 * MEBIBYTE  # see ``spare_memory``
_CLONE_NEWNS, _CLONE_NEWUSER = 0x00020000, 0x10000000
_CLONE_ALL = _CLONE_NEWNS | _CLONE_NEWUSER | 0x02000000 | 0x04000000 | 0x08000000 | 0x20000000 | 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 4, 24, 36, 38
_CAPABILITY_VERSION_3 = 0x20080522


def enter_namespaces() -> None:
    """Moves this process into new user, mount, pid, network, ipc, uts and cgroup namespaces.

    The pid namespace holds for its children.

    Raises:
        OSError: The kernel refuses.
    """
    uid, gid = os.getuid(), os.getgid()
    check(libc.unshare(_CLONE_ALL), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def nesting_refused(number: int) -> IsolationUnavailable:
    """The error to raise when ``enter_namespaces`` failed with this error number."""
    reason = errno.errorcode.get(number, "an error")
    return IsolationUnavailable(f"expected nested user namespaces, the kernel answered {reason}")


def confine_file_system(limits: Limits, visible: list[str]) -> None:
    """As the first process of the new pid namespace: own /proc and terminals, empty sized /tmp and /dev/shm.

    The rest is read-only as it comes. Of ``visible``, what lies below /tmp (a virtual environment made there, say)
    is shown again.
    """
    make_private()
    safe = MountFlag.NO_SUID | MountFlag.NO_DEVICES | MountFlag.NO_EXEC
    mount("proc", "/proc", "proc", safe)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    Path("/proc/self/oom_score_adj").write_text("1000")  # if the machine runs out of memory: this one first
    mount("none", "/proc", "", MountFlag.REMOUNT | MountFlag.BIND | MountFlag.READ_ONLY | safe)
    mount("devpts", "/dev/pts", "devpts", MountFlag.NO_SUID | MountFlag.NO_EXEC, "newinstance,ptmxmode=0666,mode=620")
    again = {path: os.open(path, os.O_PATH) for path in _outermost(visible) if path.is_relative_to("/tmp")}  # noqa: S108
    sized = f"size={limits.file_bytes},nr_inodes=4096,mode=700"
    for folder in ("/tmp", "/dev/shm"):  # noqa: S108
        mount("tmpfs", folder, "tmpfs", MountFlag.NO_SUID | MountFlag.NO_DEVICES, sized)
    for path, descriptor in again.items():
        show(descriptor, path)
    Path(HOME_FOLDER).mkdir()
    Path(WORK_FOLDER).mkdir()
    os.chdir(WORK_FOLDER)


def _outermost(names: list[str]) -> list[Path]:
    """Those paths that are not below others of them."""
    paths = set(map(Path, names))
    return sorted(path for path in paths if not any(parent in paths for parent in path.parents))


def limit_resources(limits: Limits, *, processes: int | None) -> None:
    """Sets the limits of this process and its children.

    Args:
        limits: What they may use.
        processes: How many processes and threads their user may have (in this user namespace) for them to make one
            more; None does not limit it.
    """
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    address_space = pages * resource.getpagesize() + limits.memory_bytes
    values = {
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    if processes is not None:
        values[resource.RLIMIT_NPROC] = processes
    for kind, value in values.items():
        allowed = _at_most(value, resource.getrlimit(kind)[1])
        resource.setrlimit(kind, (allowed, allowed))
    if os.environ.get("CUDA_VISIBLE_DEVICES"):
        return  # CUDA reserves addresses for all memory of machine and GPU; the memory watch looks at what is used
    spare = _at_most(address_space + SPARE_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1])
    resource.setrlimit(resource.RLIMIT_AS, (min(address_space, spare), spare))


def _at_most(value: int, hard: int) -> int:
    return value if hard == resource.RLIM_INFINITY else min(value, hard)


def drop_capabilities() -> None:
    """Gives up every capability, and what programs could give, for good."""
    for capability in range(64):
        if libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)(*([0] * 6))
    check(libc.capset(ctypes.byref(header), ctypes.byref(data)), "capset")
    check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


def become_user(uid: int) -> None:
    """Gives up root for a user that nobody else is, with a group of the same number."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    check(libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0), "dumpable")  # else /proc/self would be root's


@contextlib.contextmanager
def looking_as(uid: int | None) -> Iterator[None]:
    """Has this thread alone look at /proc and files as another user: root in a container may not see what that one may.

    See setfsuid(2), ptrace(2) on PTRACE_MODE_READ_FSCREDS.
    """
    if uid is None:
        yield
        return
    before = libc.setfsgid(uid), libc.setfsuid(uid)
    try:
        yield
    finally:
        libc.setfsuid(before[1])
        libc.setfsgid(before[0])


def adopt_orphans() -> None:
    """Makes this process the parent of descendants whose own parents end: none of them gets out of sight."""
    check(libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "subreaper")


def die_with_parent() -> None:
    """Has the kernel kill this process when its parent ends."""
    check(libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "pdeathsig")


def hide_memory() -> None:
    """Makes /proc/PID/mem of this process unreadable to others of the same user."""
    check(libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable")
