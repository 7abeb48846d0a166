"""Serving: the loop that answers the grader's requests in a process of the sandbox, until the grader hangs up."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from typing import Any, NoReturn

from autograder.errors import ReplyRejected
from autograder.sandbox.cells import CellRunner
from autograder.sandbox.channel import Channel
from autograder.sandbox.confinement import die_with_parent
from autograder.sandbox.guest import SEED, Guest, seed_all
from autograder.sandbox.raised import MAX_TEXT


class SubmissionGuest(Guest):
    """Answers in the submission's own process: it runs cells there, and forks processes for checks.

    Args:
        channel: The connection to the grader.
        cells: Runs the cells.
    """

    def __init__(self, channel: Channel, cells: CellRunner) -> None:
        super().__init__(channel, cells.namespace)
        self._children: list[int] = []
        self.operations |= {"fork": self._fork, "run_cell": cells.run}

    def _fork(self, descriptor: int) -> None:
        with contextlib.suppress(ChildProcessError):  # the student's code has waited for them
            self._children = [pid for pid in self._children if os.waitpid(pid, os.WNOHANG)[0] == 0]
        pid = os.fork()
        if pid == 0:
            self.channel.close()
            _serve_check(descriptor, self.namespace)
        os.close(descriptor)
        self._children.append(pid)


def serve(channel: Channel, guest: Guest) -> None:
    """Answers requests until the grader closes the connection."""
    process = os.getpid()
    while True:
        try:
            request, descriptor = channel.receive_with_descriptor()
        except Exception:
            return
        if descriptor is not None:
            request["descriptor"] = descriptor
        reply = guest.answer(request)
        if os.getpid() != process:  # the student's code has forked: two processes must not answer
            os._exit(0)
        try:
            channel.send(reply)
        except ReplyRejected as error:
            channel.send({"rejected": str(error)[:MAX_TEXT]})


def _serve_check(descriptor: int, namespace: dict[str, Any]) -> NoReturn:
    """Serves checks in this freshly forked process, and ends it."""
    try:
        die_with_parent()
        channel = Channel(socket.socket(fileno=descriptor))
        pidfd = os.pidfd_open(os.getpid())
        channel.send({"result": None}, descriptor=pidfd)
        os.close(pidfd)
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115  # lives as long as the process
        seed_all(SEED)  # whichever checks came before, and however much of it the cells have used
        serve(channel, Guest(channel, namespace))
    finally:
        os._exit(0)
