"""A class that takes its time, graded by the command line in a process of its own: for tests that interrupt it."""

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from autograder.course import Course
from autograder.gradebook_database import open_gradebook
from autograder.kept_results import DIGEST, only_grader
from tests.ppo_course import REPOSITORY

PR_SET_NAME = 15
ASLEEP = "asleep"  # what a process of a submission calls itself that sleeps
PATIENCE_SECONDS = 180.0  # for what takes some seconds on a machine that is not busy
ENVIRONMENT = os.environ | {"PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}


def hand_in_untouched(course: Course, student: str, sleep_seconds: float) -> None:
    """Hands in the untouched release, which is graded fast, but for cells that sleep, 10 seconds each at most."""
    folder = course.root / "submitted" / student / "ppo"
    folder.mkdir(parents=True, exist_ok=True)
    notebook = json.loads(course.released(course.assignment("ppo")).read_text())
    while sleep_seconds > 0.0:
        name_it = f"import ctypes; ctypes.CDLL(None).prctl({PR_SET_NAME}, b'{ASLEEP}')"
        source = f"{name_it}\nimport time; time.sleep({min(sleep_seconds, 10.0)})"
        cell = {"cell_type": "code", "id": f"s{sleep_seconds}".replace(".", "-"), "metadata": {}, "outputs": []}
        notebook["cells"].append(cell | {"execution_count": None, "source": source})
        sleep_seconds -= 10.0
    (folder / "ppo.ipynb").write_text(json.dumps(notebook))


def start_grading(course: Course, results: Path, *options: str) -> "subprocess.Popen[str]":
    """Starts ``autograder grade`` as the leader of a process group that hears of Ctrl-C, as a shell starts it."""
    hearing = ["env", "--default-signal=INT"]  # what has been started in the background hands on that it hears nothing
    command = [*hearing, sys.executable, "-m", "autograder.cli", "grade", "submitted", "--out", str(results), *options]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=course.root, env=ENVIRONMENT, process_group=0, stdout=pipe, stderr=pipe, text=True
    )


def finished(results: Path) -> set[str]:
    """Students whose results are complete."""
    return {path.parts[-3] for path in results.glob(f"*/*/{DIGEST}")}


def half_written(results: Path) -> list[Path]:
    """Files that are neither complete nor meant to be there."""
    return [path for path in results.rglob(".*") if path.name != ".lock"]


def recorded(course: Course) -> list[str]:
    """Students with a row in the gradebook, as often as they have one."""
    with open_gradebook(course) as gradebook:
        return sorted(row.student.id for row in gradebook.assignment_submissions("ppo"))


def is_locked(results: Path) -> bool:
    """Whether somebody holds the folder; taking it proves the contrary."""
    with only_grader(results):
        return False


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Polls until a condition holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come about within {PATIENCE_SECONDS:g} s"
        time.sleep(0.05)


def family(process: "subprocess.Popen[str] | psutil.Process") -> list[psutil.Process]:
    """All processes below a process, itself among them."""
    leader = psutil.Process(process.pid)
    return [leader, *leader.children(recursive=True)]


def is_asleep() -> bool:
    """Whether a submission sleeps that was handed in like that, below this process: its grader's or a cluster's."""
    return any(each.info["name"] == ASLEEP for each in _seen(family(psutil.Process())))


def all_gone(processes: list[psutil.Process]) -> bool:
    """Whether they have all ended."""
    return all(each.info["status"] == psutil.STATUS_ZOMBIE for each in _seen(processes))


def _seen(processes: list[psutil.Process]) -> Iterator[psutil.Process]:
    """Those that have not ended meanwhile, with ``info`` as it is now."""
    for each in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if each.is_running():  # and its number is no other process's by now
                each.info = each.as_dict(["name", "status"])
                yield each


def said_left(stderr: str) -> int:
    """The number of submissions that the message after Ctrl-C calls left."""
    match = re.search(r"stopped by Ctrl-C with (\d+) submissions left", stderr)
    assert match, stderr
    return int(match[1])
