"""Settling: a fresh fork of the warm process moves into the inner shell of its level, before any student's code runs.

    warm ── fork ── enters namespaces ── fork ── first process ── fork ── submission ── fork ── check
                    (ends at once)               (pid 1 of them)           (cells)               (calls)

That is ``namespaces``: the first process mounts, limits, gives up what it may, and then only waits; when it is killed,
the kernel kills everything else in its pid namespace. At the other levels there is no such namespace: the fork of the
warm process is itself the first process. It stays outside the submission's shell, waits, and takes in orphans, so that
none of the submission's processes gets lost.
"""

from __future__ import annotations

import os
import signal
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import IsolationUnavailable
from autograder.sandbox.channel import Channel
from autograder.sandbox.confinement import (
    WORK_FOLDER,
    adopt_orphans,
    become_user,
    confine_file_system,
    die_with_parent,
    drop_capabilities,
    enter_namespaces,
    hide_memory,
    limit_resources,
)
from autograder.sandbox.families import threads_of_user
from autograder.sandbox.isolation import SYSTEM_FILES, SYSTEM_FOLDERS
from autograder.sandbox.landlock import restrict_files, without
from autograder.sandbox.levels import LANDLOCKED, Level
from autograder.sandbox.limits import Limits

_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_SHARED_MEMORY = "/dev/shm"  # noqa: S108  # files there belong to the user who made them
_FACTS = (  # about the machine, of no process
    *(f"/proc/{name}" for name in ("cpuinfo", "meminfo", "stat", "loadavg", "uptime", "version", "filesystems")),
    "/sys/devices/system/cpu",
)
_WHOLE_USER_NAMESPACE = "4294967295"


@dataclass(frozen=True)
class Shell:
    """What a warm process puts around its submissions.

    Attributes:
        level: Isolation level.
        rules: Filter of system calls; None without isolation.
        visible: Paths that stay visible.
        hidden: Folders that stay out of sight, even below visible ones.
        devices: Device nodes that may be used.
    """

    level: Level
    rules: Any
    visible: list[str]
    hidden: list[str]
    devices: list[str]

    def settle(self, channel: Channel, limits: Limits, folder: str, user: int | None) -> bool:
        """Makes this fork a submission's process, and tells the grader.

        Args:
            channel: The submission's connection to the grader.
            limits: What it may use.
            folder: Where it works, if it has no /tmp of its own.
            user: Whose it becomes, at ``separate-users``.

        Returns:
            Whether this is the submission's process; if not, it has to end.

        Raises:
            Exception: The machine does not give what the level asks for.
        """
        if self.level == "namespaces":
            enter_namespaces()
            if os.fork() != 0:
                return False
            confine_file_system(limits, self.visible)
            limit_resources(limits, processes=limits.processes)
            drop_capabilities()
            self.rules.load()
            stay_first_process(channel)
        else:
            os.setsid()
            die_with_parent()
            adopt_orphans()
            stay_first_process(channel)
            self._settle_beside(limits, Path(folder or WORK_FOLDER), user)
        first_process = os.pidfd_open(os.getppid())
        channel.send({"ready": True}, descriptor=first_process)
        os.close(first_process)
        return True

    def _settle_beside(self, limits: Limits, folder: Path, user: int | None) -> None:
        """Without namespaces of its own."""
        folder.mkdir(parents=True, exist_ok=True)
        os.chdir(folder)
        if self.level != "bubblewrap":
            os.environ["HOME"] = os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
        limit_resources(limits, processes=self._most_processes(limits))
        Path("/proc/self/oom_score_adj").write_text("1000")  # if the machine runs out of memory: this one first
        if user is not None:
            become_user(user)
            _require_readable()
        die_with_parent()  # after the change of user, which undoes it
        if self.level == "none":
            return
        drop_capabilities()
        if self.level in LANDLOCKED:
            self._restrict_files([folder] if user is None else [folder, Path(_SHARED_MEMORY)])
        self.rules.load()

    def _restrict_files(self, writable: list[Path]) -> None:
        system = ["/usr", *(f"/{name}" for name in SYSTEM_FOLDERS), *SYSTEM_FILES, *_FACTS, *_DEVICES]
        visible = map(Path, [*system, *self.visible, os.environ["MPLCONFIGDIR"]])
        readable, listed = without(filter(Path.exists, visible), map(Path, self.hidden))
        restrict_files(readable, [*writable, *map(Path, [os.devnull, *self.devices])], listed)

    def _most_processes(self, limits: Limits) -> int | None:
        match self.level:
            case "none":
                return None
            case "separate-users":
                return limits.processes
            case "bubblewrap" if _WHOLE_USER_NAMESPACE not in Path("/proc/self/uid_map").read_text():
                return limits.processes
        return limits.processes + threads_of_user(os.getuid())  # those of others count too


def _require_readable() -> None:
    """As the user of a submission: Python and its libraries can be read.

    Raises:
        IsolationUnavailable: They cannot.
    """
    for file in (os.__file__, sysconfig.get_path("purelib"), __file__):
        for path in (*reversed(Path(file).parents), Path(file)):
            if not os.access(path, os.X_OK if path.is_dir() else os.R_OK):
                raise IsolationUnavailable(
                    f"expected {file} where every user may read it, found {path} closed; run `chmod a+rx {path}`, "
                    "or install Python and the autograder elsewhere"
                )


def stay_first_process(channel: Channel) -> None:
    """Returns in a new child; here, waits until that child and all that was left to it have ended."""
    submission = os.fork()
    if submission == 0:
        die_with_parent()
        return
    channel.close()
    hide_memory()
    for number in range(1, signal.NSIG):
        if number not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                continue  # reserved by the C library
    is_namespace = os.getpid() == 1  # with it everything else in it ends
    while True:
        try:
            if os.wait()[0] == submission and is_namespace:
                os._exit(0)
        except ChildProcessError:
            os._exit(0)
