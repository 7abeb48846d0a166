"""A Dask cluster of real processes, as ``dask scheduler`` and ``dask worker`` start it, which a test may kill."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.graded_class import ENVIRONMENT, family, wait_until


class DaskCluster:
    """A scheduler and workers with one thread each.

    Args:
        folder: A new folder for what they write.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "scheduler.json"
        self._workers: list[subprocess.Popen[str]] = []
        self._scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0")
        wait_until(self._file.exists, "a scheduler")

    @property
    def address(self) -> str:
        """Of the scheduler."""
        return str(json.loads(self._file.read_text())["address"])

    def add_worker(self) -> None:
        """Starts one more worker."""
        self._workers.append(self._start("worker", "--nthreads", "1", "--no-nanny"))

    def kill_worker(self) -> None:
        """Kills the newest worker, and leaves what it has started to itself."""
        _kill(self._workers.pop())

    def kill_scheduler(self) -> None:
        """Kills the scheduler."""
        _kill(self._scheduler)

    def wait_for_workers(self) -> None:
        """Waits until all workers have ended by themselves, with everything that they have started."""
        wait_until(lambda: all(worker.poll() is not None for worker in self._workers), "the end of the workers")

    def close(self) -> None:
        """Ends all processes."""
        for process in [*self._workers, self._scheduler]:
            if process.poll() is None:
                _kill(process)

    def _start(self, *command: str) -> "subprocess.Popen[str]":
        words = [sys.executable, "-m", "dask", *command, "--scheduler-file", str(self._file), "--no-dashboard"]
        quiet = subprocess.DEVNULL
        return subprocess.Popen(words, cwd=self._folder, env=ENVIRONMENT, stdout=quiet, stderr=quiet, text=True)


def _kill(process: "subprocess.Popen[str]") -> None:
    below = family(process)[1:]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    wait_until(lambda: not any(each.is_running() for each in below), "the end of what a killed process had started")
