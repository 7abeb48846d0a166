"""Isolation: what the kernel does to keep the student's code in, outside (bubblewrap) and inside (per submission).

Two shells. Outside, bubblewrap gives the warm process a file system that holds Python, the libraries and the
guest's own files, and nothing else; no network; an unprivileged user. Inside, every submission gets
namespaces of its own below that, empty /tmp and /dev/shm, limits, no capabilities and a system call filter.

Sources: user_namespaces(7), mount_namespaces(7), capabilities(7), seccomp(2), bwrap(1).
"""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import os
import resource
import shutil
import signal
import sys
from pathlib import Path
from typing import Any, Literal

from autograder.errors import IsolationUnavailable, SandboxError
from autograder.sandbox.limits import Limits

Level = Literal["namespaces", "none"]
UNPRIVILEGED_ID = 65534
WORK_FOLDER = "/tmp/work"  # noqa: S108  # each submission has a /tmp of its own
STAGING_FOLDER = "/tmp"  # noqa: S108  # the mount there is seen by bubblewrap alone

_CLONE_NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
_CLONE_NEWNS, _CLONE_NEWUSER = 0x00020000, 0x10000000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = (
    1,
    2,
    4,
    32,
    4096,
    1 << 14,
    1 << 18,
)
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
_DENIED_CALLS = (
    "mount umount umount2 pivot_root chroot fsopen fsconfig fsmount fspick move_mount open_tree mount_setattr "
    "ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd unshare setns bpf "
    "perf_event_open keyctl add_key request_key userfaultfd io_uring_setup io_uring_enter io_uring_register "
    "memfd_create memfd_secret name_to_handle_at open_by_handle_at kexec_load kexec_file_load init_module "
    "finit_module delete_module reboot swapon swapoff acct quotactl syslog mknod mknodat personality "
    "settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname iopl ioperm vhangup "
    "lookup_dcookie nfsservctl fanotify_init move_pages migrate_pages mbind set_mempolicy vmsplice"
).split()

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    encoded = (source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode())
    _check(_libc.mount(*encoded), f"mount {target}")


def _show(descriptor: int, target: Path) -> None:
    """Mounts an opened file or folder at ``target``, and closes it."""
    source = f"/proc/self/fd/{descriptor}"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.mkdir(exist_ok=True) if Path(source).is_dir() else target.touch()
    _mount(source, str(target), "", _MS_BIND | _MS_REC)
    os.close(descriptor)


# Outside: bubblewrap


def outer_command(level: Level, program: list[str], visible: list[Path], hidden: list[Path]) -> list[str]:
    """The command that starts ``program`` at an isolation level.

    Args:
        level: ``namespaces`` for bubblewrap, ``none`` for a plain process.
        program: Command line of the warm process.
        visible: Files and folders that it may read, besides the system's libraries.
        hidden: Folders that it may not see where they lie below visible ones; visible ones below them stay visible.

    Returns:
        A command line; as root it goes through ``python -m autograder.sandbox.isolation`` first, which gives
        up root for good.

    Raises:
        IsolationUnavailable: bubblewrap is not installed.
    """
    if level == "none":
        return program
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        raise IsolationUnavailable(
            "expected bubblewrap to be installed, found none; run `apt-get install bubblewrap` "
            "(or, for trusted notebooks only, grade with --no-isolation)"
        )
    folders = sorted({path for path in visible if path.exists()})
    command = [bubblewrap, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    command += _system_mounts()
    # As root, folders such as /root are closed to the unprivileged user: they are shown through a staging folder.
    staged = {path: Path(STAGING_FOLDER) / str(number) for number, path in enumerate(folders)}
    root = os.geteuid() == 0
    roots = [*folders, Path("/usr")]
    masks = [path for path in hidden if any(path.is_relative_to(each) for each in roots)]
    for path in sorted([*folders, *masks]):  # parents before children
        if path in staged:
            command += ["--ro-bind", str(staged[path] if root else path), str(path)]
        else:
            command += ["--tmpfs", str(path)]
    for path in [*masks, Path("/")]:
        command += ["--remount-ro", str(path)]
    command += ["--chdir", "/", "--"]
    launcher = [sys.executable, "-S", str(Path(__file__).resolve()), *map(str, folders), "--"] if root else []
    return [*launcher, *command, *program]


def _system_mounts() -> list[str]:
    mounts = []
    for link in ("bin", "sbin", "lib", "lib64", "lib32"):
        folder = Path("/") / link
        if folder.is_symlink():
            mounts += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.is_dir():
            mounts += ["--ro-bind", str(folder), str(folder)]
    mounts += ["--ro-bind", "/usr", "/usr"]
    for name in ("ld.so.cache", "alternatives", "fonts", "localtime", "passwd", "group", "nsswitch.conf"):
        mounts += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return [*mounts, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]  # noqa: S108


def stage_and_drop_root(folders: list[str]) -> None:
    """As root: shows ``folders`` under the staging folder of a private mount namespace, then gives up root.

    bubblewrap started as root would leave files such as /proc/sys/kernel/core_pattern writable.
    """
    _check(_libc.unshare(_CLONE_NEWNS), "unshare")
    _mount("none", "/", "", _MS_REC | _MS_PRIVATE)
    opened = [os.open(folder, os.O_PATH) for folder in folders]
    _mount("tmpfs", STAGING_FOLDER, "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=755,size=1m")
    for number, descriptor in enumerate(opened):
        _show(descriptor, Path(STAGING_FOLDER) / str(number))
    os.setgroups([])
    os.setresgid(UNPRIVILEGED_ID, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
    os.setresuid(UNPRIVILEGED_ID, UNPRIVILEGED_ID, UNPRIVILEGED_ID)


# Inside: per submission


def enter_namespaces() -> None:
    """Moves this process into new user, mount, pid, network, ipc, uts and cgroup namespaces.

    The pid namespace holds for its children.

    Raises:
        IsolationUnavailable: The kernel refuses.
    """
    uid, gid = os.getuid(), os.getgid()
    if _libc.unshare(_CLONE_NAMESPACES) != 0:
        reason = errno.errorcode.get(ctypes.get_errno(), "error")
        raise IsolationUnavailable(
            f"expected nested user namespaces, the kernel answered {reason}; "
            "see `sysctl user.max_user_namespaces kernel.unprivileged_userns_clone`"
        )
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def confine_file_system(limits: Limits, visible: list[str]) -> None:
    """As the first process of the new pid namespace: own /proc, empty sized /tmp and /dev/shm, the rest read-only.

    Folders of ``visible`` that lie below /tmp (a virtual environment made there, say) are shown again.
    """
    _mount("none", "/", "", _MS_REC | _MS_PRIVATE)
    _mount("proc", "/proc", "proc", _MS_NOSUID | _MS_NODEV)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    sized = f"size={limits.file_bytes},nr_inodes=4096,mode=700"
    hidden = {Path(path): os.open(path, os.O_PATH) for path in visible if Path(path).is_relative_to("/tmp")}  # noqa: S108
    for folder in ("/tmp", "/dev/shm"):  # noqa: S108
        _mount("tmpfs", folder, "tmpfs", _MS_NOSUID | _MS_NODEV, sized)
    for path, descriptor in hidden.items():
        _show(descriptor, path)
    Path(WORK_FOLDER).mkdir()
    os.chdir(WORK_FOLDER)
    _mount("none", "/proc", "", _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV)


def limit_resources(limits: Limits) -> None:
    """Sets the limits of this process and its children."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    address_space = pages * resource.getpagesize() + limits.memory_bytes
    for kind, value in (
        (resource.RLIMIT_AS, address_space),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_NPROC, limits.processes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (allowed, allowed))


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
    return rules


def drop_privileges(rules: Any) -> None:
    """Gives up every capability, and with ``rules`` the system calls that lead out, for good."""
    for capability in range(64):
        if _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    data = (ctypes.c_uint32 * 6)(*([0] * 6))
    _check(_libc.capset(ctypes.byref(header), ctypes.byref(data)), "capset")
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    rules.load()


def die_with_parent() -> None:
    """Has the kernel kill this process when its parent ends."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "pdeathsig")


def hide_memory() -> None:
    """Makes /proc/PID/mem of this process unreadable to others of the same user."""
    _check(_libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable")


def main() -> None:
    """``python isolation.py FOLDER... -- COMMAND...``: stage folders, give up root, become the command."""
    end = sys.argv.index("--")
    stage_and_drop_root(sys.argv[1:end])
    os.execv(sys.argv[end + 1], sys.argv[end + 1 :])  # noqa: S606


if __name__ == "__main__":
    main()
