"""The grader's side of the door: WarmProcess starts the warm process and opens submissions.

with WarmProcess() as warm, warm.submission(limits) as submission:
    submission.run_cell(1, "def double(x): return 2 * x", seconds=20.0)
    check = submission.open_check()
    Student(check).double(2)
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from autograder.errors import AutograderError, IsolationUnavailable, SandboxError
from autograder.sandbox.cell_result import CellResult
from autograder.sandbox.channel import Channel
from autograder.sandbox.families import family, memory_bytes
from autograder.sandbox.isolation import Level, outer_command
from autograder.sandbox.limits import Limits
from autograder.sandbox.memory_watch import MemoryWatch
from autograder.sandbox.student import clean_text
from autograder.sandbox.submission_process import CheckProcess, SubmissionProcess
from autograder.sandbox.surroundings import environment, font_folder, hidden_folders, visible_paths

__all__ = ["CellResult", "CheckProcess", "SubmissionProcess", "WarmProcess"]

START_SECONDS = 120.0
OPEN_SECONDS = 20.0


class WarmProcess:
    """The warm process, started and stopped by the grader; open submissions from it.

    It ends with the thread that has started it.

    Args:
        level: ``namespaces``, or ``none`` for trusted notebooks only.
        hidden: Folders that stay out of the sandbox wherever they lie (the course's own).
        devices: Device nodes of a GPU that students' code may use.

    Raises:
        IsolationUnavailable: This machine does not give the level.
        SandboxError: The warm process does not start.
    """

    def __init__(self, level: Level = "namespaces", hidden: Sequence[Path] = (), devices: Sequence[Path] = ()) -> None:
        self.level: Level = level
        with contextlib.ExitStack() as undo:
            self._folder = undo.enter_context(_working_folder(level))
            self._last_words = undo.enter_context(tempfile.TemporaryFile())  # a pipe that nobody reads could fill up
            ours, theirs = socket.socketpair()
            self._control = Channel(ours)
            undo.callback(self._control.close)
            with theirs:
                self._process = self._start(theirs.fileno(), [*hidden_folders(), *hidden], devices)
            undo.callback(self._end_process)
            self.versions = self._wait_until_ready()
            self._watch = MemoryWatch(max(memory_bytes(pid) for pid in family(self._process.pid)))
            undo.callback(self._watch.close)
            self.open_submission(Limits()).close()  # a kernel that refuses its namespaces says so now
            self._undo = undo.pop_all()

    def __enter__(self) -> WarmProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the warm process and every submission in it."""
        self._control.close()
        self._undo.close()

    @contextlib.contextmanager
    def submission(self, limits: Limits) -> Iterator[SubmissionProcess]:
        """Opens a fork for one submission.

        Raises:
            SandboxError: The fork fails, or the kernel refuses its namespaces.
        """
        opened = self.open_submission(limits)
        try:
            yield opened
        finally:
            opened.close()

    def open_submission(self, limits: Limits) -> SubmissionProcess:
        """Like ``submission``; the caller closes it."""
        isolated = self.level == "namespaces"
        ours, theirs = socket.socketpair()
        deadline = time.monotonic() + OPEN_SECONDS
        channel = Channel(ours)
        try:
            with theirs:
                folder = "" if isolated else tempfile.mkdtemp(prefix="work-", dir=self._folder)
                request = {"limits": asdict(limits), "folder": folder}
                self._control.send(request, deadline=deadline, descriptor=theirs.fileno())
            hello, pidfd = channel.receive_with_descriptor(deadline=deadline)
        except (AutograderError, OSError) as error:
            channel.close()
            raise SandboxError(f"the warm process opens no submission ({error})") from error
        if pidfd is None or hello != {"ready": True}:
            channel.close()
            if pidfd is not None:
                os.close(pidfd)
            raise IsolationUnavailable(f"a submission cannot be isolated: {clean_text(str(hello))}")

        if isolated:
            return SubmissionProcess(channel, pidfd, limits, self._watch)
        clean_up = partial(shutil.rmtree, folder, ignore_errors=True)
        return SubmissionProcess(channel, pidfd, limits, self._watch, has_namespace=False, clean_up=clean_up)

    def _start(self, connection: int, hidden: list[Path], devices: Sequence[Path]) -> subprocess.Popen[bytes]:
        visible = visible_paths()
        program = [sys.executable, "-P", "-m", "autograder.sandbox.warm"]
        program += [str(connection), self.level, str(font_folder()), *map(str, visible)]
        try:
            return subprocess.Popen(  # noqa: S603  # a command made here
                outer_command(self.level, program, visible, hidden, devices),
                cwd="/",
                env=environment(self.level, self._folder, gpu=bool(devices)),
                pass_fds=[connection],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._last_words,
                start_new_session=True,  # Ctrl-C is the grader's alone
            )
        except OSError as error:
            raise SandboxError(f"the warm process does not start: {error}") from error

    def _wait_until_ready(self) -> dict[str, str]:
        hello: Any = {}
        try:
            hello = self._control.receive(deadline=time.monotonic() + START_SECONDS)
            versions: dict[str, str] = hello["versions"]
            return versions
        except (AutograderError, KeyError, TypeError) as error:
            self._control.close()
            self._end_process()
            self._last_words.seek(0)
            said = self._last_words.read().decode(errors="replace").strip()[-2000:]
            reason = hello.get("failed") or said or str(error)
            if "bwrap" in reason or "unshare" in reason:
                raise IsolationUnavailable(
                    f"bubblewrap cannot isolate on this machine: {reason}\nUnprivileged user namespaces have to be "
                    "allowed (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces > 0; on Ubuntu "
                    "kernel.apparmor_restrict_unprivileged_userns=0)"
                ) from error
            raise SandboxError(f"the warm process does not start: {reason}") from error

    def _end_process(self) -> None:
        try:
            self._process.wait(timeout=2.0)  # the closed connection ends it
        except subprocess.TimeoutExpired:
            self._process.kill()  # bubblewrap takes everything inside along
            self._process.wait()


@contextlib.contextmanager
def _working_folder(level: Level) -> Iterator[Path]:
    """What stands in for /tmp where there is no isolation."""
    if level == "namespaces":
        yield Path("/tmp")  # noqa: S108  # the sandbox's own
        return
    with tempfile.TemporaryDirectory(prefix="sandbox-", ignore_cleanup_errors=True) as folder:
        (Path(folder) / "home").mkdir()
        yield Path(folder)
