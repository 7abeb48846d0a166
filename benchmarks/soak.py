"""Soak: thousands of submissions in one run; does memory grow, and is anything left behind?

    python -m benchmarks.soak --submissions 2000

One worker grades cheap hand-ins, some of them hostile, as `autograder grade --workers 1` does. Prints the memory of
the grader and of its warm process over time, the slope of each, and what is on the machine before and after.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from autograder.class_run import grade_folder
from autograder.course import Course
from autograder.report import GradeReport
from autograder.sandbox.confinement import adopt_orphans
from benchmarks.grading import ASSIGNMENT, make_course
from benchmarks.traces import level_of, traces

MEBIBYTE = 1024 * 1024
WARM_UP_SHARE = 0.2  # of the submissions, and one of each kind, in which caches fill and peaks are reached
CELLS = {  # what a notebook of this kind does, in the cell of an exercise that costs little
    "untouched": "",
    "right": "def critic_loss(target_values, pred_values):\n    return ((target_values - pred_values) ** 2).mean()",
    "wrong": "def critic_loss(target_values, pred_values):\n    return ((target_values - pred_values) ** 2).sum()",
    "exits": "import os\nos._exit(0)",
    "daemon": "import os, time\nif os.fork() == 0:\n    os.setsid()\n    os.fork()\n    time.sleep(1000)\n",
    "files": "for n in range(99):\n    open(f'/tmp/{n}', 'w').write('x' * 999)\nx = [open('/tmp/1') for _ in range(9)]",
    "memory": "x = bytearray(200 * 2**20)\nimport threading\nthreading.Thread(target=print, daemon=True).start()",
    "output": "class A: pass\na = A(); a.a = a; del a\nprint('x' * 10**6)",
}


@dataclass(frozen=True)
class Sample:
    """Memory after so many submissions, in bytes.

    Attributes:
        submissions: How many have been graded.
        grader: Anonymous memory of the grader's process: not that of files, which depends on who else maps them.
        warm: Of the warm process.
        descriptors: Open files of the grader.
    """

    submissions: int
    grader: int
    warm: int
    descriptors: int


def main() -> None:
    """Soaks, prints a table, and fails if anything is left."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=2000)
    options = parser.parse_args()
    adopt_orphans()
    with tempfile.TemporaryDirectory(prefix="soak-") as scratch:
        folder, temporary = Path(scratch, "course"), Path(scratch, "tmp")
        folder.mkdir()
        temporary.mkdir()
        tempfile.tempdir = os.environ["TMPDIR"] = str(temporary)
        course = make_course(folder)
        hand_in(course, len(CELLS), "first")
        grade(course, "first", every=1)  # imports, caches, fingerprints
        hand_in(course, options.submissions, "submitted")
        before, started = traces(temporary, course.root, [os.getpid()]), time.monotonic()
        samples = grade(course, "submitted", every=max(1, options.submissions // 40))
        seconds = time.monotonic() - started
        after = traces(temporary, course.root, [os.getpid()])
    print_table(samples)
    print(f"{options.submissions} submissions in {seconds:.0f} s")
    print(f"before: {before.counts()}\nafter:  {after.counts()}")
    for kind, left in after.since(before).items():
        print(f"left: {kind}: {left}")
    sys.exit(bool(after.since(before)))


def hand_in(course: Course, count: int, name: str) -> None:
    """Writes hand-ins of every kind, which are graded in turn: each kind has its own peak of memory."""
    released = json.loads(course.released(course.assignment(ASSIGNMENT)).read_text(encoding="utf-8"))
    for number, kind in zip(range(count), itertools.cycle(CELLS), strict=False):
        for cell in released["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == "critic_loss":
                cell["source"] = (
                    CELLS[kind] or "def critic_loss(target_values, pred_values):\n    raise NotImplementedError"
                )
        folder = course.root / name / f"{number:05}-{kind}" / ASSIGNMENT
        folder.mkdir(parents=True)
        (folder / f"{ASSIGNMENT}.ipynb").write_text(json.dumps(released), encoding="utf-8")


def grade(course: Course, name: str, every: int) -> list[Sample]:
    """Grades a folder in this process, and looks at memory now and then.

    Raises:
        RuntimeError: There is not one report for each hand-in.
    """
    samples: list[Sample] = []

    def watched(reports: Iterator[GradeReport], _total: int) -> Iterator[GradeReport]:
        for number, report in enumerate(reports, start=1):
            yield report
            if number % every == 0:
                samples.append(_sample(number))
                print(f"  {samples[-1]}", flush=True)

    run = grade_folder(course, course.root / name, course.root / f"results-{name}", workers=1, progress=watched)
    if len({report.student for report in run.reports}) != len(list((course.root / name).iterdir())):
        raise RuntimeError("expected one report for each hand-in")
    print(f"  with all reports, read again for the class report: {_memory(psutil.Process()) / MEBIBYTE:.1f} MiB")
    return samples


def slope(samples: list[Sample], name: str) -> float:
    """Growth in bytes for each submission, by least squares, once caches are full."""
    warm = max(WARM_UP_SHARE * samples[-1].submissions, len(CELLS))
    kept = [each for each in samples if each.submissions >= warm]
    numbers = [each.submissions for each in kept]
    return float(np.polyfit(numbers, [getattr(each, name) for each in kept], 1)[0]) if len(kept) > 1 else 0.0


def print_table(samples: list[Sample]) -> None:
    """Prints memory over time, and slopes."""
    print(f"{'submissions':>12}{'grader MiB':>12}{'warm MiB':>12}{'descriptors':>12}")
    for each in samples[:: max(1, len(samples) // 10)]:
        grader, warm = each.grader / MEBIBYTE, each.warm / MEBIBYTE
        print(f"{each.submissions:>12}{grader:>12.1f}{warm:>12.1f}{each.descriptors:>12}")
    for name in ("grader", "warm"):
        print(f"{name}: {slope(samples, name) / 1024:+.2f} KiB for each submission")


def _sample(number: int) -> Sample:
    me = psutil.Process()
    warm = [each for each in me.children(recursive=True) if level_of(each) == level_of(me) + 1]
    return Sample(number, _memory(me), max(map(_memory, warm), default=0), me.num_fds())


def _memory(process: psutil.Process) -> int:
    lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    sizes = {name: int(size) for name, size, _unit in map(str.split, lines)}
    return 1024 * (sizes["Anonymous:"] + sizes["Swap:"])


if __name__ == "__main__":
    main()
