"""What the helpers cost a student: importing them, and each visible check in a warm kernel, on the reference's code."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

from autograder.course import load_course
from rlhelpers.inline_checks import run_checks

ROOT = Path(__file__).parents[1]
REPETITIONS = 5
_IMPORT = "import time, torch; t = time.perf_counter(); import rlhelpers; print(time.perf_counter() - t)"


def import_seconds() -> float:
    """Median seconds of ``import rlhelpers`` after ``import torch``, each in a new process."""
    command = [sys.executable, "-c", _IMPORT]
    runs = [subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True) for _ in range(REPETITIONS)]
    return statistics.median(float(run.stdout) for run in runs)


def check_seconds(assignment: str, exercise: str) -> tuple[float, float]:
    """Seconds of the first check of an exercise, and the median of those after it."""
    names = vars(import_module(f"solutions.{assignment}"))
    times = []
    for _ in range(1 + REPETITIONS):
        started = time.perf_counter()
        run_checks(assignment, exercise, names)
        times.append(time.perf_counter() - started)
    return times[0], statistics.median(times[1:])


def main() -> None:
    """Prints a line for each, in milliseconds."""
    print(f"import rlhelpers, torch being there: {1000 * import_seconds():.0f} ms")
    for assignment in load_course(ROOT).assignments.values():
        for exercise in assignment.exercises:
            first, warm = (1000 * seconds for seconds in check_seconds(assignment.id, exercise))
            print(f"{assignment.id}.{exercise}: first {first:.0f} ms, warm {warm:.0f} ms")


if __name__ == "__main__":
    main()
