"""ScoredAgent: the agent of a submission that counts, among those that were played."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from autograder.outlets.claimed_numbers import number, numbers
from autograder.report import GradeReport


@dataclass(frozen=True)
class ScoredAgent:
    """What it has reached.

    Attributes:
        mean: Mean return of its episodes.
        spread: Their standard deviation.
        threshold: The return to reach; None: there is none.
    """

    mean: float
    spread: float
    threshold: float | None

    @property
    def reaches(self) -> bool | None:
        """Whether the mean reaches the threshold; None: there is none."""
        return None if self.threshold is None else self.mean >= self.threshold


def scored_agent(report: GradeReport) -> ScoredAgent | None:
    """The agent that counts; in a report that does not say which, the first one. None: none was played."""
    facts = [fact for fact in report.evidence if fact.get("kind") == "episode_returns"]
    for fact in sorted(facts, key=lambda fact: fact.get("counts") is not True):
        if returns := numbers(fact.get("returns")):
            mean, spread = statistics.fmean(returns), statistics.pstdev(returns)
            return ScoredAgent(mean, spread, number(fact.get("threshold")))
    return None
