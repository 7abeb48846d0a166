"""A grader that is killed again and again, at moments drawn at random, and then let finish."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from autograder.course import Course
from autograder.kept_results import DIGEST
from tests.made_up_course import REPOSITORY


def grade_in_spite_of_kills(course: Course, results: Path, kills: int) -> None:
    """Grades the course's class by the command line, killed ``kills`` times with everything it has started."""
    moments = random.Random(20270117)
    command = [sys.executable, "-m", "autograder.cli", "grade", "submitted", "--out", str(results), "--workers", "1"]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    hits = 0
    for number in range(kills):
        grader = subprocess.Popen(
            command, cwd=course.root, env=environment, start_new_session=True, stdout=subprocess.DEVNULL
        )
        wanted = len(list(results.glob("*/*/" + DIGEST))) + (number + 1) % 2  # between two hand-ins, then early
        while grader.poll() is None and len(list(results.glob("*/*/" + DIGEST))) < wanted:
            time.sleep(0.01)
        time.sleep(moments.uniform(0.0, 0.4))
        if grader.poll() is None:  # on a fast machine it may be done by now
            os.killpg(grader.pid, signal.SIGKILL)
            hits += 1
        grader.wait()
    assert hits, "expected the grader to be killed at least once, it was always done before"
    done = subprocess.run(command, cwd=course.root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
