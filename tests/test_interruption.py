"""Ctrl-C while a class is graded: SIGINT to a real process, as the terminal sends it to the whole process group."""

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from functools import partial

import pytest

from autograder.course import load_course
from autograder.report import read_report
from tests.dask_cluster import DaskCluster
from tests.graded_class import (
    PATIENCE_SECONDS,
    all_gone,
    family,
    finished,
    half_written,
    hand_in_untouched,
    is_asleep,
    is_locked,
    recorded,
    said_left,
    start_grading,
    wait_until,
)
from tests.ppo_course import hand_in, released_course

STUDENTS = [f"student-{number:02}" for number in range(1, 7)]
WAYS = ("--workers 1", "--workers 2", "--scheduler")


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    return released_course(tmp_path_factory.mktemp("course"))


@pytest.fixture
def course(released, tmp_path):
    shutil.copytree(released.root, tmp_path / "course")
    return load_course(tmp_path / "course")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[str]:
    """The address of a scheduler with one worker, both processes of their own."""
    started = DaskCluster(tmp_path_factory.mktemp("cluster"))
    started.add_worker()
    yield started.address
    started.close()


@pytest.fixture(params=WAYS)
def way(request) -> list[str]:
    """Options of ``autograder grade`` that say where it grades."""
    if request.param == "--scheduler":
        return ["--scheduler", request.getfixturevalue("cluster")]
    return str(request.param).split()


def test_the_first_ctrl_c_finishes_what_is_being_graded_and_keeps_it(course, tmp_path, way):
    for student in STUDENTS:
        hand_in_untouched(course, student, 2.0)
    results = tmp_path / "results"
    grader = start_grading(course, results, *way)
    wait_until(lambda: finished(results), "a report")
    processes = family(grader)
    os.killpg(grader.pid, signal.SIGINT)
    _, said = grader.communicate(timeout=PATIENCE_SECONDS)
    assert grader.returncode == 130, said
    assert "the same command goes on" in said and "Traceback" not in said and said.count("\n") == 1
    wait_until(lambda: all_gone(processes), "the end of all processes")
    done = finished(results)
    assert 1 <= len(done) == len(STUDENTS) - said_left(said) < len(STUDENTS)
    assert recorded(course) == sorted(done)
    assert half_written(results) == [] and not is_locked(results)

    again = start_grading(course, results, *way)
    shown, said = again.communicate(timeout=PATIENCE_SECONDS)
    assert again.returncode == 0, said
    assert f"{len(done)} of {len(STUDENTS)} have not changed" in shown
    assert recorded(course) == STUDENTS


def test_the_second_ctrl_c_ends_at_once(course, tmp_path, way):
    for student, seconds in zip(STUDENTS, (0.0, 40.0, 40.0, 40.0, 40.0, 40.0), strict=True):
        hand_in_untouched(course, student, seconds)
    results = tmp_path / "results"
    grader = start_grading(course, results, *way)
    wait_until(lambda: finished(results), "a report")
    wait_until(is_asleep, "the next submission")  # between two of them the first Ctrl-C would be the end
    processes = family(grader)
    os.killpg(grader.pid, signal.SIGINT)
    time.sleep(0.5)  # signals that come together are one
    os.killpg(grader.pid, signal.SIGINT)
    _, said = grader.communicate(timeout=PATIENCE_SECONDS)
    assert grader.returncode == 130, said
    assert "ended at once" in said and "Traceback" not in said and said.count("\n") == 1
    wait_until(lambda: all_gone(processes), "the end of all processes")
    assert finished(results) == {"student-01"}  # each of the others would have taken 40 s
    assert half_written(results) == [] and not is_locked(results)


def test_the_first_ctrl_c_ends_a_full_training_run_which_goes_on_the_next_time(course, tmp_path, way):
    hand_in(course, "student-01")
    results = tmp_path / "results"

    def trained() -> int:
        """Transitions that the checkpoint has."""
        return sum(json.loads(file.read_text())["transitions"] for file in results.glob("*/*/training/*.json"))

    def is_further(before: int) -> bool:
        return trained() > before

    for _ in range(2):
        before = trained()
        grader = start_grading(course, results, *way, "--tier", "score", "--timesteps", "5000000", "--no-video")
        wait_until(partial(is_further, before), "a checkpoint")
        os.killpg(grader.pid, signal.SIGINT)
        _, said = grader.communicate(timeout=PATIENCE_SECONDS)
        assert grader.returncode == 130, said
        assert "the same command goes on" in said and said_left(said) == 0 and said.count("\n") == 1
        report = read_report(results / "student-01" / "ppo" / "report.json")
        assert report.status == "needs_attention"
        assert f"Training was interrupted at {trained()} of 5000000 transitions" in report.attention
        assert trained() > before
        assert [fact for fact in report.evidence if fact["kind"] == "episode_returns"]
        assert finished(results) == set() and half_written(results) == [] and not is_locked(results)
    assert f"went on after {before} transitions" in report.to_json()
