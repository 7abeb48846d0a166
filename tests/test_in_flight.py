"""What came of submissions is fetched from a cluster that may go away meanwhile."""

from pathlib import Path

import pytest
from distributed import Client

from autograder.class_watch import ClassWatch
from autograder.classroom import dask_client
from autograder.desk import Job
from autograder.errors import ClusterLost
from autograder.in_flight import InFlight
from tests.dask_cluster import DaskCluster

JOB = Job("student-07", "ppo", Path())


@pytest.fixture
def cluster(tmp_path):
    started = DaskCluster(tmp_path)
    started.add_worker()
    yield started
    started.close()


def test_what_a_function_returns_or_raises_comes_back(cluster):
    with Client(cluster.address) as client:
        flight = InFlight(client, ClassWatch())
        assert [came for _, came in flight.finished([JOB], lambda _: (len, "four"))] == [4]
        ((_, came),) = flight.finished([JOB], lambda _: (open, "/nonexistent"))
        assert isinstance(came, FileNotFoundError)


def test_the_next_one_is_graded_while_what_came_of_the_last_is_taken_care_of(cluster):
    jobs = [Job(student, "ppo", Path()) for student in ("student-07", "student-08", "student-09")]
    watch = ClassWatch()
    with Client(cluster.address) as client:
        began = [watch.running for _ in InFlight(client, watch).finished(jobs, lambda _: (len, "four"))]
    assert began == [(jobs[1].name,), (jobs[2].name,), ()]


def test_a_scheduler_that_goes_just_before_a_result_is_fetched_is_told(cluster):
    class Watch(ClassWatch):
        def end(self, name: str) -> None:
            super().end(name)
            cluster.kill_scheduler()

    with dask_client(1, cluster.address) as client:
        flight = InFlight(client, Watch())
        with pytest.raises(ClusterLost, match="found that it has gone; what has been graded is kept"):
            list(flight.finished([JOB], lambda _: (len, "four")))
