"""CPU, wall time and memory of `autograder grade` for classes of several sizes, and with two workers in place of one.

    python -m benchmarks.class_size [--sizes 10 100 1000] [--checks deterministic | all] [--workers 2] [--json FILE]

Hand-ins are those of the made-up class that can be graded, over and over; each is changed for its student, so that no
result can be taken from another one's. `deterministic` leaves out the checks that train. Every start is counted, the
gradebook, feedback pages and class report too. What the machine can give to several workers shows beside them: as many
graders of one worker, with a course and a part of the class each, at the same time. CPU time is that of a control group
(cpu_account.py), so it needs root. The first run of a course, which takes the fingerprints of known mistakes, is not
counted.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from autograder.course import Course
from autograder.demo import write_class
from benchmarks.cpu_account import Cost, measured
from benchmarks.grading import ASSIGNMENT, GRADABLE, ROOT, make_course

KINDS = (*GRADABLE, "odd")
SAMPLE_SECONDS = 1.0
MEBIBYTE = 2**20
WARM = "autograder.sandbox.warm"


@dataclass
class Peaks:
    """Highest memory seen, in bytes of proportional set size: shared pages are divided among those that share them.

    Attributes:
        grader: Of all processes outside of the sandbox together.
        warm: Of the largest warm process.
        submissions: Of the largest submission with its checks.
    """

    grader: int = 0
    warm: int = 0
    submissions: int = 0


@dataclass(frozen=True)
class Run:
    """One run of the grader.

    Attributes:
        submissions: How many were handed in.
        workers: How many were graded side by side.
        again: Whether all had been graded before.
        cost: CPU and wall time.
        peaks: Memory.
    """

    submissions: int
    workers: int
    again: bool
    cost: Cost
    peaks: Peaks = field(default_factory=Peaks)


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--checks", choices=("deterministic", "all"), default="deterministic")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), help="kinds of hand-ins")
    parser.add_argument("--workers", type=int, default=2, help="compared with one, by the size of --compare")
    parser.add_argument("--compare", type=int, default=100, help="size of that class; 0: not compared")
    parser.add_argument("--json", type=Path, help="where to write the numbers")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        course, pattern = ready_course(Path(scratch) / "course", options)
        runs = []
        for size in options.sizes:
            hand_in_class(course, pattern, size)
            runs += [grade(course, 1, options.checks), grade(course, 1, options.checks, again=True)]
            print_run(runs[-2])
            print_run(runs[-1])
        print_growth([run for run in runs if not run.again])
        if options.compare:
            hand_in_class(course, pattern, options.compare)
            one, several = (grade(course, each, options.checks, watched=False) for each in (1, options.workers))
            runs += [one, several]
            print_run(one)
            print_run(several)
            faster = one.cost.wall_seconds / several.cost.wall_seconds
            print(f"{options.workers} workers are {faster:.2f} times as fast as one, starts included", flush=True)
            courses = [ready_course(Path(scratch) / f"course-{each}", options)[0] for each in range(options.workers)]
            faster = one.cost.wall_seconds / graded_apart(courses, pattern, options.compare, options.checks)
            print(f"{options.workers} graders that share nothing are {faster:.2f} times as fast as one")
    if options.json:
        options.json.write_text(json.dumps([asdict(run) for run in runs], indent=1))


def ready_course(root: Path, options: argparse.Namespace) -> tuple[Course, list[str]]:
    """A course with hand-ins to choose from and with the fingerprints of known mistakes, and the students handed in."""
    root.mkdir()
    course = make_course(root)
    made = write_class(course, course.root / "made")
    pattern = [student.id for student in made if student.kind in options.kinds]
    hand_in_class(course, pattern, len(pattern))
    grade(course, 1, options.checks)  # takes the fingerprints
    return course, pattern


def graded_apart(courses: list[Course], pattern: list[str], size: int, checks: str) -> float:
    """Wall seconds in which a grader in each course grades its part of a class of this size, all at the same time."""
    for course in courses:
        hand_in_class(course, pattern, size // len(courses))
    started = time.monotonic()
    with ThreadPoolExecutor(len(courses)) as pool:
        list(pool.map(lambda course: grade(course, 1, checks, watched=False), courses))
    return time.monotonic() - started


def hand_in_class(course: Course, pattern: list[str], size: int) -> None:
    """Writes ``submitted/`` anew: the hand-ins of ``pattern`` over and over, each with a cell of its student's own."""
    submitted = course.root / "submitted"
    shutil.rmtree(submitted, ignore_errors=True)
    for number in range(size):
        source = (
            course.root
            / "made"
            / pattern[number * len(pattern) // size if size < len(pattern) else number % len(pattern)]
        )
        folder = submitted / f"student-{number:04}" / ASSIGNMENT
        shutil.copytree(source / ASSIGNMENT, folder, ignore=shutil.ignore_patterns("policy.safetensors"))
        for path in folder.glob("*.ipynb"):
            path.write_bytes(_with_own_cell(path.read_bytes(), number))


def _with_own_cell(content: bytes, number: int) -> bytes:
    notebook: dict[str, Any] = json.loads(content.decode("utf-8-sig"))
    cell: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": [], "source": f"my_number = {number}"}
    if notebook["nbformat"] == 3:
        sheet = notebook["worksheets"][0]
        cell = {
            "cell_type": "code",
            "metadata": {},
            "outputs": [],
            "input": f"my_number = {number}",
            "language": "python",
        }
        sheet["cells"].append(cell)
    else:
        cell |= {"execution_count": None} | ({"id": "own"} if notebook.get("nbformat_minor", 0) >= 5 else {})
        notebook["cells"].append(cell)
    return json.dumps(notebook).encode()


def grade(course: Course, workers: int, checks: str, *, again: bool = False, watched: bool = True) -> Run:
    """Grades the class; into an empty folder unless it is graded ``again``.

    Looking at memory takes time of the core that one worker leaves free: workers are compared without (``watched``).
    """
    results = course.root / "results"
    if not again:
        for path in (results, course.autograded_dir):
            shutil.rmtree(path, ignore_errors=True)
    module = "autograder.cli" if checks == "all" else "benchmarks.deterministic_checks"
    command = [sys.executable, "-m", module, "grade", "submitted", "--out", str(results), "--workers", str(workers)]
    environment = {"PYTHONPATH": str(ROOT)}
    if checks != "all":
        environment["DASK_DISTRIBUTED__WORKER__PRELOAD"] = module
    with watched_memory() if watched else nullcontext(Peaks()) as peaks:
        cost = measured([command], course.root, environment)
    return Run(len(list((course.root / "submitted").iterdir())), workers, again, cost, peaks)


@contextmanager
def watched_memory() -> Iterator[Peaks]:
    """Looks at the memory of everything below this process while the block runs."""
    peaks, stop = Peaks(), threading.Event()

    def watch() -> None:
        while not stop.wait(SAMPLE_SECONDS):
            _sample(peaks)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peaks
    finally:
        stop.set()
        watcher.join()


def _sample(peaks: Peaks) -> None:
    grader, submissions = 0, 0
    for process in psutil.Process().children(recursive=True):
        try:
            is_sandboxed, size = WARM in process.cmdline(), process.memory_full_info().pss
            parent = process.parent()
            is_fork = is_sandboxed and parent is not None and parent.name().startswith("python")
            is_fork = is_fork and WARM in (parent.cmdline() if parent else [])
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if is_fork:
            submissions += size
        elif is_sandboxed:
            peaks.warm = max(peaks.warm, size)
        else:
            grader += size
    peaks.grader, peaks.submissions = max(peaks.grader, grader), max(peaks.submissions, submissions)


def print_run(run: Run) -> None:
    """Prints a line."""
    cpu, wall = run.cost.cpu_seconds / run.submissions, run.cost.wall_seconds / run.submissions
    what = f"{run.submissions} submissions{' again' if run.again else ''}, workers: {run.workers}"
    text = f"{what:<36}{cpu:8.3f} CPU s{wall:8.3f} wall s each"
    if run.peaks != Peaks():
        sizes = [f"{each / MEBIBYTE:.0f}" for each in (run.peaks.grader, run.peaks.warm, run.peaks.submissions)]
        text += f"; MiB of grader / warm / submission: {' / '.join(sizes)}"
    print(text, flush=True)


def print_growth(runs: list[Run]) -> None:
    """Prints what each further submission costs: starts, which are paid once, fall out of it."""
    for less, more in itertools.pairwise(runs):
        cpu = (more.cost.cpu_seconds - less.cost.cpu_seconds) / (more.submissions - less.submissions)
        print(f"from {less.submissions} to {more.submissions}: {cpu:.3f} CPU s for each further submission")


if __name__ == "__main__":
    main()
