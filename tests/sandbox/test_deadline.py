"""Deadlines on a busy machine: what a process waits for a processor does not count, what it sleeps does.

Processes that keep a processor busy, in sessions of their own as a hostile submission's might be, are pinned to the
processor of the one that is timed: it gets about a sixth of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.errors import DeadlineExceeded
from autograder.sandbox.control_group import control_groups
from autograder.sandbox.deadline import Deadline, Overtime, ProcessorWaits, own_waits
from autograder.sandbox.door import SubmissionProcess
from autograder.sandbox.families import family, pid_of
from autograder.sandbox.levels import ISOLATED, LANDLOCKED
from autograder.sandbox.limits import Limits
from autograder.sandbox.student import Student
from tests.sandbox.held_up import SECONDS, SPIN, WORKS, busy

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/schedstat").exists(), reason="this kernel does not count what is waited for a processor"
)
ROOT = Path(__file__).parents[2]
DOCKER = str(Path(__file__).with_name("machine_like_docker.py"))
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="emulates containers: as root only")
LEVELS = [pytest.param(each, marks=as_root if each in LANDLOCKED else ()) for each in (*ISOLATED, "none")]
SPINS = """
import os

for _ in range(20):
    if os.fork() == 0:
        os.setsid()
        while True:
            pass
"""


@pytest.fixture
def processor() -> Iterator[int]:
    """One that is busy."""
    chosen = min(os.sched_getaffinity(0))
    with busy(chosen):
        yield chosen


def pin(submission: SubmissionProcess, processor: int) -> None:
    for pid in family(pid_of(submission._pidfd)):
        os.sched_setaffinity(pid, {processor})


def seconds_until(deadline: Deadline, most: float = 20.0) -> float:
    """Wall seconds until it comes; ``most`` if it does not."""
    began = time.monotonic()
    while deadline.left() > 0.0 and time.monotonic() - began < most:
        time.sleep(0.005)
    return time.monotonic() - began


@contextlib.contextmanager
def waits_of(command: list[str]) -> Iterator[ProcessorWaits]:
    """How long a process waits for the processor to which it is pinned."""
    with subprocess.Popen(command, start_new_session=True) as process:
        os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
        waits = ProcessorWaits(process.pid)
        try:
            yield waits
        finally:
            process.kill()
            waits.close()


def processor_seconds(pid: int) -> float:
    return int(Path("/proc", str(pid), "schedstat").read_text().split()[0]) / 1e9


def test_what_is_waited_for_a_processor_does_not_count(processor):
    with waits_of(SPIN) as waits:
        assert seconds_until(Deadline(0.5, waits, overtime=Overtime(100.0))) > 1.0


def test_what_is_slept_counts():
    with waits_of(["sleep", "60"]) as waits:
        overtime = Overtime(100.0)
        assert seconds_until(Deadline(0.5, waits, own_waits(), overtime=overtime)) < 10.0
        assert overtime.left == pytest.approx(100.0, abs=9.5)


class ForEver(ProcessorWaits):
    """Of a thread that never gets a processor."""

    def seconds(self) -> float:
        return time.monotonic()


def test_all_wall_time_counts_where_nobody_looks_or_no_overtime_is_left():
    assert seconds_until(Deadline(0.1, overtime=Overtime(100.0))) < 10.0
    assert seconds_until(Deadline(0.1, ForEver("nobody"))) < 10.0


def test_deadlines_that_share_overtime_exceed_their_seconds_by_so_much_and_no_more():
    overtime, waits = Overtime(3.0), ForEver("nobody")
    assert 3.1 <= seconds_until(Deadline(0.1, waits, overtime=overtime), most=60.0) < 60.0
    for _ in range(3):
        assert seconds_until(Deadline(0.1, waits, overtime=overtime)) < 3.0


def test_a_deadline_that_is_kept_uses_no_overtime():
    overtime = Overtime(0.5)
    deadline = Deadline(100.0, ForEver("nobody"), overtime=overtime)
    assert deadline.left() > 10.0
    assert overtime.left == 0.5


def test_of_one_that_has_ended_the_last_is_known():
    with subprocess.Popen(
        ["sh", "-c", "read line; i=0; while [ $i -lt 1000 ]; do i=$((i+1)); done"], stdin=-1
    ) as process:
        waits = ProcessorWaits(process.pid)
        known = waits.seconds()
        process.communicate(b"\n")
    assert waits.seconds() == known
    waits.close()
    assert waits.seconds() == known
    assert ProcessorWaits(process.pid).seconds() == 0.0


@pytest.mark.parametrize("level", LEVELS)
def test_a_cell_and_a_check_that_are_held_up_are_not_late(level):
    """At each level, since they differ in what a submission sees of /proc."""
    command = [sys.executable, "-m", "tests.sandbox.held_up", level]
    if level in LANDLOCKED:
        command = [sys.executable, DOCKER, "0" if level == "separate-users" else "65534", *command]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["error"] is None
    assert found["returned"] == 1.0
    assert min(found["seconds"]) > SECONDS  # both were held up


def test_on_a_busy_machine_too_much_is_too_much(warm, processor):
    with warm.submission(Limits(check_seconds=SECONDS, overtime_seconds=3.0)) as submission:
        assert submission.run_cell(1, WORKS, 10.0).error is None
        pin(submission, processor)
        assert submission.run_cell(2, f"works({100 * SECONDS})", SECONDS).error == "TimeoutError"
        assert submission.run_cell(3, f"sleeps({100 * SECONDS})", SECONDS).error == "TimeoutError"
        for name in ("works", "sleeps"):
            check = submission.open_check()
            with pytest.raises(DeadlineExceeded):
                getattr(Student(check), name)(100 * SECONDS)


def test_a_submission_with_many_busy_processes_leaves_its_share_to_the_one_beside_it(warm):
    groups = control_groups()
    if groups is None or not groups.share_processor:
        pytest.skip("this machine gives no control groups that share out processor time")
    processor = min(os.sched_getaffinity(0))
    with warm.submission(Limits()) as hostile, warm.submission(Limits()) as honest:
        for submission in (hostile, honest):
            pin(submission, processor)
        assert honest.run_cell(1, WORKS, 10.0).error is None
        assert hostile.run_cell(1, SPINS, 20.0).error is None
        hostile_ones = family(pid_of(hostile._pidfd))[2:]
        assert len(hostile_ones) == 20
        before = list(map(processor_seconds, hostile_ones))
        honest.run_cell(2, "works(0.5)", 20.0)
        used = [processor_seconds(pid) - first for pid, first in zip(hostile_ones, before, strict=True)]
    assert max(used) < 0.25  # without groups each of them would have had its 0.5 s, too
