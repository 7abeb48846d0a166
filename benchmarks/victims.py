"""Victims: processes of a run of the grader, and of the database that it writes to, each killed when its turn comes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator

import psutil

from benchmarks.gradebooks import NAME
from benchmarks.traces import level_of
from tests.postgresql import Server

OF_THE_RUN = ("grader", "worker", "warm process", "guest")
OF_THE_SERVER = ("database", "connection")  # the whole server, and the one process of it that serves the grader
WRITING_SECONDS = 2.0  # about what it takes to write a class of 50
MAX_DOWN_SECONDS = 8.0  # until somebody starts the server again
_LOOK_SECONDS = 0.01


class Victims:
    """Kills processes of every kind, equally often.

    Args:
        moments: Decides who is hit, and when.
        server: Of the gradebook; None: it is a file.
    """

    def __init__(self, moments: random.Random, server: Server | None) -> None:
        self.kinds = (*OF_THE_RUN, *OF_THE_SERVER) if server else OF_THE_RUN
        self._moments, self._server = moments, server
        self._turns: list[str] = []

    def hit(self, run: subprocess.Popen[bytes]) -> list[str]:
        """Kills one process of the kind whose turn it is; nothing if there is none now: then its turn stays."""
        self._turns = self._turns or self._moments.sample(self.kinds, len(self.kinds))
        kind = self._turns[-1]
        if not self._wait_for_its_moment(kind, run) or not self._kill(kind, run):
            return []
        return [self._turns.pop()]

    def _wait_for_its_moment(self, kind: str, run: subprocess.Popen[bytes]) -> bool:
        """Grader and server are hit now, or while the one writes to the other, which is a small part of a run."""
        at_writing = {"connection": 1.0, "database": 0.5, "grader": 0.5}.get(kind, 0.0)
        if self._server is None or self._moments.random() >= at_writing:
            return True
        while not self._server.connections(NAME):
            if run.poll() is not None:
                return False
            time.sleep(_LOOK_SECONDS)
        time.sleep(WRITING_SECONDS * self._moments.random() ** 3)  # rather early: a small class is soon written
        return run.poll() is None

    def _kill(self, kind: str, run: subprocess.Popen[bytes]) -> bool:
        if self._server is not None and kind == "database":
            self._server.kill()
            time.sleep(self._moments.uniform(0.0, MAX_DOWN_SECONDS))
            self._server.start()
            return True
        if self._server is not None and kind == "connection":
            found = self._server.connections(NAME)
        else:
            found = sorted(pid for each, pid in processes(run.pid) if each == kind)
        if not found:
            return False
        try:
            os.kill(self._moments.choice(found), signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True


def processes(grader: int) -> Iterator[tuple[str, int]]:
    """Kind and number of every process of a run."""
    yield "grader", grader
    try:
        depth = level_of(psutil.Process(grader))
        family = psutil.Process(grader).children(recursive=True)
    except psutil.NoSuchProcess:
        return
    for process in family:
        try:
            command = " ".join(process.cmdline())
        except psutil.Error:
            continue
        if "multiprocessing" in command and "resource_tracker" not in command:
            yield "worker", process.pid
        elif "autograder.sandbox.warm" in command:
            yield "guest" if level_of(process) > depth + 1 else "warm process", process.pid
