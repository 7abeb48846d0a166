"""Runs a command as in a container with Docker's default profile: no user namespaces, no mounts, fewer capabilities.

    python tests/sandbox/machine_like_docker.py UID COMMAND...

To be started as root. What a container would have in open places (Python, the libraries, this checkout) is shown there
if it lies below a folder that is closed to others.

Sources: the capabilities and system calls that https://github.com/moby/profiles/blob/main/seccomp/default.json and
https://docs.docker.com/engine/security/seccomp/ name.
"""

import ctypes
import errno
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import pyseccomp

from autograder.sandbox.mounts import MountFlag, check, libc, make_private, mount, show

CAPABILITIES = (0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31)  # chown ... setfcap
REFUSED = "unshare setns mount umount2 pivot_root move_mount open_tree fsopen fsmount bpf keyctl add_key ptrace".split()
NAMESPACES = [bit for bit in range(31) if 0x7E020000 & 1 << bit]


def open_closed_folders() -> None:
    """In a mount namespace of its own."""
    check(libc.unshare(0x00020000), "unshare")
    make_private()
    needed = {Path(sys.base_prefix), Path(sys.prefix), Path(__file__).parents[2]}
    above = (
        next((folder for folder in reversed(path.parents) if not folder.stat().st_mode & 1), None) for path in needed
    )
    for folder in {folder for folder in above if folder is not None}:
        below = {path: os.open(path, os.O_PATH) for path in needed if path.is_relative_to(folder)}
        mount("tmpfs", str(folder), "tmpfs", MountFlag.NO_SUID | MountFlag.NO_DEVICES, "mode=755,size=1m")
        for path, descriptor in below.items():
            show(descriptor, path)


def drop_capabilities() -> None:
    for capability in range(64):
        if capability not in CAPABILITIES and libc.prctl(24, capability, 0, 0, 0) != 0:
            break
    mask = sum(1 << capability for capability in CAPABILITIES)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    data = (ctypes.c_uint32 * 6)(mask, mask, 0, 0, 0, 0)
    check(libc.capset(ctypes.byref(header), ctypes.byref(data)), "capset")


def refuse_system_calls() -> None:
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    rules.set_attr(pyseccomp.Attr.CTL_NNP, 0)  # programs may still give what their files say
    for name in REFUSED:
        rules.add_rule(pyseccomp.ERRNO(errno.EPERM), name)
    for bit in NAMESPACES:
        rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, 1 << bit, 1 << bit))
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    rules.load()


def main() -> None:
    uid, command = int(sys.argv[1]), sys.argv[2:]
    open_closed_folders()
    refuse_system_calls()  # while root may: without no_new_privs it takes a capability that containers lack
    if uid:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        os.environ["HOME"] = "/nonexistent"
    else:
        drop_capabilities()
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
