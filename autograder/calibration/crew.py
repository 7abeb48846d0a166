"""Crew: worker processes, each with a bench of its own, that carry out tasks side by side."""

from __future__ import annotations

import contextlib
import multiprocessing
import queue
import signal
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from autograder.calibration.bench import Chunk, open_bench
from autograder.calibration.plan import Task, groups, select_checks
from autograder.errors import SandboxError

WAIT_SECONDS = 1.0
_CONTEXT = multiprocessing.get_context("spawn")


class Crew:
    """Some workers; use it in a ``with`` block.

    Args:
        assignment_id: Whose trainers are measured.
        source: The assignment's source with solutions.
        workers: How many.
    """

    def __init__(self, assignment_id: str, source: Path, workers: int) -> None:
        self._tasks: Any = _CONTEXT.Queue()
        self._chunks: Any = _CONTEXT.Queue()
        arguments = (assignment_id, source, self._tasks, self._chunks)
        self._workers: list[BaseProcess] = [_CONTEXT.Process(target=_work, args=arguments) for _ in range(workers)]

    def __enter__(self) -> Crew:
        for worker in self._workers:
            worker.start()
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.terminate()
            worker.join()
        for each in (self._tasks, self._chunks):
            each.cancel_join_thread()
            each.close()

    def carry_out(self, tasks: Sequence[Task]) -> Iterator[Chunk]:
        """Yields what tasks bring, as they are finished.

        Raises:
            SandboxError: A worker has failed.
        """
        for task in tasks:
            self._tasks.put(_in_words(task))
        for _ in tasks:
            yield self._next()

    def _next(self) -> Chunk:
        while True:
            with contextlib.suppress(queue.Empty):
                found = self._chunks.get(timeout=WAIT_SECONDS)
                if isinstance(found, dict):
                    return Chunk(**found)
                raise SandboxError(f"calibration: a worker failed: {found}")
            if not all(worker.is_alive() for worker in self._workers):
                raise SandboxError("calibration: a worker has ended before its work was done")


def _in_words(task: Task) -> tuple[Any, ...]:
    """A task without functions; a worker finds the checks by their ids."""
    return [check.id for check in task.group.checks], task.group.budget, task.trainer, task.first_seed, task.runs


def _work(assignment_id: str, source: Path, tasks: Any, chunks: Any) -> None:
    """A worker: Ctrl-C is for its parent, who ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with open_bench(source) as bench:
            while True:
                ids, budget, trainer, first_seed, runs = tasks.get()
                found = [each for each in groups(select_checks(assignment_id, ids)) if each.budget == budget]
                chunks.put(asdict(bench.measure(Task(found[0], trainer, first_seed, runs))))
    except Exception:
        chunks.put(traceback.format_exc())
