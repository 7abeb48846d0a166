"""JudgedSuite: an assignment's hidden suite, run on its reference with some of the cells replaced; no sandbox."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, cast

from autograder.course import load_course
from autograder.report import CheckOutcome
from autograder.sandbox.cell_result import CellResult
from autograder.sandbox.door import WarmProcess
from autograder.sandbox.limits import Limits
from autograder.sandbox.loopback import LoopbackTransport, loopback_student
from autograder.sandbox.wire import decode, encode
from autograder.suites.diagnosis import Diagnostician, fingerprints, misconceptions
from autograder.suites.fingerprint import Print
from autograder.suites.judging import check_rng, run_suite
from autograder.suites.misconception import Misconception

ROOT = Path(__file__).parents[2]
COURSE = load_course(ROOT)
SECRET = b"0123456789abcdef0123456789abcdef"


class LoopbackWarm:
    """What a Diagnostician asks of a warm process and of a submission, in this very process.

    Args:
        open_check: Opens a process in which the reference has run.
    """

    versions = "loopback"

    def __init__(self, open_check: Callable[[], LoopbackTransport]) -> None:
        self.open_check = open_check

    def submission(self, _: Limits) -> AbstractContextManager[LoopbackWarm]:
        """Opens a submission, which here is the same object."""
        return nullcontext(self)

    def run_cell(self, *_: Any) -> CellResult:
        """The reference runs anew for each process."""
        return CellResult([], None, "", 1)


@dataclass(frozen=True)
class JudgedSuite:
    """The suite of one assignment.

    Attributes:
        assignment: Its id.
    """

    assignment: str
    _outcomes: dict[str, tuple[CheckOutcome, ...]] = field(default_factory=dict)

    @property
    def exercises(self) -> tuple[str, ...]:
        """Names of the exercises, in order."""
        return COURSE.assignment(self.assignment).exercises

    def misconceptions(self, exercise: str) -> list[Misconception]:
        """The known mistakes in an exercise."""
        return [each for each in misconceptions(self.assignment) if each.exercise == exercise]

    def notebook(self, *cells: str) -> dict[str, Any]:
        """Global names after the reference and then these cells have run."""
        module = types.ModuleType("submission")
        sys.modules["submission"] = module  # where NamedTuple and dataclass look for the class's module
        source = COURSE.source(COURSE.assignment(self.assignment)).read_text(encoding="utf-8")
        for text in (source, *cells):
            exec(compile(text, "cell 1", "exec"), vars(module))
        return vars(module)

    def process(self, *cells: str) -> LoopbackTransport:
        """A process in which the reference and then these cells have run."""
        return LoopbackTransport(self.notebook(*cells))

    def judge(self, *cells: str) -> tuple[CheckOutcome, ...]:
        """Outcomes of all checks for the reference with these cells after it; the same cells are judged once."""
        key = "\0".join(cells)
        if key not in self._outcomes:
            self._outcomes[key] = tuple(
                run_suite(
                    self.assignment,
                    partial(self.process, *cells),
                    SECRET,
                    exercises=self.exercises,
                )
            )
        return self._outcomes[key]

    def diagnosed(self, mistakes: Sequence[Misconception], cache: Path) -> dict[str, set[str | None]]:
        """What the feedback names when each of these mistakes is handed in, by the mistake's id.

        Args:
            mistakes: Of one exercise.
            cache: Folder that keeps fingerprints of known mistakes, as a course does.

        Returns:
            For each mistake, what its failed checks are explained by; None where nothing is named.
        """
        source = COURSE.source(COURSE.assignment(self.assignment))
        warm = cast(WarmProcess, LoopbackWarm(self.process))
        diagnostician = Diagnostician(self.assignment, source, warm, SECRET, cache)
        named = {}
        for each in mistakes:
            explained = diagnostician.diagnose(self.judge(each.source), partial(self.process, each.source))
            named[each.id] = {outcome.misconception for outcome in explained if outcome.status == "failed"}
        return named

    def names(self, outcomes: tuple[CheckOutcome, ...], *statuses: str) -> list[str]:
        """Names ``exercise.check`` of the outcomes with one of these statuses."""
        return [each.id.removeprefix(f"{self.assignment}.") for each in outcomes if each.status in statuses]

    def take(self, exercise: str, *cells: str) -> Print:
        """Fingerprint of an exercise, as the cache of known fingerprints keeps it."""
        rng = check_rng(SECRET, f"{self.assignment}.{exercise}.fingerprint")
        found = fingerprints(self.assignment)[exercise](loopback_student(self.notebook(*cells)), rng)
        kept: Print = decode(encode(found))
        return kept
