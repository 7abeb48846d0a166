"""The filter of system calls: what a submission may not ask of the kernel, at each level.

Sources: seccomp(2), clone(2), unix(7).
"""

from __future__ import annotations

import errno
import socket
from typing import Any

from autograder.errors import SandboxError
from autograder.sandbox.landlock import signals_are_scoped
from autograder.sandbox.levels import LANDLOCKED, Level

_CLONE_NAMESPACES = 0x7E020000  # new mount, cgroup, uts, ipc, user, pid and network namespaces
_PR_SET_DUMPABLE = 4
_TYPE_OF_SOCKET = 0xF  # the rest are flags
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
# Without a network namespace: no socket but the two ends of a pair, which reach each other only.
_DENIED_SOCKET_CALLS = ("socket", "connect", "bind", "listen", "accept", "accept4")
# In the grader's own user: what Landlock does not look at.
_DENIED_ATTRIBUTE_CALLS = (
    "chmod fchmodat fchmodat2 chown lchown fchownat setxattr lsetxattr setxattrat removexattr lremovexattr "
    "removexattrat truncate"
).split()
_DENIED_SIGNAL_CALLS = "kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal".split()


def system_call_filter(level: Level) -> Any:
    """The seccomp filter of a level, built once in the warm process; ``load()`` it in the submission.

    Raises:
        SandboxError: libseccomp is missing.
    """
    try:
        import pyseccomp
    except (ImportError, RuntimeError) as error:
        raise SandboxError(f"libseccomp is missing ({error}); run `apt-get install libseccomp2`") from error
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    _deny(rules, _DENIED_CALLS)
    for bit in range(_CLONE_NAMESPACES.bit_length()):
        if flag := _CLONE_NAMESPACES & 1 << bit:
            has_flag = pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag)
            rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "clone", has_flag)
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")  # its flags are out of a filter's sight
    if level in LANDLOCKED:
        _keep_to_pairs_of_sockets(rules)
        _deny_hiding(rules)
    else:
        _keep_to_families_of_sockets(rules)
    if level == "landlock":
        _deny(rules, _DENIED_ATTRIBUTE_CALLS)
        if not signals_are_scoped():
            _deny(rules, _DENIED_SIGNAL_CALLS)
    return rules


def _deny_hiding(rules: Any) -> None:
    """The grader looks at memory and open files from outside: a process may not become undumpable."""
    import pyseccomp

    rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "prctl", pyseccomp.Arg(0, pyseccomp.EQ, _PR_SET_DUMPABLE))


def _deny(rules: Any, names: list[str] | tuple[str, ...]) -> None:
    import pyseccomp

    for name in names:
        try:
            rules.add_rule(pyseccomp.ERRNO(errno.EPERM), name)
        except (OSError, ValueError, RuntimeError):  # unknown to this libseccomp or this architecture
            continue


def _keep_to_families_of_sockets(rules: Any) -> None:
    """Network namespaces don't hold for every family of sockets: vsock(7) reaches a virtual machine's host."""
    import pyseccomp

    last = socket.AF_NETLINK
    allowed = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)
    others = [pyseccomp.Arg(0, pyseccomp.EQ, family) for family in range(last) if family not in allowed]
    for condition in [*others, pyseccomp.Arg(0, pyseccomp.GT, last)]:
        rules.add_rule(pyseccomp.ERRNO(errno.EAFNOSUPPORT), "socket", condition)


def _keep_to_pairs_of_sockets(rules: Any) -> None:
    """A datagram socket could leave its pair: only connected streams and packets stay together."""
    import pyseccomp

    _deny(rules, _DENIED_SOCKET_CALLS)
    allowed = (socket.SOCK_STREAM, socket.SOCK_SEQPACKET)
    for kind in range(_TYPE_OF_SOCKET + 1):
        if kind not in allowed:
            condition = pyseccomp.Arg(1, pyseccomp.MASKED_EQ, _TYPE_OF_SOCKET, kind)
            rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "socketpair", condition)
