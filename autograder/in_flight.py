"""InFlight: submissions that are on a Dask cluster now, as many as it has threads.

What waits for its turn waits here and not on the cluster. So everything that has been sent is being graded, can be
shown, and is all that Ctrl-C has to wait for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Any

from distributed.client import FutureCancelledError

from autograder.class_watch import ClassWatch
from autograder.desk import Job
from autograder.errors import ClusterLost

LOOK_SECONDS = 0.5  # how often the cluster is looked after while nothing is finished
NO_WORKER = "no worker is there; waiting for one"


class InFlight:
    """Sends submissions to a cluster and waits for them.

    Args:
        client: A ``distributed.Client``.
        watch: Is told what is being graded, and says when to begin no more.
    """

    def __init__(self, client: Any, watch: ClassWatch) -> None:
        self._client = client
        self._address = client.scheduler.address
        self._watch = watch
        self._flying: dict[str, Job] = {}
        self._landed: SimpleQueue[Any] = SimpleQueue()

    def finished(self, jobs: Sequence[Job], task: Callable[[Job], tuple[Any, ...]]) -> Iterator[tuple[Job, Any]]:
        """Jobs and what came of them, in the order in which they are finished: what the function returned or raised.

        Args:
            jobs: What to grade; when the watch is stopping, no further one is begun.
            task: A function and its arguments, for a job.

        Raises:
            ClusterLost: The scheduler went away.
        """
        waiting = deque(jobs)
        while self._flying or (waiting and not self._watch.is_stopping):
            threads = self._threads()
            self._send_next(waiting, threads, task)
            try:
                future = self._landed.get(timeout=LOOK_SECONDS)
            except Empty:
                if not threads and self._watch.is_stopping:
                    return  # nobody is there to finish anything
                continue
            job = self._flying.pop(future.key)
            self._watch.end(job.name)
            came = self._came(future)
            self._send_next(waiting, threads, task)  # no worker is idle while what came is written
            yield job, came
            future.release()

    def _came(self, future: Any) -> Any:
        try:
            error = future.exception()
            return future.result() if error is None else error
        except (OSError, TimeoutError, FutureCancelledError) as gone:  # the connection; what was raised there came back
            raise self._lost() from gone

    def _send_next(self, waiting: deque[Job], threads: int, task: Callable[[Job], tuple[Any, ...]]) -> None:
        """Sends what has room on so many threads, unless the watch is stopping or the scheduler has gone."""
        while waiting and len(self._flying) < threads and not self._watch.is_stopping and self._is_connected:
            job = waiting.popleft()
            self._watch.begin(job.name)
            future = self._client.submit(*task(job), pure=False)
            self._flying[future.key] = job
            future.add_done_callback(self._landed.put)

    @property
    def _is_connected(self) -> bool:
        return bool(self._client.status == "running")

    def _threads(self) -> int:
        """Threads of all workers that are there now."""
        if not self._is_connected:
            raise self._lost()
        try:
            threads = sum(map(int, self._client.nthreads().values()))
        except (OSError, TimeoutError) as error:
            raise self._lost() from error
        self._watch.trouble = "" if threads else NO_WORKER
        return threads

    def _lost(self) -> ClusterLost:
        return ClusterLost(
            f"{self._address}: expected the Dask scheduler that grades the class, found that it has gone; what has "
            "been graded is kept. Start a scheduler and workers, then the same command grades the rest"
        )
