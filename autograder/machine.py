"""Machine: what isolation it gives, tried out level by level, and the commands that would mend what it refuses."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import AutograderError, IsolationUnavailable
from autograder.sandbox.control_group import control_groups
from autograder.sandbox.door import WarmProcess
from autograder.sandbox.levels import ISOLATED, LANDLOCKED, Level
from autograder.sandbox.limits import Limits

# What must fail at each level: a look at what lies outside.
_LOOK_AROUND = """
import os, socket
assert not os.access("/usr", os.W_OK), "may write to /usr"
def refused(action):
    try:
        action()
    except OSError:
        return True
assert refused(lambda: os.listdir(OUTSIDE)), "sees the grader's folder"
assert refused(lambda: os.kill(GRADER, 0)), "may signal the grader"
assert refused(lambda: socket.create_connection(("127.0.0.1", PORT), 2)), "sees the machine's network"
"""
_SETTINGS = {  # what refuses user namespaces, the value with which it does, and a value with which it does not
    "kernel.unprivileged_userns_clone": ("0", "1"),
    "user.max_user_namespaces": ("0", "15000"),
    "kernel.apparmor_restrict_unprivileged_userns": ("1", "0"),
}
_CONTAINER = (
    "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined "
    "--security-opt systempaths=unconfined IMAGE"
)
_LANDLOCK = (
    "sed -i 's/^GRUB_CMDLINE_LINUX=./&lsm=landlock,lockdown,yama,integrity,apparmor,bpf /' /etc/default/grub "
    "&& update-grub && reboot"
)


@dataclass(frozen=True)
class Trial:
    """One level, tried.

    Attributes:
        level: Its name.
        refused: Why it cannot be had, or an empty string.
        mend: The command that would mend that, if one is known.
    """

    level: Level
    refused: str = ""
    mend: str = ""


def try_levels() -> Iterator[Trial]:
    """Tries levels, strongest first, until one can be had; each by a real warm process and a look from within.

    Raises:
        AutograderError: A level can be had but leaks, or the warm process does not start at all.
    """
    for level in ISOLATED:
        try:
            with WarmProcess(level) as warm:
                _look_around(warm)
        except IsolationUnavailable as error:
            reason = " ".join(str(error).split())
            yield Trial(level, reason, _mend(level, reason))
        else:
            yield Trial(level)
            return


def grouped() -> tuple[bool, bool]:
    """Whether control groups around submissions can limit memory, and share out processor time."""
    groups = control_groups()
    return groups is not None, groups is not None and groups.share_processor


def _look_around(warm: WarmProcess) -> None:
    import socket
    import tempfile

    with (
        tempfile.TemporaryDirectory() as outside,
        socket.create_server(("127.0.0.1", 0)) as server,
        warm.submission(Limits()) as submission,
    ):
        names = f"OUTSIDE, GRADER, PORT = {outside!r}, {os.getpid()}, {server.getsockname()[1]}\n"
        result = submission.run_cell(1, names + _LOOK_AROUND, 10.0)
    if result.error is not None:
        raise AutograderError(f"{warm.level} leaks ({result.message}); do not grade on this machine")


def _mend(level: Level, reason: str) -> str:
    if level in LANDLOCKED:
        if "Landlock" in reason:
            return _LANDLOCK if "EOPNOTSUPP" in reason else "apt-get install linux-image-amd64 (5.13 or newer)"
        return "sudo --preserve-env=PATH autograder grade ..." if "root" in reason and level == "separate-users" else ""
    if "install bubblewrap" in reason:
        return "apt-get install bubblewrap"
    settings = [f"{name}={good}" for name, (bad, good) in _SETTINGS.items() if _value(name) == bad]
    if settings:
        return f"sysctl -w {' '.join(settings)}"
    return _CONTAINER if _is_filtered() else ""


def _value(setting: str) -> str:
    with suppress(OSError):
        return (Path("/proc/sys") / setting.replace(".", "/")).read_text().strip()
    return ""


def _is_filtered() -> bool:
    """Whether somebody has put a filter of system calls around this process, as Docker does."""
    with suppress(OSError):
        return "Seccomp:\t2" in Path("/proc/self/status").read_text()
    return False
