"""Kills: a class is graded while kill -9 hits the grader, its processes and its database; what is left in the end?

    python -m benchmarks.kills --kills 100 --seed 0 [--database sqlite]

The gradebook is in a PostgreSQL of the benchmark's own (`scripts/system_packages postgresql`), which is killed, too,
and started again seconds later. Every class starts without results and is graded, run after run, until one run ends by
itself with nothing left to grade. Then its reports and its gradebook have to be those of a run that nobody disturbed,
and nothing may be left on the machine.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from autograder.course import Course
from autograder.gradebook_database import open_gradebook
from autograder.report import GradeReport, read_reports
from autograder.sandbox.confinement import adopt_orphans
from benchmarks.gradebooks import Gradebook, gradebook_of
from benchmarks.grading import ASSIGNMENT, ROOT, make_class, make_course
from benchmarks.traces import Traces, traces
from benchmarks.victims import Victims, processes

MAX_PAUSE_SECONDS = 10.0  # between two kills; a start takes about as long
MAX_RUNS = 200  # of one class
_SETTLE_SECONDS = 60.0


@dataclass
class Tally:
    """What has come of it.

    Attributes:
        kills: How many hit what.
        classes: How many classes have been graded.
        runs: How many runs that took.
        faults: Everything that must not be, in words.
    """

    kills: Counter[str] = field(default_factory=Counter)
    classes: int = 0
    runs: int = 0
    faults: list[str] = field(default_factory=list)


def main() -> None:
    """Kills, prints a table, and fails if anything was lost, doubled or left behind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--submissions", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    options = parser.parse_args()
    adopt_orphans()
    with tempfile.TemporaryDirectory(prefix="kills-") as scratch:
        folder = Path(scratch, "course")
        folder.mkdir()
        with gradebook_of(options.database, folder) as gradebook:
            course = make_course(folder, gradebook.url)
            gradebook.save()
            make_mixed_class(course, options.submissions)
            tally = Tally()
            with contextlib.suppress(KeyboardInterrupt):
                kill(tally, course, gradebook, options.kills, options.workers, random.Random(options.seed))
    for name, kills in tally.kills.items():
        print(f"{name:<16}{kills:6} kills")
    print(
        f"{'together':<16}{tally.kills.total():6} kills in {tally.classes} classes of {options.submissions}, ", end=""
    )
    print(f"{tally.runs} runs; {len(tally.faults)} faults")
    for fault in tally.faults:
        print(f"  {fault}")
    sys.exit(bool(tally.faults))


def make_mixed_class(course: Course, submissions: int) -> None:
    """A class of usual hand-ins, with some whose own code ends their process: those look like victims, too."""
    make_class(course, submissions)
    enders = [path.parent.parent for path in course.root.glob("made/*/*/*.ipynb") if b"_exit(" in path.read_bytes()]
    handed_in = sorted((course.root / "submitted").iterdir())
    for ender, replaced in zip(sorted(enders), handed_in[:: max(2, submissions // 3)], strict=False):
        shutil.rmtree(replaced)
        shutil.copytree(ender, replaced)


def kill(tally: Tally, course: Course, gradebook: Gradebook, kills: int, workers: int, moments: random.Random) -> None:
    """Grades the class of a course again and again until so many kills have hit, and counts in ``tally``."""
    bench = _Bench(course, gradebook, workers, moments)
    expected = bench.undisturbed()
    while tally.kills.total() < kills and not tally.faults:
        bench.start_over()
        before = bench.traces()
        bench.grade_under_fire(tally, kills)
        tally.classes += 1
        tally.faults += bench.differences(expected)
        tally.faults += [f"left: {kind}: {each}" for kind, found in bench.left(before).items() for each in found]
        print(f"class {tally.classes}: {dict(tally.kills)}, {tally.runs} runs", flush=True)


class _Bench:
    """One course that is graded again and again, each time from the same state.

    Args:
        course: A released course with a class that has handed in.
        gradebook: Its gradebook, saved as it was released.
        workers: Of a run.
        moments: Decides who is hit, and when.
    """

    def __init__(self, course: Course, gradebook: Gradebook, workers: int, moments: random.Random) -> None:
        self._course, self._gradebook, self._moments = course, gradebook, moments
        self._victims = Victims(moments, gradebook.server)
        self._temporary = course.root.parent / "tmp"
        self._temporary.mkdir()
        self._command = [sys.executable, "-m", "autograder.cli", "grade", "submitted", "--out", "results"]
        self._command += ["--workers", str(workers)]
        self._graders: set[int] = set()  # and workers: whoever may have made a control group
        self._log = course.root.parent / "log"

    def undisturbed(self) -> tuple[dict[str, str], list[tuple[object, ...]]]:
        """Reports and rows of the gradebook after a run that nobody disturbs."""
        process = self._start()
        if process.wait() != 0:
            raise RuntimeError(self._log.read_text())
        return self._reports(), self._rows()

    def start_over(self) -> None:
        """Takes back everything that grading has written."""
        for name in ("results", "autograded"):
            shutil.rmtree(self._course.root / name, ignore_errors=True)
        self._gradebook.restore()

    def traces(self) -> Traces:
        """What is on the machine now."""
        server = self._gradebook.server
        return traces(self._temporary, self._course.root, self._graders, apart=[server.pid] if server else ())

    def left(self, before: Traces) -> dict[str, list[str]]:
        """What has come up and stays; what is ending gets its time."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        while True:
            left = self.traces().since(before)
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(0.2)

    def grade_under_fire(self, tally: Tally, kills: int) -> None:
        """Grades the class, run after run; kills until there have been enough."""
        for _ in range(MAX_RUNS):
            process = self._start()
            tally.runs += 1
            while process.poll() is None:
                self._wait(process, self._moments.uniform(0.0, MAX_PAUSE_SECONDS))
                found = processes(process.pid)
                self._graders.update(pid for kind, pid in found if kind in ("grader", "worker"))
                if process.poll() is None and tally.kills.total() < kills:
                    tally.kills.update(self._victims.hit(process))
            if process.returncode == 0 and not _unfinished(self._course):
                return
            if process.returncode not in (0, -signal.SIGKILL):
                print(f"  a run ended with {process.returncode}: {self._log.read_text()[-300:]!r}", flush=True)
        tally.faults.append(f"the class was not finished after {MAX_RUNS} runs")

    def differences(self, expected: tuple[dict[str, str], list[tuple[object, ...]]]) -> list[str]:
        """What is not as in the undisturbed run."""
        reports, rows = self._reports(), self._rows()
        faults = [f"report of {name} is missing" for name in sorted(expected[0].keys() - reports.keys())]
        for name, text in sorted(reports.items()):
            if text != expected[0].get(name):
                faults.append(f"report of {name} differs: {_first_difference(expected[0].get(name, ''), text)}")
        if rows != expected[1]:
            faults.append(f"the gradebook differs: {sorted(set(map(str, rows)) ^ set(map(str, expected[1])))}")
        return faults

    def _start(self) -> subprocess.Popen[bytes]:
        environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(self._temporary), "COLUMNS": "200"}
        with self._log.open("wb") as log:
            return subprocess.Popen(self._command, cwd=self._course.root, env=environment, stdout=log, stderr=log)

    def _wait(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            return

    def _reports(self) -> dict[str, str]:
        return {each.student: each.without_times().to_json() for each in read_reports(self._course.root / "results")}

    def _rows(self) -> list[tuple[object, ...]]:
        if self._gradebook.server:
            self._gradebook.server.wait()  # it may recover from the kill of a connection
        with open_gradebook(self._course) as gradebook:
            return sorted(
                (row.student.id, row.score, row.late_submission_penalty, row.needs_manual_grade, str(row.timestamp))
                for row in gradebook.assignment_submissions(ASSIGNMENT)
            )


def _unfinished(course: Course) -> list[GradeReport]:
    """Reports of faults of the grader: to be graded again."""
    return [each for each in read_reports(course.root / "results") if _is_fault(each)]


def _is_fault(report: GradeReport) -> bool:
    faults = any(check.status == "error" for check in report.checks)
    return faults or (report.status == "needs_attention" and not report.versions)


def _first_difference(one: str, other: str) -> str:
    pairs = zip(one.splitlines(), other.splitlines(), strict=False)
    return next((f"{a.strip()} != {b.strip()}"[:300] for a, b in pairs if a != b), "length")


if __name__ == "__main__":
    main()
