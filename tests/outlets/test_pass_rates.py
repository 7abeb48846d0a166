"""Discrimination, against the textbook's formula of the point-biserial correlation."""

from __future__ import annotations

import math
import statistics

import pytest

from autograder.outlets.pass_rates import FEWEST_JUDGED, discriminations, pass_rates
from autograder.report import GradeReport
from tests.outlets.sample_reports import BONUS, SUITE, not_written, report, school_class


def point_biserial(items: list[bool], rest: list[float]) -> float:
    """(mean of those that passed - mean of the others) / standard deviation * sqrt(p q)."""
    passed = [value for item, value in zip(items, rest, strict=True) if item]
    failed = [value for item, value in zip(items, rest, strict=True) if not item]
    share = len(passed) / len(items)
    difference = statistics.fmean(passed) - statistics.fmean(failed)
    return difference / statistics.pstdev(rest) * math.sqrt(share * (1 - share))


CLASS = [each for each in school_class(120) if each.checks]


@pytest.mark.parametrize("check_id", ["ppo.critic_loss.gradient", "ppo.Actor.builds", "ppo.compute_gae.known_vector"])
def test_a_check_is_correlated_with_the_points_in_all_other_checks(check_id: str) -> None:
    items, rest = [], []
    for each in CLASS:
        (check,) = [check for check in each.checks if check.id == check_id]
        if check.status in ("passed", "failed", "timeout"):  # judged
            items.append(check.status == "passed")
            rest.append(sum(other.points for other in each.checks if other.id != check_id))
    assert discriminations(CLASS)[0][check_id] == pytest.approx(point_biserial(items, rest))


def test_an_exercise_is_correlated_with_the_points_in_all_others() -> None:
    judged = [
        each
        for each in CLASS
        if any(c.exercise == "rollout" and c.status in ("passed", "failed", "timeout") for c in each.checks)
    ]
    own = [sum(c.points for c in each.checks if c.exercise == "rollout") for each in judged]
    rest = [sum(c.points for c in each.checks if c.exercise != "rollout") for each in judged]
    assert discriminations(CLASS)[1]["rollout"] == pytest.approx(statistics.correlation(own, rest))


def test_what_everybody_passes_or_few_answer_has_no_discrimination() -> None:
    everybody = [report(f"student-{number}") for number in range(30)]
    assert discriminations(everybody) == ({}, {})
    few = CLASS[: FEWEST_JUDGED - 1]
    assert discriminations(few) == ({}, {})


def test_an_item_that_the_weak_pass_and_the_strong_fail_is_marked() -> None:
    strong = [report(f"student-a{n}", not_written("entropy_loss")) for n in range(10)]
    weak = [report(f"student-b{n}", not_written("actor_loss") | not_written("rollout")) for n in range(10)]
    parts = {part.name: part for part in pass_rates([*strong, *weak], tuple(SUITE), (BONUS,))}
    assert parts["entropy_loss"].tally.discrimination == pytest.approx(-1.0)
    assert parts["entropy_loss"].tally.is_weak
    assert parts["make_env"].tally.discrimination is None
    assert not parts["make_env"].tally.is_weak


def test_reports_of_suites_that_differ_can_be_counted_together() -> None:
    shorter: list[GradeReport] = [report(f"student-{n}", checks=report().checks[:5]) for n in range(12)]
    parts = {part.name: part for part in pass_rates([*CLASS, *shorter], tuple(SUITE), (BONUS,))}
    assert parts["make_env"].tally.total == len(CLASS) + 12
    assert parts["rollout"].tally.total == len(CLASS)
