"""Classroom: grades many submissions on a Dask cluster; one submission never costs another one anything.

Every worker owns one warm process. Workers write the files of a submission, the report last; whoever started the
class reads the reports as they come and is the only one to write the gradebook.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import dask
from distributed import Client, LocalCluster, Worker, as_completed, get_worker
from distributed.comm import CommClosedError
from distributed.diagnostics.plugin import WorkerPlugin

from autograder.course import Course, load_course
from autograder.desk import Desk, Job, require_writable, write_files
from autograder.errors import InputError, SandboxError
from autograder.grading import Graded, fault_report
from autograder.grading_plan import GradingPlan
from autograder.message import message
from autograder.report import GradeReport
from autograder.sandbox.levels import Level

_log = logging.getLogger(__name__)
_PLUGIN = "autograder"


class DeskPlugin(WorkerPlugin):  # type: ignore[misc]  # distributed is untyped
    """Gives a worker its desk, in the worker's own long-lived thread.

    Args:
        root: Folder of the course.
        level: Isolation level; None for the strongest that each worker's machine gives.
        plan: How much is run for each submission.
    """

    name = _PLUGIN

    def __init__(self, root: Path, level: Level | None, plan: GradingPlan) -> None:
        self.root = root
        self.plan = plan
        self.level = level

    def setup(self, worker: Worker) -> None:
        """Starts the warm process; its failure is the failure of the registration."""
        self.desk = Desk(load_course(self.root), self.level, self.plan)
        self.desk.open()

    def teardown(self, worker: Worker) -> None:
        """Ends the warm process."""
        self.desk.close()


def grade_class(
    course: Course,
    jobs: Sequence[Job],
    results: Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    level: Level | None = None,
    plan: GradingPlan | None = None,
) -> Iterator[GradeReport]:
    """Grades submissions side by side.

    Args:
        course: The course.
        jobs: What to grade.
        results: Where the files go; on a cluster, a folder that all workers share.
        workers: Worker processes on this machine; None: one for each core.
        scheduler: Address of a Dask scheduler to use in place of this machine.
        level: Isolation level; None for the strongest that each worker's machine gives.
        plan: How much is run for each submission.

    Yields:
        Reports in the order in which they are finished, one for each job.

    Raises:
        InputError: The folder cannot be written, or no scheduler answers.
        SandboxError: The workers' warm processes do not start.
    """
    require_writable(results)
    count = min(workers or os.cpu_count() or 1, max(1, len(jobs)))
    with dask_client(count, scheduler) as client:
        try:
            client.register_plugin(DeskPlugin(course.root, level, plan or GradingPlan()))
        except CommClosedError as error:
            raise SandboxError("a worker ended while its warm process started; run the same command again") from error
        futures = {
            client.submit(
                _grade_on_worker, job, results.resolve(), pure=False, key=f"{job.student}/{job.assignment}"
            ): job
            for job in jobs
        }
        yield from _finished(futures, course, results, level)


def _finished(futures: dict[Any, Job], course: Course, results: Path, level: Level | None) -> Iterator[GradeReport]:
    for future in as_completed(futures):
        job = futures[future]
        error = future.exception()
        if error is None:
            yield GradeReport.from_json(future.result())
        elif isinstance(error, InputError):  # the course's own files: no use going on
            raise error
        else:
            _log.error("%s/%s: %s", job.student, job.assignment, error)
            reason = message("The worker that graded it ended ({error}); grade it again.", error=type(error).__name__)
            assignment = course.assignment(job.assignment)
            graded = Graded(fault_report(job.student, assignment, level or "none", reason))
            write_files(results, graded, course, assignment)
            yield graded.report
        future.release()


def _grade_on_worker(job: Job, results: Path) -> str:
    """Runs on a worker; the report travels as JSON."""
    desk: Desk = get_worker().plugins[_PLUGIN].desk
    return desk.grade(job, results).to_json()


def _local_cluster(workers: int) -> LocalCluster:
    try:
        return LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            dashboard_address=":0",
            memory_limit=0,
            silence_logs=logging.CRITICAL,
        )
    except RuntimeError as error:
        raise SandboxError(f"the workers did not start ({error}); run the same command again") from error


@contextlib.contextmanager
def dask_client(workers: int, scheduler: str | None) -> Iterator[Any]:
    """A client of the scheduler, or of a cluster on this machine that ends with the block."""
    settings = {
        "distributed.admin.tick.limit": "1h",  # a worker that grades does not answer; that is no fault
        "distributed.worker.daemon": False,  # workers have children: their warm processes
        "logging.distributed": "error",
    }
    for name in ("distributed", "distributed.http.proxy"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with dask.config.set(settings):
        if scheduler is not None:
            try:
                client = Client(scheduler, timeout="20s")
            except (OSError, ValueError, TimeoutError) as error:
                raise InputError(
                    f"--scheduler {scheduler}: expected the address of a running Dask scheduler such as "
                    f"tcp://host:8786, received no answer ({error})"
                ) from error
            with client:
                yield client
            return
        cluster = _local_cluster(workers)
        with cluster, Client(cluster) as client:
            yield client
