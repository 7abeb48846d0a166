"""Classes on a real Dask cluster."""

import os
import signal

import psutil
import pytest
from distributed import LocalCluster

from autograder.classroom import grade_class
from autograder.desk import Job
from autograder.errors import InputError
from tests.ppo_course import WITHOUT_AGENT, hand_in, released_course


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return released_course(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def jobs(course):
    students = [f"student-{number:02}" for number in range(1, 7)]
    return [Job(student, "ppo", hand_in(course, student)) for student in students]


def worker_processes() -> list[psutil.Process]:
    """Dask's worker processes below this one (their nannies are threads of ours)."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if "multiprocessing" in " ".join(process.cmdline()) and process.children():
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


def test_a_scheduler_that_runs_already_is_used(course, jobs, tmp_path):
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as cluster:
        reports = list(grade_class(course, jobs[:2], tmp_path, scheduler=cluster.scheduler_address))
    totals = {report.student: report.total for report in reports}
    assert totals == {"student-01": WITHOUT_AGENT, "student-02": WITHOUT_AGENT}


def test_no_scheduler_is_one_clear_error(course, jobs, tmp_path):
    with pytest.raises(InputError, match="expected the address of a running Dask scheduler"):
        list(grade_class(course, jobs, tmp_path, scheduler="tcp://127.0.0.1:9"))


def test_a_worker_that_is_killed_loses_nothing(course, jobs, tmp_path):
    running = grade_class(course, jobs, tmp_path, workers=2)
    reports = [next(running)]
    workers = worker_processes()
    assert workers
    os.kill(workers[0].pid, signal.SIGKILL)
    reports += running
    assert sorted(report.student for report in reports) == [job.student for job in jobs]
    assert {report.total for report in reports} == {WITHOUT_AGENT}
    for job in jobs:
        assert (tmp_path / job.student / "ppo" / "report.json").exists()


def test_no_process_is_left_behind(course, jobs, tmp_path):
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    list(grade_class(course, jobs[:2], tmp_path, workers=2))
    left = [process for process in psutil.Process().children(recursive=True) if process.pid not in before]
    assert [process.cmdline() for process in left if "autograder.sandbox" in " ".join(process.cmdline())] == []
