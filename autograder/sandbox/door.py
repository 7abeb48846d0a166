"""The grader's side of the door: starts the warm process, opens submissions, opens checks.

Whatever comes from a submission is a claim. What ends it does not: every process has a pidfd, handed over by the
warm process's own code before any of the student's has run, and a deadline.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import autograder
from autograder.errors import (
    AutograderError,
    DeadlineExceeded,
    GuestDied,
    IsolationUnavailable,
    ReplyRejected,
    SandboxError,
)
from autograder.sandbox.isolation import UNPRIVILEGED_ID, Level, outer_command
from autograder.sandbox.limits import Limits
from autograder.sandbox.memory_watch import MemoryWatch, own_memory_bytes
from autograder.sandbox.student import Answer, clean_text
from autograder.sandbox.wire import Channel

START_SECONDS = 120.0
OPEN_SECONDS = 20.0
GRACE_SECONDS = 3.0
_SOURCE = Path(autograder.__file__).parent.parent


@dataclass(frozen=True)
class CellResult:
    """What running a cell has brought, as the sandbox claims it.

    Attributes:
        outputs: Outputs in nbformat 4.
        error: Name of the exception's class, or None.
        message: Its text.
        execution_count: Number of the prompt.
    """

    outputs: list[dict[str, Any]]
    error: str | None
    message: str
    execution_count: int


class WarmProcess:
    """The warm process, started and stopped by the grader; open submissions from it.

    Args:
        level: ``namespaces``, or ``none`` for trusted notebooks only.
        hidden: Folders that stay out of the sandbox wherever they lie (the course's own).

    Raises:
        IsolationUnavailable: This machine does not give the level.
        SandboxError: The warm process does not start.
    """

    def __init__(self, level: Level = "namespaces", hidden: Sequence[Path] = ()) -> None:
        self.level: Level = level
        self._hidden = hidden
        ours, theirs = socket.socketpair()
        self._control = Channel(ours)
        with theirs:
            self._process = self._start(theirs.fileno())
        self.versions = self._wait_until_ready()
        self._watch = MemoryWatch(self._baseline_bytes())

    def __enter__(self) -> WarmProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the warm process and every submission in it."""
        self._control.close()
        self._watch.close()
        self._end_process()

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
        ours, theirs = socket.socketpair()
        deadline = time.monotonic() + OPEN_SECONDS
        channel = Channel(ours)
        try:
            with theirs:
                self._control.send({"limits": asdict(limits)}, deadline=deadline, descriptor=theirs.fileno())
            hello, pidfd = channel.receive_with_descriptor(deadline=deadline)
        except AutograderError as error:
            channel.close()
            raise SandboxError(f"the warm process opens no submission ({error})") from error
        if pidfd is None or hello != {"ready": True}:
            channel.close()
            raise IsolationUnavailable(f"a submission cannot be isolated: {clean_text(str(hello))}")
        return SubmissionProcess(channel, pidfd, limits, self._watch)

    def _start(self, connection: int) -> subprocess.Popen[bytes]:
        visible = _visible_folders()
        fonts = _font_folder()
        program = [sys.executable, "-m", "autograder.sandbox.warm", str(connection), self.level, str(fonts)]
        program += [str(path) for path in visible]
        hidden = [_SOURCE / "autograder", *self._hidden]
        command = outer_command(self.level, program, [*visible, fonts], hidden)
        try:
            return subprocess.Popen(
                command,
                env=_environment(self.level),
                pass_fds=[connection],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is the grader's alone
            )
        except OSError as error:
            raise SandboxError(f"the warm process does not start: {error}") from error

    def _wait_until_ready(self) -> dict[str, str]:
        try:
            hello = self._control.receive(deadline=time.monotonic() + START_SECONDS)
            versions: dict[str, str] = hello["versions"]
            return versions
        except (AutograderError, KeyError, TypeError) as error:
            reason = hello.get("failed", "") if isinstance(error, KeyError) else ""
            self._control.close()
            self._end_process()
            said = b"" if self._process.stderr is None else self._process.stderr.read()
            reason = reason or said.decode(errors="replace").strip()[-2000:] or str(error)
            if "bwrap" in reason or "unshare" in reason:
                raise IsolationUnavailable(
                    f"bubblewrap cannot isolate on this machine: {reason}\nUnprivileged user namespaces have to be "
                    "allowed (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces > 0; on Ubuntu "
                    "kernel.apparmor_restrict_unprivileged_userns=0)"
                ) from error
            raise SandboxError(f"the warm process does not start: {reason}") from error

    def _baseline_bytes(self) -> int:
        from autograder.sandbox.memory_watch import family

        return max(own_memory_bytes(pid) for pid in family(self._process.pid))

    def _end_process(self) -> None:
        try:
            self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()  # bubblewrap takes everything inside along
            self._process.wait()


class SubmissionProcess:
    """A fork of the warm process that runs the cells of one submission.

    Args:
        channel: Leads to it.
        pidfd: Of its first process, whose end is the end of all its processes.
        limits: What it may use.
        watch: Looks after its memory.
    """

    def __init__(self, channel: Channel, pidfd: int, limits: Limits, watch: MemoryWatch) -> None:
        self._channel = channel
        self._pidfd = pidfd
        self._limits = limits
        self._watch = watch
        self._closed = False
        watch.add(pidfd, limits.memory_bytes)

    def run_cell(self, index: int, source: str, seconds: float) -> CellResult:
        """Runs one cell.

        Args:
            index: Number of the cell, for tracebacks.
            source: Its source.
            seconds: Wall time after which it is interrupted; if that does not help, the process is killed.

        Raises:
            DeadlineExceeded: It could not be interrupted.
            GuestDied: The process ended.
            ReplyRejected: Its outputs may not cross the door.
        """
        request = {"operation": "run_cell", "index": index, "source": source, "seconds": seconds}
        reply = self._request(request, seconds, GRACE_SECONDS)
        match reply:
            case {"outputs": list(outputs), "error": str() | None as error, "message": str(message)}:
                count = reply.get("execution_count")
                kept = [output for output in outputs if isinstance(output, dict)]
                return CellResult(kept, error, clean_text(message), count if isinstance(count, int) else 0)
        raise self._ended(ReplyRejected("expected the outputs of a cell, received a malformed reply"))

    def open_check(self) -> CheckProcess:
        """Forks a process for checks.

        Raises:
            DeadlineExceeded: The submission does not answer.
            GuestDied: The submission's process has ended.
            ReplyRejected: It answered nonsense.
        """
        ours, theirs = socket.socketpair()
        channel = Channel(ours)
        try:
            with theirs:
                self._request({"operation": "fork"}, OPEN_SECONDS, 0.0, theirs.fileno())
            _, pidfd = channel.receive_with_descriptor(deadline=time.monotonic() + OPEN_SECONDS)
        except AutograderError as error:
            channel.close()
            raise self._ended(error) from error
        if pidfd is None:
            channel.close()
            raise self._ended(ReplyRejected("expected the process of a check, received none"))
        return CheckProcess(channel, pidfd, self._limits.check_seconds, self.close)

    @property
    def closed(self) -> bool:
        """Whether its processes have been ended."""
        return self._closed

    def close(self) -> None:
        """Kills all its processes; what they have left in files is gone with them."""
        if self._closed:
            return
        self._closed = True
        self._watch.remove(self._pidfd)
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        os.close(self._pidfd)
        self._channel.close()

    def _request(self, request: dict[str, Any], seconds: float, grace: float, descriptor: int | None = None) -> Any:
        if self._closed:
            raise GuestDied("the submission's process has ended")
        deadline = time.monotonic() + seconds + grace
        try:
            self._channel.send(request, deadline=deadline, descriptor=descriptor)
            reply = self._channel.receive(deadline=deadline)
        except DeadlineExceeded as error:
            raise self._ended(DeadlineExceeded(seconds)) from error
        except AutograderError as error:
            raise self._ended(error) from error
        if not isinstance(reply, dict) or list(reply) != ["result"]:
            raise self._ended(GuestDied("the submission's process refused a request of the grader"))
        return reply["result"]

    def _ended(self, error: AutograderError) -> AutograderError:
        """Ends the submission; returns the error to raise, which names memory if that was the cause."""
        exceeded = not self._closed and self._watch.remove(self._pidfd)
        self.close()
        if exceeded:
            return GuestDied(f"more than {self._limits.memory_bytes // 2**20} MiB of memory were used")
        return error


class CheckProcess:
    """A fork of a submission that serves checks; a ``Transport`` for ``Student``.

    Args:
        channel: Leads to it.
        pidfd: Claimed by the submission: it may be wrong, then the whole submission is ended in its place.
        seconds: Wall time of one check.
        end_submission: Called if this process cannot be ended.
    """

    def __init__(self, channel: Channel, pidfd: int, seconds: float, end_submission: Any) -> None:
        self._channel = channel
        self._pidfd = pidfd
        self._seconds = seconds
        self._end_submission = end_submission
        self._closed = False
        self.renew()

    def renew(self) -> None:
        """Starts the time of the next check."""
        self._deadline = time.monotonic() + self._seconds

    def exchange(self, request: dict[str, Any], answer: Answer) -> Any:
        """See ``Transport.exchange``."""
        try:
            self._channel.send(request, deadline=self._deadline)
            reply = self._channel.receive(deadline=self._deadline)
            while isinstance(reply, dict) and list(reply) == ["ask"]:
                self._channel.send(_answered(answer, reply["ask"]), deadline=self._deadline)
                reply = self._channel.receive(deadline=self._deadline)
        except DeadlineExceeded:
            raise DeadlineExceeded(self._seconds) from None
        return reply

    def close(self) -> None:
        """Kills the process."""
        if self._closed:
            return
        self._closed = True
        try:
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        except ProcessLookupError:
            pass
        except OSError:  # the submission claimed something that is no process of its own
            self._end_submission()
        os.close(self._pidfd)
        self._channel.close()


def _answered(answer: Answer, question: Any) -> dict[str, Any]:
    try:
        return answer(question)
    except ValueError as error:
        raise ReplyRejected(str(error)) from error


def _visible_folders() -> list[Path]:
    """What the warm process may read: Python, the libraries, the guest's side of the door, rlhelpers."""
    package = _SOURCE / "autograder"
    python = {Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib")}
    roots = [Path(sys.base_prefix), Path(sys.prefix), Path(sys.executable).parent.parent]
    roots += [path for path in python if not any(path.is_relative_to(root) for root in roots)]
    site = [Path(sysconfig.get_path("purelib"))]
    ours = [package / "__init__.py", package / "errors.py", package / "sandbox", _SOURCE / "rlhelpers"]
    return list(dict.fromkeys(path for path in [*roots, *site, *ours] if path.exists()))


def _font_folder() -> Path:
    configured = os.environ.get("MPLCONFIGDIR")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "matplotlib"
    return Path(configured) if configured else cache


def _environment(level: Level) -> dict[str, str]:
    """The whole environment of the warm process: nothing of the grader's own goes in."""
    home = "/tmp/home" if level == "namespaces" else f"/tmp/home-{os.getuid()}-{UNPRIVILEGED_ID}"  # noqa: S108
    osmesa = any(Path("/usr/lib").glob("*/libOSMesa.so*"))
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": str(_SOURCE),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": home,
        "IPYTHONDIR": f"{home}/ipython",
        "MPLCONFIGDIR": f"{home}/matplotlib",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "MUJOCO_GL": "osmesa" if osmesa else "disable",
        "PIP_RETRIES": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
    }


def bubblewrap_found() -> bool:
    """Whether the program that the strong level needs is installed."""
    return shutil.which("bwrap") is not None
