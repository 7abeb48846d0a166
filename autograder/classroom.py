"""Classroom: grades many submissions on a Dask cluster; one submission never costs another one anything.

Every worker owns one warm process. Workers write the files of a submission, the report last; whoever started the
class reads the reports as they come and is the only one to write the gradebook.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from multiprocessing import resource_tracker
from pathlib import Path
from socket import gethostname
from typing import Any

import dask
from distributed import Client, LocalCluster, Worker, get_worker
from distributed.comm import CommClosedError
from distributed.diagnostics.plugin import WorkerPlugin

from autograder.class_watch import ClassWatch
from autograder.course import Course, load_course
from autograder.ctrl_c import ctrl_c_kept_from_children, leave_ctrl_c_to_the_grader
from autograder.desk import Desk, Job, require_writable, write_files
from autograder.errors import ClusterLost, InputError, SandboxError
from autograder.gpu_resource import one_gpu_each
from autograder.grading import Graded, fault_report
from autograder.grading_plan import GradingPlan
from autograder.in_flight import InFlight
from autograder.message import message
from autograder.report import GradeReport
from autograder.sandbox.levels import Level
from autograder.steady_clock import keep_timers_steady

_log = logging.getLogger(__name__)


class DeskPlugin(WorkerPlugin):  # type: ignore[misc]  # distributed is untyped
    """Gives a worker its desk, in the worker's own long-lived thread.

    Args:
        file: The course's file.
        results: Folder of the results; a worker has one desk for each.
        level: Isolation level; None for the strongest that each worker's machine gives.
        plan: How much is run for each submission.
    """

    def __init__(self, file: Path, results: Path, level: Level | None, plan: GradingPlan) -> None:
        # Of the same folder of results there is one grader at a time: a new one takes the place of one that was killed.
        self.name = f"autograder-{hashlib.sha256(os.fsencode(results)).hexdigest()[:16]}"
        self.file = file
        self.plan = plan
        self.level = level

    def setup(self, worker: Worker) -> None:
        """Starts the warm process; its failure is the failure of the registration."""
        leave_ctrl_c_to_the_grader()
        keep_timers_steady()
        self.desk = Desk(load_course(self.file), self.level, self.plan)
        self.desk.open()

    def teardown(self, worker: Worker) -> None:
        """Ends the warm process, and with it what is being graded."""
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
    watch: ClassWatch | None = None,
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
        watch: Is told what is being graded, and says when to begin no more.

    Yields:
        Reports in the order in which they are finished, one for each job.

    Raises:
        InputError: The folder cannot be written, or no scheduler answers.
        SandboxError: The workers' warm processes do not start.
        ClusterLost: The scheduler went away.
    """
    require_writable(results)
    results, jobs = results.resolve(), [replace(job, folder=job.folder.absolute()) for job in jobs]
    count = min(workers or os.cpu_count() or 1, max(1, len(jobs)))
    plan, watch = plan or GradingPlan(), watch or ClassWatch()
    plugin = DeskPlugin(course.file, results, level, plan)
    with (
        dask_client(count, scheduler) as client,
        one_gpu_each(plan.device, scheduler),
        _desks(client, plugin, watch) as flight,
    ):
        for job, came in flight.finished(jobs, lambda job: (_grade_on_worker, job, results, plugin.name)):
            yield _report(job, came, course, results, level)


@contextlib.contextmanager
def _desks(client: Any, plugin: DeskPlugin, watch: ClassWatch) -> Iterator[InFlight]:
    """Desks on all workers, also on those that join later; they are closed at the end, whatever is on them."""
    try:
        client.register_plugin(plugin)
    except CommClosedError as error:
        raise SandboxError("a worker ended while its warm process started; run the same command again") from error
    try:
        yield InFlight(client, watch)
    except ClusterLost:
        raise  # nobody is there who would close them; a worker without its scheduler ends by itself
    except BaseException:
        _close_desks(client, plugin)
        raise
    else:
        _close_desks(client, plugin)


def _close_desks(client: Any, plugin: DeskPlugin) -> None:
    try:
        client.unregister_worker_plugin(plugin.name)
    except Exception as error:  # of a cluster that is going away; the reports are there
        _log.warning("the workers' warm processes could not be ended: %s", error)


def _report(job: Job, came: str | BaseException, course: Course, results: Path, level: Level | None) -> GradeReport:
    if isinstance(came, str):
        return GradeReport.from_json(came)
    if isinstance(came, InputError):  # the course's own files: no use going on
        raise came
    _log.error("%s: %s", job.name, came)
    reason = message("The worker that graded it ended ({error}); grade it again.", error=type(came).__name__)
    assignment = course.assignment(job.assignment)
    graded = Graded(fault_report(job.student, assignment, level or "none", reason))
    write_files(results, graded, course, assignment)
    return graded.report


def _grade_on_worker(job: Job, results: Path, plugin: str) -> str:
    """Runs on a worker; the report travels as JSON."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for folder in (job.folder, results):
        if not folder.is_dir():
            raise InputError(
                f"{folder}: expected a folder that all workers share, found none on {gethostname()}; mount it there "
                "under the same path, or name another one"
            )
    desk: Desk = get_worker().plugins[plugin].desk
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
        "distributed.worker.preload": ["autograder.steady_clock"],
        "distributed.worker.profile.enabled": False,  # looks at every thread a hundred times a second
        "logging.distributed": "critical",
    }
    keep_timers_steady()
    for name in ("distributed", "distributed.http.proxy", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
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
        _start_tracker()  # it unblocks the signal when it is started
        with ctrl_c_kept_from_children():
            cluster = _local_cluster(workers)
        with cluster, Client(cluster) as client:
            yield client


def _start_tracker() -> None:
    """Starts the process that removes semaphores when the grader is killed: without a warning to the terminal."""
    sys.warnoptions.append("ignore::UserWarning:multiprocessing.resource_tracker")  # it gets them as its own options
    try:
        resource_tracker.ensure_running()
    finally:
        sys.warnoptions.pop()
