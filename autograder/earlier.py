"""Earlier: the report of an earlier run, by a suite that has changed since, of which some verdicts still hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.errors import InputError
from autograder.policy_task import POLICY
from autograder.provenance import KIND as PROVENANCE
from autograder.report import CheckOutcome, GradeReport, read_report
from autograder.suites.verdict import OUT_OF_TIME, Check

KIND = "taken_over"


@dataclass(frozen=True)
class Earlier:
    """What an earlier run found out.

    Attributes:
        report: Its report.
        changed: Exercises whose checks or known mistakes have changed since.
        at: When it was judged, ISO 8601.
        video: Of the agent that was scored, or no bytes.
    """

    report: GradeReport
    changed: frozenset[str]
    at: str
    video: bytes = b""

    def verdicts(self, checks: Sequence[Check], outcomes: Sequence[CheckOutcome]) -> list[CheckOutcome]:
        """The verdicts on an exercise if they still hold; else none.

        Args:
            checks: The checks of the exercise.
            outcomes: Of the checks before them, today.
        """
        then = {each.id: each for each in self.report.checks}
        passed = [
            {each.id.partition(".")[2] for each in found if each.status == "passed"}
            for found in (then.values(), outcomes)
        ]
        needs = {name for each in checks for name in each.needs} - {each.short_id for each in checks}
        holds = passed[0] & needs == passed[1] & needs and checks[0].exercise not in self.changed
        return [then[each.id] for each in checks] if holds and then.keys() >= {each.id for each in checks} else []

    def exercises(self, outcomes: Sequence[CheckOutcome]) -> set[str]:
        """Those whose outcomes are of this run, not merely equal to them."""
        own = set(map(id, self.report.checks))
        return {each.exercise for each in outcomes if id(each) in own}

    def agent(self, outcomes: Sequence[CheckOutcome]) -> tuple[CheckOutcome | None, tuple[dict[str, Any], ...]] | None:
        """Outcome and evidence of the agent's score, if each check came to the same then; else it is scored again."""
        scored = next((each for each in self.report.checks if each.exercise == POLICY), None)
        then = {each.id: each.status for each in self.report.checks if each is not scored}
        if then != {each.id: each.status for each in outcomes}:
            return None
        return scored, tuple(fact for fact in self._found_out() if "check" not in fact and fact["kind"] != KIND)

    def shown(self, exercises: Collection[str]) -> dict[str, dict[str, Any]]:
        """By check of these exercises: what it had to show beside its verdict."""
        checks = {each.id for each in self.report.checks if each.exercise in exercises}
        return {fact["check"]: fact for fact in self._found_out() if fact.get("check") in checks}

    def record(self, exercises: Collection[str]) -> dict[str, Any]:
        """The evidence of which exercises' verdicts were taken over: from when, and by which suite."""
        before = taken_over(self.report)
        own = {"at": self.at, "suite": self.report.versions.get("suite", "")}
        return {"kind": KIND, "exercises": {name: before.get(name, own) for name in sorted(exercises)}}

    def _found_out(self) -> Iterator[dict[str, Any]]:
        """Evidence of checks and agents: what follows the provenance."""
        kinds = [fact["kind"] for fact in self.report.evidence]
        return iter(self.report.evidence[kinds.index(PROVENANCE) + 1 :])


def taken_over(report: GradeReport) -> dict[str, dict[str, str]]:
    """By exercise whose verdicts come from an earlier run: ``{"at": ..., "suite": ...}``."""
    return next((fact["exercises"] for fact in report.evidence if fact["kind"] == KIND), {})


def read_earlier(folder: Path, changed: frozenset[str]) -> Earlier | None:
    """Reads what an earlier run has left of a submission, if verdicts may be taken over from it.

    Args:
        folder: ``RESULTS/<student>/<assignment>``.
        changed: Exercises whose checks or known mistakes have changed since.
    """
    try:
        report = read_report(folder / "report.json")
        if report.status != "graded" or any(map(_hangs_on_time, report.checks)):
            return None
        at = datetime.fromtimestamp((folder / "executed.ipynb").stat().st_mtime, UTC)  # the report may be a later one
        videos = [folder / fact["path"] for fact in report.evidence if fact["kind"] == "video"]
        return Earlier(report, changed, at.isoformat(timespec="seconds"), b"".join(map(Path.read_bytes, videos)))
    except (InputError, OSError):
        return None


def _hangs_on_time(outcome: CheckOutcome) -> bool:
    return outcome.status == "timeout" or outcome.message == OUT_OF_TIME.message
