"""Confinement: the inner shell of the sandbox, around each submission.

Namespaces of its own below bubblewrap's, empty /tmp and /dev/shm, limits, no capabilities, and a filter of system
calls.

Sources: user_namespaces(7), capabilities(7), seccomp(2), getrlimit(2), proc(5).
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import signal
from pathlib import Path
from typing import Any

from autograder.errors import IsolationUnavailable, SandboxError
from autograder.sandbox.limits import MEBIBYTE, Limits
from autograder.sandbox.mounts import MountFlag, check, libc, make_private, mount, show

HOME_FOLDER = "/tmp/home"  # noqa: S108  # each submission has a /tmp of its own
WORK_FOLDER = "/tmp/work"  # noqa: S108
SPARE_BYTES = 64 * MEBIBYTE  # see ``spare_memory``
_CLONE_NEWNS, _CLONE_NEWUSER = 0x00020000, 0x10000000
_CLONE_ALL = _CLONE_NEWNS | _CLONE_NEWUSER | 0x02000000 | 0x04000000 | 0x08000000 | 0x20000000 | 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
_CAPABILITY_VERSION_3 = 0x20080522
_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK = 1, 2, 10, 16
_DENIED_CALLS = (
    "mount umount umount2 pivot_root chroot fsopen fsconfig fsmount fspick move_mount open_tree mount_setattr "
    "ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd unshare setns bpf "
    "perf_event_open keyctl add_key request_key userfaultfd io_uring_setup io_uring_enter io_uring_register "
    "memfd_create memfd_secret name_to_handle_at open_by_handle_at kexec_load kexec_file_load init_module "
    "finit_module delete_module reboot swapon swapoff acct quotactl quotactl_fd syslog mknod mknodat personality "
    "settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname iopl ioperm vhangup modify_ldt "
    "lookup_dcookie nfsservctl fanotify_init move_pages migrate_pages mbind set_mempolicy vmsplice "
    "shmget shmat msgget semget"  # System V segments outlive every process that the memory watch could look at
).split()


def enter_namespaces() -> None:
    """Moves this process into new user, mount, pid, network, ipc, uts and cgroup namespaces.

    The pid namespace holds for its children.

    Raises:
        IsolationUnavailable: The kernel refuses.
    """
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(_CLONE_ALL) != 0:
        reason = errno.errorcode.get(ctypes.get_errno(), "error")
        raise IsolationUnavailable(
            f"expected nested user namespaces, the kernel answered {reason}; "
            "see `sysctl user.max_user_namespaces kernel.unprivileged_userns_clone`"
        )
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


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


def limit_resources(limits: Limits, *, of_namespace: bool) -> None:
    """Sets the limits of this process and its children.

    Args:
        limits: What they may use.
        of_namespace: Whether this process is in a user namespace of its own. The number of processes can be limited
            there only: elsewhere all processes of the user would count.
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
    if of_namespace:
        values[resource.RLIMIT_NPROC] = limits.processes
    for kind, value in values.items():
        allowed = _at_most(value, resource.getrlimit(kind)[1])
        resource.setrlimit(kind, (allowed, allowed))
    if os.environ.get("CUDA_VISIBLE_DEVICES"):
        return  # CUDA reserves addresses for all memory of machine and GPU; the memory watch looks at what is used
    spare = _at_most(address_space + SPARE_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1])
    resource.setrlimit(resource.RLIMIT_AS, (min(address_space, spare), spare))


def _at_most(value: int, hard: int) -> int:
    return value if hard == resource.RLIM_INFINITY else min(value, hard)


def system_call_filter() -> Any:
    """The seccomp filter, built once in the warm process; ``load()`` it in the submission.

    Raises:
        SandboxError: libseccomp is missing.
    """
    try:
        import pyseccomp
    except (ImportError, RuntimeError) as error:
        raise SandboxError(f"libseccomp is missing ({error}); run `apt-get install libseccomp2`") from error
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for name in _DENIED_CALLS:
        try:
            rules.add_rule(pyseccomp.ERRNO(errno.EPERM), name)
        except (OSError, ValueError, RuntimeError):  # unknown to this libseccomp or this architecture
            continue
    for flag in (_CLONE_NEWUSER, _CLONE_NEWNS):
        has_flag = pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag)
        rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "clone", has_flag)
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")  # its flags are out of a filter's sight
    # Network namespaces don't hold for every family of sockets: vsock(7) reaches a virtual machine's host.
    allowed = (_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK)
    others = [pyseccomp.Arg(0, pyseccomp.EQ, family) for family in range(_AF_NETLINK) if family not in allowed]
    for condition in [*others, pyseccomp.Arg(0, pyseccomp.GT, _AF_NETLINK)]:
        rules.add_rule(pyseccomp.ERRNO(errno.EAFNOSUPPORT), "socket", condition)
    return rules


def drop_privileges(rules: Any) -> None:
    """Gives up every capability, and with ``rules`` the system calls that lead out, for good."""
    for capability in range(64):
        if libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)(*([0] * 6))
    check(libc.capset(ctypes.byref(header), ctypes.byref(data)), "capset")
    check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    rules.load()


def die_with_parent() -> None:
    """Has the kernel kill this process when its parent ends."""
    check(libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "pdeathsig")


def hide_memory() -> None:
    """Makes /proc/PID/mem of this process unreadable to others of the same user."""
    check(libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable")
