"""Judging: calls the checks of a hidden suite, through a process of the sandbox, and keeps their outcomes.

Checks share one process, forked from the submission, as long as it answers. A check that fails in a process that others
have used before it is judged again in a fresh one, and that verdict counts: whatever one check breaks, it cannot make
another one fail. Checks that look at the same run of the student's code ask for it by ``shared``; it too is made anew
in a fresh process.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np

from autograder.errors import DeadlineExceeded, GuestDied, ReplyRejected, SandboxError, SubmissionError
from autograder.report import CheckOutcome
from autograder.sandbox.student import Student
from autograder.sandbox.transport import Transport
from autograder.suites.check_plugin import CheckFunction, collect
from autograder.suites.student_text import StudentText
from autograder.suites.training_check import Trained
from autograder.suites.verdict import OUT_OF_TIME, PASSED, Check, Verdict, blocked_by, given_up, verdict_on

TakenOver = Callable[[Sequence[Check], Sequence[CheckOutcome]], list[CheckOutcome]]
_SEED = 0  # of the global generators, which a student's code may use, at the first check of an exercise
MAX_TIMEOUTS = 2  # of one exercise; its other checks are then not waited for


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

    def renew(self, seconds: float | None = None) -> None:
        """Starts the time of the next check: the usual time, or so many seconds."""
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
    text: StudentText | None = None,
    show: Callable[[dict[str, Any]], None] = lambda fact: None,
    seconds: float = math.inf,
    earlier: TakenOver | None = None,
) -> list[CheckOutcome]:
    """Judges a submission by the hidden suite of its assignment.

    Args:
        assignment_id: Which suite.
        open_process: Makes a process of the sandbox in which the notebook has run.
        secret: The course's secret, from which hidden inputs are drawn.
        exercises: Order in which exercises are judged; others come last.
        text: The notebook's cells, for messages.
        show: Takes evidence that checks have beside their verdict, each with the id of its ``check``; of two facts of a
            check, the later one holds.
        seconds: Wall time after which no further check is begun.
        earlier: Gives the outcomes of an exercise that need not be judged again, or none, for its checks and the
            outcomes of all checks before them.

    Returns:
        One outcome per check, in the order in which they were judged.

    Raises:
        AutograderError: The suite itself is broken.
    """
    rank = {exercise: number for number, exercise in enumerate(exercises)}
    functions = sorted(collect(assignment_id), key=lambda each: rank.get(each.check.exercise, len(rank)))
    exercises = list(dict.fromkeys(each.check.exercise for each in functions))
    judge = _Judge(open_process, secret, text or StudentText(), show, time.monotonic() + seconds)
    try:
        for exercise in exercises:
            mine = [each for each in functions if each.check.exercise == exercise]
            found = earlier([each.check for each in mine], judge.outcomes) if earlier else []
            judge.outcomes += found
            judge.begin_exercise()
            for function in [] if found else mine:
                judge.judge(function)
    finally:
        judge.leave()
    return judge.outcomes


def check_rng(secret: bytes, check_id: str) -> np.random.Generator:
    """The generator of a check's hidden inputs: the same in every run of a course, unknown outside of it."""
    digest = hashlib.sha256(secret + check_id.encode()).digest()
    return np.random.default_rng(np.frombuffer(digest, np.uint32))


class _Judge:
    """Calls checks and keeps their outcomes."""

    def __init__(
        self,
        open_process: Callable[[], CheckProcess],
        secret: bytes,
        text: StudentText,
        show: Callable[[dict[str, Any]], None],
        deadline: float,
    ) -> None:
        self.outcomes: list[CheckOutcome] = []
        self._open_process = open_process
        self._secret = secret
        self._text = text
        self._show = show
        self._deadline = deadline
        self._process: CheckProcess | None = None
        self._runs: dict[SharedRun, Any] = {}
        self._is_seeded = False

    def begin_exercise(self) -> None:
        """Nothing that was drawn or run for other exercises counts, so that it does not matter which are judged."""
        self._runs.clear()
        self._is_seeded = False

    def leave(self) -> None:
        """Ends the process in use."""
        if self._process is not None:
            self._process.close()
        self._process = None
        self.begin_exercise()

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
        if time.monotonic() > self._deadline:
            return OUT_OF_TIME
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
        return verdict

    def _attempt(self, function: CheckFunction) -> Verdict:
        try:
            if self._process is None:
                self._process = self._open_process()
            self._process.renew()
            student = Student(self._process)
            if not self._is_seeded:
                student.seed(_SEED)
                self._is_seeded = True
            rng, shared = check_rng(self._secret, function.check.id), partial(self._shared, student, function.check)
            trained = Trained(student, rng, shared, self._show)
            given = {"student": student, "rng": rng, "shared": shared, "trained": trained}
            function.function(**function.parameters, **{name: given[name] for name in function.fixtures})
        except (KeyboardInterrupt, SandboxError, SubmissionError):
            raise  # not about this check
        except BaseException as error:
            if isinstance(error, DeadlineExceeded | GuestDied | ReplyRejected):
                self.leave()  # what has not answered properly will not do so again
            return verdict_on(error, function.check, self._text)
        return PASSED

    def _shared(self, student: Student, check: Check, run: SharedRun) -> Any:
        """The result of a run in the process in use, kept unless it raises: then it is the asking check that fails."""
        if run not in self._runs:
            assignment_id = check.id.partition(".")[0]
            self._runs[run] = run(student, check_rng(self._secret, f"{assignment_id}.{run.__name__}"))
        return self._runs[run]
