"""Runs a hidden suite: a pytest plugin with the marks of checks and the fixtures ``student`` and ``rng``.

A suite is a folder of plain pytest files, one per exercise. The checks of an exercise share one process of the
sandbox, forked from the submission. A check that fails in a process that others have used before it is judged
again in a fresh one, and that verdict counts: whatever one check breaks, it cannot make another one fail.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest

from autograder.errors import AutograderError, DeadlineExceeded, GuestDied, InputError, ReplyRejected
from autograder.report import CheckOutcome
from autograder.sandbox.student import Student, Transport
from autograder.suites.verdict import PASSED, Check, Verdict, blocked_by, verdict_on

SUITES = Path(__file__).parent
_MARKS = (
    "exercise(name): the exercise that the checks of a module judge",
    "points(value): points that a check gives",
    "hint(text): what the student reads when the check fails",
    "needs(*checks): checks, <exercise>.<name>, without which this one cannot be judged",
)
_UNUSED_PLUGINS = (
    "terminal cacheprovider unraisableexception threadexception faulthandler capture logging junitxml pastebin "
    "doctest debugging setuponly setupplan stepwise warnings legacypath"
).split()
_OPTIONS = ["--disable-plugin-autoload", "--assert=plain", "-c", "/dev/null"]
_OPTIONS += [word for name in _UNUSED_PLUGINS for word in ("-p", f"no:{name}")]


class CheckProcess(Transport, Protocol):
    """A process in which the student's notebook has run, for the checks of one exercise."""

    def renew(self) -> None:
        """Starts the time of the next check."""
        ...

    def close(self) -> None:
        """Ends the process."""
        ...


def run_suite(
    assignment_id: str,
    open_process: Callable[[], CheckProcess],
    secret: bytes,
    *,
    exercises: Sequence[str] = (),
    owners: Mapping[str, str] | None = None,
) -> list[CheckOutcome]:
    """Judges a submission by the hidden suite of its assignment.

    Args:
        assignment_id: Which suite.
        open_process: Makes a process of the sandbox in which the notebook has run.
        secret: The course's secret, from which hidden inputs are drawn.
        exercises: Order in which exercises are judged; suites of others come last.
        owners: The exercise that each cell belongs to, ``{"cell 7": "Actor"}``, for messages.

    Returns:
        One outcome per check, in the order in which they were judged.

    Raises:
        AutograderError: The suite itself is broken.
    """
    judge = _Judge(assignment_id, open_process, secret, list(exercises), owners or {})
    try:
        _run_pytest(assignment_id, judge)
    finally:
        judge.leave()
    return judge.outcomes


@lru_cache
def collect_checks(assignment_id: str) -> tuple[Check, ...]:
    """The checks of a suite, without running them.

    Raises:
        InputError: There is no suite of this name.
        AutograderError: The suite is broken, or a check lacks points or an exercise.
    """
    collector = _Collector(assignment_id)
    _run_pytest(assignment_id, collector, "--collect-only")
    return tuple(collector.checks)


def points_per_exercise(assignment_id: str) -> dict[str, float]:
    """The sum of points of each exercise that the suite judges."""
    points: dict[str, float] = {}
    for check in collect_checks(assignment_id):
        points[check.exercise] = points.get(check.exercise, 0.0) + check.points
    return points


def check_rng(secret: bytes, check_id: str) -> np.random.Generator:
    """The generator of a check's hidden inputs: the same in every run of a course, unknown outside of it."""
    digest = hashlib.sha256(secret + check_id.encode()).digest()
    return np.random.default_rng(np.frombuffer(digest, np.uint32))


def suite_digest(assignment_id: str) -> str:
    """SHA-256 of the suite's files: reports name the suite that judged them."""
    digest = hashlib.sha256()
    for file in sorted((SUITES / assignment_id).glob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _run_pytest(assignment_id: str, plugin: object, *options: str) -> None:
    folder = SUITES / assignment_id
    if not any(folder.glob("test_*.py")):
        known = sorted(path.parent.name for path in SUITES.glob("*/test_*.py"))
        raise InputError(
            f"assignment {assignment_id!r}: expected a hidden suite in {folder}, found none; "
            f"suites exist for {', '.join(dict.fromkeys(known)) or 'no assignment'}"
        )
    arguments = [*_OPTIONS, *options, "--rootdir", str(folder), str(folder)]
    code = pytest.main(arguments, plugins=[plugin])
    if code == pytest.ExitCode.INTERRUPTED and not getattr(plugin, "faults", None):
        raise KeyboardInterrupt
    if faults := getattr(plugin, "faults", None):
        raise AutograderError(f"suite {assignment_id}: cannot be run: {faults[0]}")
    if code != pytest.ExitCode.OK:
        raise AutograderError(f"suite {assignment_id}: pytest ended with {pytest.ExitCode(code).name}")


class _Collector:
    """Reads the marks of a suite's checks."""

    def __init__(self, assignment_id: str) -> None:
        self.assignment_id = assignment_id
        self.checks: list[Check] = []
        self.faults: list[str] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        for mark in _MARKS:
            config.addinivalue_line("markers", mark)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.faults.append(report.longreprtext)

    @pytest.fixture
    def student(self) -> None:
        """The proxy of the student's notebook; put in its place when the check is called."""

    @pytest.fixture
    def rng(self) -> None:
        """NumPy generator of hidden inputs; put in its place when the check is called."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self.checks = [self.check_of(item) for item in items]

    def check_of(self, item: pytest.Item) -> Check:
        """What the marks of a test say."""
        marks = {mark.name: mark.args for mark in reversed(list(item.iter_markers()))}
        try:
            (exercise,), (points,) = marks["exercise"], marks["points"]
        except (KeyError, ValueError):
            raise AutograderError(
                f"{item.nodeid}: expected the marks exercise(name) and points(value)"
            ) from None
        name = item.name.removeprefix("test_")
        hint = " ".join(str(word) for word in marks.get("hint", ()))
        check_id = f"{self.assignment_id}.{exercise}.{name}"
        return Check(check_id, exercise, name, float(points), hint, tuple(marks.get("needs", ())))


class _Judge(_Collector):
    """Runs the checks of a suite and keeps their outcomes."""

    def __init__(
        self,
        assignment_id: str,
        open_process: Callable[[], CheckProcess],
        secret: bytes,
        order: list[str],
        owners: Mapping[str, str],
    ) -> None:
        super().__init__(assignment_id)
        self.outcomes: list[CheckOutcome] = []
        self._open_process = open_process
        self._secret = secret
        self._order = order
        self._owners = owners
        self._process: CheckProcess | None = None
        self._judged_here: str | None = None  # exercise whose checks the process has served

    def leave(self) -> None:
        """Ends the process in use."""
        if self._process is not None:
            self._process.close()
        self._process = self._judged_here = None

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        rank = {exercise: number for number, exercise in enumerate(self._order)}
        items.sort(key=lambda item: rank.get(self.check_of(item).exercise, len(rank)))  # a stable sort

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        check = self.check_of(pyfuncitem)
        if self._judged_here != check.exercise:
            self.leave()
        started = time.monotonic()
        verdict = self._verdict(pyfuncitem, check)
        self.outcomes.append(
            CheckOutcome(
                id=check.id,
                exercise=check.exercise,
                points=check.points if verdict.status == "passed" else 0.0,
                max_points=check.points,
                status=verdict.status,
                message=verdict.message,
                seconds=round(time.monotonic() - started, 4),
            )
        )
        return True

    def _verdict(self, item: pytest.Function, check: Check) -> Verdict:
        passed = {
            f"{outcome.exercise}.{outcome.id.rpartition('.')[2]}"
            for outcome in self.outcomes
            if outcome.points
        }
        for needed in check.needs:
            if needed not in passed:
                return blocked_by(check, needed)
        shared = self._process is not None
        verdict = self._attempt(item, check)
        if verdict is not PASSED and shared:
            self.leave()
            verdict = self._attempt(item, check)
        return verdict

    def _attempt(self, item: pytest.Function, check: Check) -> Verdict:
        try:
            if self._process is None:
                self._process = self._open_process()
                self._judged_here = check.exercise
            self._process.renew()
            given: dict[str, Any] = {
                "student": Student(self._process),
                "rng": check_rng(self._secret, check.id),
            }
            names = item._fixtureinfo.argnames
            item.obj(**{name: given.get(name, item.funcargs.get(name)) for name in names})
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if isinstance(error, DeadlineExceeded | GuestDied | ReplyRejected):
                self.leave()
            return verdict_on(error, check, self._owners)
        return PASSED
