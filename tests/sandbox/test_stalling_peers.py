"""Peers that stall at any byte, close there, or never stop: every call through the door ends by its deadline.

The other side is a bare socket. Deadlines are short here, so that there are hundreds of them; how long the usual ones
are is in docs/security.md.
"""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.errors import DeadlineExceeded, GuestDied, GuestError, SandboxError
from autograder.sandbox import started_process, submission_process
from autograder.sandbox.channel import Channel
from autograder.sandbox.check_process import CheckProcess
from autograder.sandbox.deadline import Overtime
from autograder.sandbox.environments import Discrete
from autograder.sandbox.limits import Limits
from autograder.sandbox.resource_watch import ResourceWatch, Watched
from autograder.sandbox.started_process import StartedProcess
from autograder.sandbox.student import Student
from autograder.sandbox.submission_process import SubmissionProcess
from autograder.sandbox.wire import encode, tensor
from autograder.scoring.training_log import KEEP_SECONDS, TrainingLog

SECONDS = 0.02
PATIENCE = 20.0  # seconds; of a loaded machine, far below the usual deadlines together
Call = Callable[[socket.socket], Any]


def framed(message: Any) -> bytes:
    payload = encode(message)
    return struct.pack(">I", len(payload)) + payload


CELL = framed({"result": {"outputs": [], "error": None, "message": "", "execution_count": 1}})
VALUE = framed({"result": tensor([1.0])})
ASKED = framed({"ask": {"question": "make", "env_id": "Hidden-v0"}}) + framed({"result": None})
FORKED = framed({"result": None})
READY = framed({"ready": True, "versions": {"torch": "0"}})


class Still:
    """A hidden environment."""

    observation_space = action_space = Discrete(2)

    def reset(self, seed: int | None) -> int:
        return 0

    def step(self, action: np.ndarray) -> tuple[int, float, bool, bool]:
        return 0, 0.0, False, False


@pytest.fixture(scope="module")
def watch() -> Iterator[ResourceWatch]:
    made = ResourceWatch(0)
    yield made
    made.close()


@pytest.fixture
def call(watch: ResourceWatch, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, socket.socket], Any]]:
    """Has the grader make a call whose other side is the other end of this socket."""
    undo = ExitStack()
    monkeypatch.setattr(submission_process, "GRACE_SECONDS", 0.0)
    monkeypatch.setattr(started_process, "START_SECONDS", SECONDS)
    monkeypatch.setattr(started_process, "_END_SECONDS", 0.0)

    def submission(ours: socket.socket) -> SubmissionProcess:
        watched = Watched(Limits(check_seconds=SECONDS), lambda: None)
        made = SubmissionProcess(Channel(ours), _pidfd_of_the_dead(), 0, watch, watched, Overtime(0.0))
        undo.callback(made.close)
        return made

    def check(ours: socket.socket) -> Student:
        forked_from = submission(undo.enter_context(socket.socket(socket.AF_UNIX)))
        made = CheckProcess(Channel(ours), _pidfd_of_the_dead(), SECONDS, forked_from)
        undo.callback(made.close)
        return Student(made)

    def asked(ours: socket.socket) -> Any:
        student = check(ours)
        student._desk.register("Hidden-v0", Still)
        return student.f()

    calls: dict[str, Call] = {
        "cell": lambda ours: submission(ours).run_cell(1, "1", SECONDS),
        "fork": lambda ours: submission(ours).open_check(),
        "value": lambda ours: check(ours).f(),
        "asked": asked,
        "start": _started,
    }
    with undo:
        yield lambda name, ours: calls[name](ours)


def _started(ours: socket.socket) -> StartedProcess:
    """A warm process whose side of the connection is the test's."""

    class Silent(StartedProcess):
        def _start(self, *_: Any) -> subprocess.Popen[bytes]:
            self._control.close()
            self._control = Channel(ours)
            return subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL)

    return Silent("none", Path("/tmp"), [])


def _pidfd_of_the_dead() -> int:
    """Of a process that has ended: a signal to it reaches nobody."""
    with subprocess.Popen(["true"]) as process:
        return os.pidfd_open(process.pid)


CALLS = {"cell": CELL, "fork": FORKED, "value": VALUE, "asked": ASKED}


@pytest.mark.parametrize(("name", "reply"), CALLS.items(), ids=CALLS)
def test_a_peer_that_stalls_at_any_byte_ends_with_the_deadline(call, name: str, reply: bytes) -> None:
    for sent in range(len(reply)):
        ours, theirs = socket.socketpair()
        theirs.sendall(reply[:sent])
        started = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            call(name, ours)
        assert time.monotonic() - started < PATIENCE
        theirs.close()


@pytest.mark.parametrize(("name", "reply"), CALLS.items(), ids=CALLS)
def test_a_peer_that_closes_at_any_byte_is_dead(call, name: str, reply: bytes) -> None:
    for sent in range(len(reply)):
        ours, theirs = socket.socketpair()
        theirs.sendall(reply[:sent])
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises((GuestDied, DeadlineExceeded)):  # late on a loaded machine
            call(name, ours)
        theirs.close()


@pytest.mark.parametrize("name", CALLS)
def test_a_peer_that_reads_nothing_and_one_that_has_gone_end_the_call(call, name: str) -> None:
    for closed in (False, True):
        ours, theirs = socket.socketpair()
        if closed:
            theirs.close()
        with pytest.raises((GuestDied, DeadlineExceeded)):
            call(name, ours)
        theirs.close()


@pytest.mark.parametrize("closes", [False, True])
@pytest.mark.parametrize("sent", [0, 1, 4, 5, len(READY) // 2, len(READY) - 1])
def test_a_warm_process_that_stalls_or_closes_while_it_starts_is_the_sandboxs_fault(
    call, sent: int, closes: bool
) -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(READY[:sent])
    if closes:
        theirs.shutdown(socket.SHUT_WR)
    started = time.monotonic()
    with pytest.raises(SandboxError, match="does not start"):
        call("start", ours)
    assert time.monotonic() - started < PATIENCE
    theirs.close()


@pytest.mark.parametrize("closes", [False, True])
def test_a_fork_that_does_not_say_hello_is_the_sandboxs_fault(call, monkeypatch, closes: bool) -> None:
    monkeypatch.setattr(started_process, "START_SECONDS", PATIENCE)
    monkeypatch.setattr(started_process, "OPEN_SECONDS", SECONDS)
    hello = framed({"ready": True})
    for sent in (0, 1, 4, len(hello) - 1):
        ours, theirs = socket.socketpair()
        theirs.sendall(READY)
        warm = call("start", ours)
        sending = threading.Thread(target=_say_hello, args=(theirs, hello[:sent], closes))
        sending.start()
        with pytest.raises(SandboxError, match="opens no submission"):
            warm.fork(Limits(), "", None)
        sending.join()
        warm.end()
        theirs.close()


def _say_hello(theirs: socket.socket, sent: bytes, closes: bool) -> None:
    """Takes the connection that comes with the request, and says so much through it."""
    _, descriptors, _, _ = socket.recv_fds(theirs, 1 << 16, 1)
    connection = socket.socket(fileno=descriptors[0])
    with suppress(OSError):
        connection.sendall(sent)
    if not closes:
        time.sleep(5 * SECONDS)
    connection.close()


@pytest.mark.parametrize("sent", range(0, len(FORKED), 2))
def test_a_check_that_does_not_say_hello_ends_with_the_deadline(call, sent: int) -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(FORKED)
    hello = threading.Thread(target=_say_hello, args=(theirs, FORKED[:sent], False))
    hello.start()
    with pytest.raises((DeadlineExceeded, GuestDied)):
        call("fork", ours)
    hello.join()
    theirs.close()


def _flood(theirs: socket.socket, data: bytes) -> None:
    with suppress(OSError):
        while True:
            theirs.sendall(data)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    "data",
    [
        b"\xff" * 65536,
        b"\0" * 65536,
        struct.pack(">I", 1 << 20) + b"\xc0" * (1 << 20),
        framed({"ask": {"question": "make", "env_id": "Hidden-v0"}}),
        framed({"ask": {"question": "step", "number": 0, "action": np.array(0)}}),
        framed({"result": None}),
        CELL,
    ],
    ids=["ones", "zeros", "values", "made", "stepped", "values without", "cells"],
)
def test_a_peer_that_never_stops_ends_the_call_or_is_answered_once(call, name: str, data: bytes) -> None:
    ours, theirs = socket.socketpair()
    flooding = threading.Thread(target=_flood, args=(theirs, data))
    flooding.start()
    started = time.monotonic()
    with suppress(GuestError):
        call(name, ours)
    assert time.monotonic() - started < PATIENCE
    ours.close()
    theirs.shutdown(socket.SHUT_RDWR)
    flooding.join()
    theirs.close()


def test_questions_without_end_are_answered_until_the_deadline_only(call) -> None:
    ours, theirs = socket.socketpair()
    step = framed({"ask": {"question": "step", "number": 0, "action": np.array(0)}})
    first = framed({"ask": {"question": "make", "env_id": "Hidden-v0"}})
    theirs.sendall(first)
    asking = threading.Thread(target=_flood, args=(theirs, step))
    asking.start()
    reading = threading.Thread(target=_drain, args=(theirs,))
    reading.start()
    with pytest.raises(DeadlineExceeded):
        call("asked", ours)
    theirs.shutdown(socket.SHUT_RDWR)
    asking.join()
    reading.join()
    theirs.close()


def _drain(theirs: socket.socket) -> None:
    with suppress(OSError):
        while theirs.recv(1 << 16):
            pass


def test_environments_without_end_are_refused(call) -> None:
    student = Student(None)  # type: ignore[arg-type]
    student._desk.register("Hidden-v0", Still)
    with pytest.raises(ValueError, match="at most 256"):
        for _ in range(1000):
            student._desk.answer({"question": "make", "env_id": "Hidden-v0"})


def test_reports_on_training_without_end_take_bounded_memory_and_are_kept_at_a_bounded_rate() -> None:
    kept: list[int] = []
    log = TrainingLog(keep=lambda checkpoint: kept.append(checkpoint.transitions))
    started = time.monotonic()
    for number in range(60_000):
        log.take({"transitions": number, "steps": [1.0], "returns": [1.0], "kl": 0.0, "entropy": 0.0, "weights": b"x"})
    assert len(log._episodes) == len(log._updates) == 50_000
    assert log.weights == b"x"
    assert 1 <= len(kept) <= 1 + (time.monotonic() - started) / KEEP_SECONDS
