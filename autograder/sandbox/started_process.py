"""StartedProcess: one warm process, started by the grader, that forks submissions on request."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograder.ctrl_c import ctrl_c_kept_from_children
from autograder.errors import AutograderError, GuestDied, IsolationUnavailable, SandboxError
from autograder.sandbox.channel import Channel
from autograder.sandbox.claimed_text import clean_text
from autograder.sandbox.deadline import Deadline
from autograder.sandbox.isolation import WALLED, outer_command
from autograder.sandbox.levels import Level
from autograder.sandbox.limits import Limits
from autograder.sandbox.surroundings import environment, font_folder, visible_paths

START_SECONDS = 120.0
OPEN_SECONDS = 20.0
_END_SECONDS = 2.0
_WITHOUT_A_WORD = "it ended without a word, as when it is killed or memory is short; run the same command again"
_KILL_SECONDS = 10.0  # a process that the kernel itself holds up is not waited for any longer


class StartedProcess:
    """A warm process; it ends with the thread that has started it.

    Args:
        level: Isolation level.
        folder: Stands in for /tmp where the sandbox has none of its own.
        hidden: Folders that stay out of the sandbox wherever they lie.
        devices: Device nodes of a GPU that students' code may use.
        file_bytes: Size of the sandbox's file systems, where they are one submission's own.

    Raises:
        IsolationUnavailable: This machine does not give the level.
        SandboxError: The warm process does not start.

    Attributes:
        versions: What it has imported.
        pid: Of the process that was started; whatever is within ends with it.
    """

    def __init__(
        self,
        level: Level,
        folder: Path,
        hidden: Sequence[Path],
        devices: Sequence[Path] = (),
        file_bytes: int | None = None,
    ) -> None:
        self._level: Level = level
        self._devices = devices
        with contextlib.ExitStack() as undo:
            self._last_words = undo.enter_context(tempfile.TemporaryFile())  # a pipe that nobody reads could fill up
            ours, theirs = socket.socketpair()
            self._control = Channel(ours)
            undo.callback(self._control.close)
            with theirs:
                self._process = self._start(theirs.fileno(), folder, hidden, file_bytes)
            undo.callback(self._end_process)
            self.pid = self._process.pid
            self.versions = self._wait_until_ready()
            self._undo = undo.pop_all()

    def end(self) -> None:
        """Ends it."""
        self._control.close()
        self._undo.close()

    def kill(self) -> None:
        """Ends it and, where bubblewrap is around it, everything inside, at once."""
        self._process.kill()

    def fork(self, limits: Limits, folder: str, user: int | None) -> tuple[Channel, int]:
        """Has it fork a submission.

        Args:
            limits: What it may use.
            folder: Where it works, if it has no /tmp of its own.
            user: Whose it becomes.

        Returns:
            The channel that leads to it, and a pidfd of its first process.

        Raises:
            IsolationUnavailable: The kernel refuses what the level asks for.
            SandboxError: No fork comes.
        """
        ours, theirs = socket.socketpair()
        deadline = Deadline(OPEN_SECONDS)
        channel = Channel(ours)
        try:
            with theirs:
                request = {"limits": asdict(limits), "folder": folder, "user": user}
                self._control.send(request, deadline=deadline, descriptor=theirs.fileno())
            hello, pidfd = channel.receive_with_descriptor(deadline=deadline)
        except (AutograderError, OSError) as error:
            channel.close()
            raise SandboxError(f"the warm process opens no submission ({error})") from error
        if pidfd is None or hello != {"ready": True}:
            channel.close()
            if pidfd is not None:
                os.close(pidfd)
            reason = hello.get("failed", hello) if isinstance(hello, dict) else hello
            raise IsolationUnavailable(f"a submission cannot be isolated: {clean_text(str(reason))}")
        return channel, pidfd

    def _start(
        self, connection: int, folder: Path, hidden: Sequence[Path], file_bytes: int | None
    ) -> subprocess.Popen[bytes]:
        visible = visible_paths()
        program = [sys.executable, "-P", "-m", "autograder.sandbox.warm"]
        program += [
            str(connection),
            self._level,
            str(font_folder()),
            *map(str, visible),
            "--",
            *map(str, hidden),
            "--",
            *map(str, self._devices),
        ]
        try:
            with ctrl_c_kept_from_children():
                return subprocess.Popen(  # noqa: S603  # a command made here
                    outer_command(self._level, program, visible, hidden, self._devices, file_bytes),
                    cwd="/",
                    env=environment(self._level, folder, gpu=bool(self._devices)),
                    pass_fds=[connection],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self._last_words,
                    start_new_session=True,
                )
        except OSError as error:
            raise SandboxError(f"the warm process does not start: {error}") from error

    def _wait_until_ready(self) -> dict[str, str]:
        hello: Any = {}
        try:
            hello = self._control.receive(deadline=Deadline(START_SECONDS))
            versions: dict[str, str] = hello["versions"]
            return versions
        except (AutograderError, KeyError, TypeError) as error:
            self._control.close()
            self._end_process()
            self._last_words.seek(0)
            said = self._last_words.read().decode(errors="replace").strip()[-2000:]
            if "unavailable" in hello:
                raise IsolationUnavailable(hello["unavailable"]) from error
            silent = _WITHOUT_A_WORD if isinstance(error, GuestDied) else str(error)
            reason = hello.get("failed") or said or silent
            if self._level in WALLED and ("bwrap" in reason or "unshare" in reason):
                raise IsolationUnavailable(f"bubblewrap cannot isolate on this machine: {reason}") from error
            raise SandboxError(f"the warm process does not start: {reason}") from error

    def _end_process(self) -> None:
        try:
            self._process.wait(timeout=_END_SECONDS)  # the closed connection ends it
        except subprocess.TimeoutExpired:
            self._process.kill()  # bubblewrap takes everything inside along
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=_KILL_SECONDS)
