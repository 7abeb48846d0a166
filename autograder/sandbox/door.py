"""The grader's side of the door: WarmProcess starts the warm process and opens submissions.

with WarmProcess() as warm, warm.submission(limits) as submission:
    submission.run_cell(1, "def double(x): return 2 * x", seconds=20.0)
    check = submission.open_check()
    Student(check).double(2)
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from autograder.errors import IsolationUnavailable, SandboxError
from autograder.sandbox.cell_result import CellResult
from autograder.sandbox.check_process import CheckProcess
from autograder.sandbox.control_group import ControlGroup, control_groups
from autograder.sandbox.deadline import Overtime
from autograder.sandbox.families import end_family, family, memory_bytes, pid_of
from autograder.sandbox.isolation import WALLED
from autograder.sandbox.lent_user import LentUser
from autograder.sandbox.levels import ISOLATED, Level
from autograder.sandbox.limits import Limits
from autograder.sandbox.removal import remove_tree
from autograder.sandbox.resource_watch import ResourceWatch, Watched
from autograder.sandbox.started_process import StartedProcess
from autograder.sandbox.submission_process import SubmissionProcess
from autograder.sandbox.surroundings import hidden_folders

__all__ = ["CellResult", "CheckProcess", "SubmissionProcess", "WarmProcess", "strongest_warm_process"]


_FOLDER = "autograder-sandbox-"
_FRESH_SECONDS = 60.0  # time to mark a new folder as held


class WarmProcess:
    """The warm process, started and stopped by the grader; open submissions from it.

    It ends with the thread that has started it. At ``bubblewrap`` every submission has a warm process of its own.

    Args:
        level: Isolation level; ``none`` for trusted notebooks only.
        hidden: Folders that stay out of the sandbox wherever they lie (the course's own).
        devices: Device nodes of a GPU that students' code may use.

    Raises:
        IsolationUnavailable: This machine does not give the level.
        SandboxError: The warm process does not start.
    """

    def __init__(self, level: Level = "namespaces", hidden: Sequence[Path] = (), devices: Sequence[Path] = ()) -> None:
        _require_user(level)
        self.level: Level = level
        self._hidden = [*hidden_folders(), *hidden]
        self._devices = devices
        self._groups = control_groups()
        with contextlib.ExitStack() as undo:
            self._folder = undo.enter_context(_working_folder(level))
            started = self._start(Limits())
            undo.callback(started.end)
            self._process = started
            self.versions = started.versions
            self._watch = ResourceWatch(max(memory_bytes(pid) for pid in family(started.pid)))
            undo.callback(self._watch.close)
            # A kernel that refuses what is around a submission says so now.
            self._opened(started, Limits(), Overtime(0.0)).close()
            self._undo = undo.pop_all()

    def __enter__(self) -> WarmProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def unexplained_ends(self) -> int:
        """How often a process of a submission has ended for no reason that the grader knows."""
        return self._watch.unexplained_ends

    def close(self) -> None:
        """Ends the warm process and every submission in it."""
        self._undo.close()

    @contextlib.contextmanager
    def submission(self, limits: Limits) -> Iterator[SubmissionProcess]:
        """Opens a fork for one submission.

        Raises:
            SandboxError: The fork fails, or the kernel refuses what is around it.
        """
        opened = self.open_submission(limits)
        try:
            yield opened
        finally:
            opened.close()

    def open_submission(self, limits: Limits, overtime: Overtime | None = None) -> SubmissionProcess:
        """Like ``submission``; the caller closes it, and may have several share their overtime."""
        started = self._start(limits) if self.level == "bubblewrap" else self._process
        return self._opened(started, limits, overtime or Overtime(limits.overtime_seconds))

    def _start(self, limits: Limits) -> StartedProcess:
        file_bytes = limits.file_bytes if self.level == "bubblewrap" else None
        return StartedProcess(self.level, self._folder, self._hidden, self._devices, file_bytes)

    def _opened(self, started: StartedProcess, limits: Limits, overtime: Overtime) -> SubmissionProcess:
        with contextlib.ExitStack() as undo:
            folder = None
            if self.level == "bubblewrap":
                undo.callback(started.end)
                undo.callback(started.kill)
            elif self.level not in WALLED:
                folder = self._new_folder()
                undo.callback(remove_tree, folder)
            user = None
            if self.level == "separate-users" and folder is not None:
                user = LentUser()
                undo.callback(user.give_back)
                os.chown(folder, user.uid, user.uid)
            channel, pidfd = started.fork(limits, str(folder or ""), user.uid if user else None)
            pid = next(iter(family(pid_of(pidfd))[1:]), 0)  # its only one yet: no code of the student's has run
            group = self._group_around(pid, limits)
            if self.level == "bubblewrap":  # its end is the end of everything within
                os.close(pidfd)
                pidfd = os.pidfd_open(started.pid)
            end = partial(_end, self.level, pidfd, user)
            watched = Watched(limits, end, folder, group, user.uid if user else None)
            return SubmissionProcess(channel, pidfd, pid, self._watch, watched, overtime, undo.pop_all().close)

    def _new_folder(self) -> Path:
        try:
            return Path(tempfile.mkdtemp(prefix="work-", dir=self._folder))
        except OSError as error:
            raise SandboxError(f"a submission gets no folder to work in: {error}") from error

    def _group_around(self, pid: int, limits: Limits) -> ControlGroup | None:
        """A control group around a submission's process, where one can be had."""
        if self._groups is not None and pid:
            with contextlib.suppress(OSError):
                return self._groups.around(pid, limits)
        return None


def strongest_warm_process(hidden: Sequence[Path] = (), devices: Sequence[Path] = ()) -> WarmProcess:
    """A warm process at the strongest isolation level that this machine gives: each is tried in turn.

    Args:
        hidden: See ``WarmProcess``.
        devices: See ``WarmProcess``.

    Raises:
        IsolationUnavailable: It gives none.
        SandboxError: The warm process does not start, whatever the level.
    """
    reasons = []
    for level in ISOLATED:
        try:
            return WarmProcess(level, hidden, devices)
        except IsolationUnavailable as error:
            reasons.append(f"{level}: {error}".replace("\n", " "))
    raise IsolationUnavailable(
        f"expected a machine that isolates students' code, found that it refuses every level ({'; '.join(reasons)}); "
        "`autograder doctor` says how to mend it (for trusted notebooks only: --no-isolation)"
    )


def _require_user(level: Level) -> None:
    root = os.geteuid() == 0
    if level == "separate-users" and not root:
        raise IsolationUnavailable("expected to be root, to lend a user to each submission; run it as root (sudo)")
    if level == "landlock" and root:
        raise IsolationUnavailable("expected an ordinary user, received root; as root use `separate-users`")


def _end(level: Level, pidfd: int, user: LentUser | None) -> None:
    """Ends all processes of a submission."""
    if user is not None:
        user.end_processes()
    if level in WALLED:
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    else:
        end_family(pidfd)


@contextlib.contextmanager
def _working_folder(level: Level) -> Iterator[Path]:
    """What stands in for /tmp where a submission has none of its own."""
    if level in WALLED:
        yield Path("/tmp")  # noqa: S108  # the sandbox's own
        return
    _remove_leftovers(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=_FOLDER, ignore_cleanup_errors=True) as name, _held(Path(name)) as folder:
        folder.chmod(0o711)  # a submission's user may pass through, to the folder that is its own
        (folder / "home").mkdir()
        yield folder


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[Path]:
    """Marks a folder as in use, until this process ends, however it ends."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield folder
    finally:
        os.close(descriptor)


def _remove_leftovers(temporary: Path) -> None:
    """Removes working folders of graders that were killed."""
    for folder in temporary.glob(f"{_FOLDER}*"):
        with contextlib.suppress(OSError):
            facts = folder.stat(follow_symlinks=False)
            if facts.st_uid == os.geteuid() and time.time() - facts.st_mtime > _FRESH_SECONDS:
                with _held(folder):
                    remove_tree(folder)
