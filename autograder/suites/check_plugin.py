"""Runs a hidden suite: pytest collects it, with the marks of checks and the fixtures of ``FIXTURES``.

A suite is a folder of plain pytest files, one per exercise. Its checks share one process, forked from the submission,
as long as they pass. A check that fails in a process that others have used before it is judged again in a fresh one,
and that verdict counts: whatever one check breaks, it cannot make another one fail. Checks that look at the same run
of the student's code ask for it by ``shared``; it too is made anew in a fresh process.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest

from autograder.errors import AutograderError, InputError, SandboxError, SubmissionError
from autograder.report import CheckOutcome
from autograder.sandbox.student import Student, Transport
from autograder.suites.student_text import StudentText
from autograder.suites.verdict import PASSED, Check, Verdict, blocked_by, given_up, verdict_on

SUITES = Path(__file__).parent
FIXTURES = ("student", "rng", "shared")
MAX_TIMEOUTS = 2  # of one exercise; its other checks are then not waited for
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
_OPTIONS = ["--collect-only", "--disable-plugin-autoload", "--assert=plain", "-c", "/dev/null"]
_OPTIONS += [word for name in _UNUSED_PLUGINS for word in ("-p", f"no:{name}")]


class SharedRun(Protocol):
    """A function of a suite whose result several checks look at.

    Handles in the result, and the environments that the student's code made, belong to the ``student`` given here.
    """

    __name__: str

    def __call__(self, student: Student, rng: np.random.Generator) -> Any:
        """Runs the student's code."""
        ...


class CheckProcess(Transport, Protocol):
    """A process in which the student's notebook has run, for the checks of one exercise."""

    def renew(self) -> None:
        """Starts the time of the next check."""
        ...

    def close(self) -> None:
        """Ends the process."""
        ...


@dataclass(frozen=True)
class CheckFunction:
    """A check and the test function that makes it.

    Attributes:
        check: What its marks say.
        function: The function; it takes fixtures, and what it is parametrised with.
        parameters: Arguments of ``pytest.mark.parametrize``.
        fixtures: Which of ``FIXTURES`` it takes.
    """

    check: Check
    function: Callable[..., None]
    parameters: Mapping[str, Any]
    fixtures: tuple[str, ...]


def run_suite(
    assignment_id: str,
    open_process: Callable[[], CheckProcess],
    secret: bytes,
    *,
    exercises: Sequence[str] = (),
    text: StudentText | None = None,
) -> list[CheckOutcome]:
    """Judges a submission by the hidden suite of its assignment.

    Args:
        assignment_id: Which suite.
        open_process: Makes a process of the sandbox in which the notebook has run.
        secret: The course's secret, from which hidden inputs are drawn.
        exercises: Order in which exercises are judged; others come last.
        text: The notebook's cells, for messages.

    Returns:
        One outcome per check, in the order in which they were judged.

    Raises:
        AutograderError: The suite itself is broken.
    """
    rank = {exercise: number for number, exercise in enumerate(exercises)}
    functions = sorted(_collect(assignment_id), key=lambda each: rank.get(each.check.exercise, len(rank)))
    judge = _Judge(open_process, secret, text or StudentText())
    try:
        for function in functions:
            judge.judge(function)
    finally:
        judge.leave()
    return judge.outcomes


def collect_checks(assignment_id: str) -> tuple[Check, ...]:
    """The checks of a suite, without running them.

    Raises:
        InputError: There is no suite of this name.
        AutograderError: The suite is broken, or a check lacks points or an exercise.
    """
    return tuple(each.check for each in _collect(assignment_id))


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


@lru_cache
def _collect(assignment_id: str) -> tuple[CheckFunction, ...]:
    folder = SUITES / assignment_id
    if not any(folder.glob("test_*.py")):
        known = sorted({path.parent.name for path in SUITES.glob("*/test_*.py")})
        raise InputError(
            f"assignment {assignment_id!r}: expected a hidden suite in {folder}, found none; "
            f"suites exist for {', '.join(known) or 'no assignment'}"
        )
    collector = _Collector(assignment_id)
    code = pytest.main([*_OPTIONS, "--rootdir", str(folder), str(folder)], plugins=[collector])
    if collector.fault or code != pytest.ExitCode.OK:
        fault = collector.fault or f"pytest ended with {pytest.ExitCode(code).name}"
        raise AutograderError(f"suite {assignment_id}: cannot be used: {fault}")
    return tuple(collector.functions)


class _Collector:
    """A pytest plugin that reads the checks of a suite."""

    def __init__(self, assignment_id: str) -> None:
        self._assignment_id = assignment_id
        self.functions: list[CheckFunction] = []
        self.fault = ""

    def pytest_configure(self, config: pytest.Config) -> None:
        for mark in _MARKS:
            config.addinivalue_line("markers", mark)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.fault = self.fault or report.longreprtext

    @pytest.fixture
    def student(self) -> None:
        """The proxy of the student's notebook."""

    @pytest.fixture
    def rng(self) -> None:
        """NumPy generator of hidden inputs: the same in every run of a course, unknown outside of it."""

    @pytest.fixture
    def shared(self) -> None:
        """``shared(run)`` is what ``run(student, rng)`` returned when a check of this process first asked for it."""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        try:
            self.functions = [self._function(item) for item in session.items if isinstance(item, pytest.Function)]
        except (KeyError, ValueError, TypeError) as error:
            fixtures = ", ".join(FIXTURES)
            self.fault = f"expected marks exercise(name) and points(value), and no fixtures but {fixtures}: {error!r}"

    def _function(self, item: pytest.Function) -> CheckFunction:
        marks = {mark.name: mark.args for mark in reversed(list(item.iter_markers()))}
        needs = dict.fromkeys(needed for mark in item.iter_markers("needs") for needed in mark.args)
        (exercise,), (points,) = marks["exercise"], marks["points"]
        name = item.name.removeprefix("test_")
        hint = " ".join(str(word) for word in marks.get("hint", ()))
        check_id = f"{self._assignment_id}.{exercise}.{name}"
        check = Check(check_id, exercise, name, float(points), hint, tuple(needs))
        callspec = getattr(item, "callspec", None)
        parameters = {} if callspec is None else dict(callspec.params)
        fixtures = tuple(fixture for fixture in item.fixturenames if fixture not in parameters)
        if not set(fixtures) <= set(FIXTURES):
            raise ValueError(f"{item.name}: {fixtures}")
        return CheckFunction(check, item.obj, parameters, fixtures)


class _Judge:
    """Calls checks and keeps their outcomes."""

    def __init__(self, open_process: Callable[[], CheckProcess], secret: bytes, text: StudentText) -> None:
        self.outcomes: list[CheckOutcome] = []
        self._open_process = open_process
        self._secret = secret
        self._text = text
        self._process: CheckProcess | None = None
        self._runs: dict[SharedRun, Any] = {}

    def leave(self) -> None:
        """Ends the process in use."""
        if self._process is not None:
            self._process.close()
        self._process = None
        self._runs.clear()

    def judge(self, function: CheckFunction) -> None:
        """Adds the outcome of one check."""
        check, started = function.check, time.monotonic()
        verdict = self._foregone(check) or self._verdict(function)
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

    def _foregone(self, check: Check) -> Verdict | None:
        """The verdict on a check that need not be called."""
        passed = {each.id.partition(".")[2] for each in self.outcomes if each.status == "passed"}
        for needed in check.needs:
            if needed not in passed:
                return blocked_by(check, needed)
        timeouts = sum(each.status == "timeout" for each in self.outcomes if each.exercise == check.exercise)
        return given_up(check) if timeouts >= MAX_TIMEOUTS else None

    def _verdict(self, function: CheckFunction) -> Verdict:
        shared = self._process is not None
        verdict = self._attempt(function)
        if shared and not verdict.is_certain:
            self.leave()
            verdict = self._attempt(function)
        if not verdict.is_certain:
            self.leave()
        return verdict

    def _attempt(self, function: CheckFunction) -> Verdict:
        try:
            if self._process is None:
                self._process = self._open_process()
            self._process.renew()
            student = Student(self._process)
            rng, shared = check_rng(self._secret, function.check.id), partial(self._shared, student, function.check)
            given = {"student": student, "rng": rng, "shared": shared}
            function.function(**function.parameters, **{name: given[name] for name in function.fixtures})
        except (KeyboardInterrupt, SandboxError, SubmissionError):
            raise  # not about this check
        except BaseException as error:
            return verdict_on(error, function.check, self._text)
        return PASSED

    def _shared(self, student: Student, check: Check, run: SharedRun) -> Any:
        """The result of a run in the process in use, kept unless it raises: then it is the asking check that fails."""
        if run not in self._runs:
            assignment_id = check.id.partition(".")[0]
            self._runs[run] = run(student, check_rng(self._secret, f"{assignment_id}.{run.__name__}"))
        return self._runs[run]
