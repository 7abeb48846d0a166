"""Matrix: known mistakes and right solutions against every check of an assignment's suite, in a real sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import SandboxError
from autograder.report import CheckOutcome
from autograder.sandbox.door import SubmissionProcess, WarmProcess
from autograder.sandbox.limits import Limits
from autograder.sandbox.student import Student
from autograder.suites.check_plugin import collect_checks
from autograder.suites.diagnosis import Diagnostician, misconceptions
from autograder.suites.judging import CheckProcess, run_suite
from autograder.suites.misconception import Misconception
from autograder.suites.variant import Variant


@dataclass(frozen=True)
class Row:
    """What the suite says of the reference as it is, with one mistake in it, or with right cells in place of its own.

    Attributes:
        misconception: The mistake, if there is one.
        statuses: Verdict of each check, by ``exercise.what_it_shows``.
        named: Whether the feedback names this very mistake, and no other.
        variant: The right cells, if it has such.
    """

    misconception: Misconception | None
    statuses: dict[str, str]
    named: bool = False
    variant: Variant | None = None

    @property
    def is_killed(self) -> bool:
        """Whether a check of its own exercise fails."""
        return bool(self.failed_checks(own=True))

    @property
    def strays(self) -> list[str]:
        """Checks of other exercises that fail, or faults of the grader; there should be none."""
        faults = [check for check, status in self.statuses.items() if status in ("error", "timeout")]
        return [*self.failed_checks(own=False), *faults]

    @property
    def rejected_by(self) -> list[str]:
        """Checks that are not passed; of right solutions there should be none."""
        return [check for check, status in self.statuses.items() if status != "passed"]

    def failed_checks(self, *, own: bool) -> list[str]:
        """Names of failed checks of the mistake's exercise, or of the others."""
        exercise = self.misconception.exercise if self.misconception else ""
        return [
            check
            for check, status in self.statuses.items()
            if status == "failed" and check.startswith(f"{exercise}.") == own
        ]


@dataclass(frozen=True)
class Matrix:
    """What is judged, one by one: the reference, the known mistakes, and right solutions that look unlike it.

    Attributes:
        assignment: Id of the assignment.
        source: Its source with solutions, into which each mistake is put.
        exercises: Names of its exercises, in order.
        secret: The course's secret.
        cache: Folder that keeps fingerprints of known mistakes.
        only: Exercises whose mistakes and right solutions are judged; all if none is named.
        right: Right solutions, if there are any.
    """

    assignment: str
    source: Path
    exercises: Sequence[str]
    secret: bytes
    cache: Path
    only: Sequence[str] = ()
    right: Sequence[Variant] = ()

    @property
    def variants(self) -> list[Variant]:
        """The right solutions that are judged."""
        return [each for each in self.right if any(map(self._is_chosen, each.cells))]

    @property
    def misconceptions(self) -> list[Misconception]:
        """Those that are judged, in the order of the exercises."""
        known = [each for each in misconceptions(self.assignment) if self._is_chosen(each.exercise)]
        return sorted(known, key=lambda each: self.exercises.index(each.exercise))

    @property
    def checks(self) -> list[str]:
        """Names of the checks of these exercises, in order."""
        found = [check for check in collect_checks(self.assignment) if self._is_chosen(check.exercise)]
        return [check.short_id for check in sorted(found, key=lambda check: self.exercises.index(check.exercise))]

    def judged(self, warm: WarmProcess) -> Iterator[Row]:
        """Judges the reference, then each mistake, then each right solution.

        Args:
            warm: Opens the sandbox.

        Raises:
            SandboxError: The sandbox fails, or the reference does not run.
        """
        diagnostician = Diagnostician(self.assignment, self.source, warm, self.secret, self.cache)
        limits = Limits()
        with warm.submission(limits) as submission:
            ran = submission.run_cell(0, self.source.read_text(encoding="utf-8"), limits.cell_seconds)
            if ran.error is not None:
                raise SandboxError(f"{self.source}: the reference does not run: {ran.error}: {ran.message}")
            yield Row(None, self._statuses(self._outcomes(submission.open_check)))
            for mistake in self.misconceptions:
                yield self._judge(mistake, submission, diagnostician)
            for variant in self.variants:
                outcomes = self._outcomes(_after(submission, variant.source))
                yield Row(None, self._statuses(outcomes), variant=variant)

    def _judge(self, mistake: Misconception, submission: SubmissionProcess, diagnostician: Diagnostician) -> Row:
        open_process = _after(submission, mistake.source)
        outcomes = self._outcomes(open_process)
        explained = diagnostician.diagnose(outcomes, open_process)
        names = {each.misconception for each in explained if each.exercise == mistake.exercise} - {None}
        return Row(mistake, self._statuses(outcomes), names == {mistake.id})

    def _outcomes(self, open_process: Callable[[], CheckProcess]) -> list[CheckOutcome]:
        return run_suite(self.assignment, open_process, self.secret, exercises=self.exercises)

    def _is_chosen(self, exercise: str) -> bool:
        return exercise in (self.only or self.exercises)

    def _statuses(self, outcomes: Sequence[CheckOutcome]) -> dict[str, str]:
        return {each.id.removeprefix(f"{self.assignment}."): each.status for each in outcomes}


def _after(submission: SubmissionProcess, source: str) -> Callable[[], CheckProcess]:
    """Opens processes of the reference in which ``source`` has run after it."""

    def open_process() -> CheckProcess:
        process = submission.open_check()
        Student(process).request("define", source=source)
        return process

    return open_process
