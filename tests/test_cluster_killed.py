"""A class on a Dask cluster whose processes are killed: nothing is lost, nothing is graded or recorded twice."""

import shutil
import signal

import pytest

from autograder.classroom import _grade_on_worker
from autograder.course import load_course
from autograder.desk import Job
from autograder.errors import InputError
from tests.dask_cluster import DaskCluster
from tests.graded_class import (
    PATIENCE_SECONDS,
    finished,
    half_written,
    hand_in_untouched,
    is_locked,
    recorded,
    start_grading,
    wait_until,
)
from tests.ppo_course import released_course

STUDENTS = [f"student-{number:02}" for number in range(1, 7)]


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    course = released_course(tmp_path_factory.mktemp("course"))
    for student in STUDENTS:
        hand_in_untouched(course, student, 1.5)
    return course


@pytest.fixture
def course(released, tmp_path):
    shutil.copytree(released.root, tmp_path / "course")
    return load_course(tmp_path / "course")


@pytest.fixture
def cluster(tmp_path):
    started = DaskCluster(tmp_path)
    yield started
    started.close()


def test_when_the_only_worker_is_killed_the_class_waits_for_another_one(course, cluster, tmp_path):
    cluster.add_worker()
    results = tmp_path / "results"
    grader = start_grading(course, results, "--scheduler", cluster.address)
    wait_until(lambda: finished(results), "a report")
    cluster.kill_worker()
    before = finished(results)
    assert grader.poll() is None
    cluster.add_worker()
    shown, said = grader.communicate(timeout=PATIENCE_SECONDS)
    assert grader.returncode == 0, said
    assert before < finished(results) == set(STUDENTS)
    assert recorded(course) == STUDENTS
    assert f"{len(STUDENTS)} graded" in shown and half_written(results) == []


def test_when_the_scheduler_is_killed_the_next_run_goes_on(course, cluster, tmp_path):
    cluster.add_worker()
    results = tmp_path / "results"
    grader = start_grading(course, results, "--scheduler", cluster.address)
    wait_until(lambda: len(finished(results)) >= 2, "two reports")
    cluster.kill_scheduler()
    _, said = grader.communicate(timeout=PATIENCE_SECONDS)
    assert grader.returncode == 2, said
    assert said.startswith("autograder: tcp://") and said.count("\n") == 1, said
    assert "found that it has gone; what has been graded is kept" in said
    cluster.wait_for_workers()
    done = finished(results)
    assert 2 <= len(done) < len(STUDENTS) and not is_locked(results)
    assert set(recorded(course)) <= done

    again = start_grading(course, results, "--workers", "1")
    shown, said = again.communicate(timeout=PATIENCE_SECONDS)
    assert again.returncode == 0, said
    assert f"{len(done)} of {len(STUDENTS)} have not changed" in shown
    assert recorded(course) == STUDENTS and half_written(results) == []


def test_ctrl_c_while_no_worker_is_there_does_not_wait_for_one(course, cluster, tmp_path):
    results = tmp_path / "results"
    grader = start_grading(course, results, "--scheduler", cluster.address)
    wait_until((results / ".lock").exists, "the start of the class")
    grader.send_signal(signal.SIGINT)
    _, said = grader.communicate(timeout=PATIENCE_SECONDS)
    assert grader.returncode == 130, said
    assert f"stopped by Ctrl-C with {len(STUDENTS)} submissions left" in said


def test_a_worker_that_does_not_see_the_folders_says_so(tmp_path):
    job = Job("student-01", "ppo", tmp_path / "not mounted")
    with pytest.raises(InputError, match="expected a folder that all workers share, found none on"):
        _grade_on_worker(job, tmp_path, "plugin")
