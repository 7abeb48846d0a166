"""The training of a class, the attention it needs and its cost, recounted from the reports."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import pytest

from autograder.message import in_language, message
from autograder.outlets.attention import worth_a_look
from autograder.outlets.class_cost import class_cost
from autograder.outlets.class_training import MAX_CURVES, class_training
from autograder.report import GradeReport
from tests.outlets.sample_reports import SUITE, not_written, report, school_class, ungradable

STEPS = list(range(100, 1100, 100))
BAND = {"steps": STEPS, "low": [50.0] * 10, "high": [150.0] * 10}


def trained(student: str, end: float, *facts: dict[str, Any], threshold: float | None = 100.0) -> GradeReport:
    """A student whose runs end at ``end``."""
    curve = {"kind": "learning_curve", "steps": STEPS, "returns": [end * step / 1000 for step in STEPS], "band": BAND}
    agent = {"kind": "episode_returns", "returns": [end - 1.0, end + 1.0], "threshold": threshold}
    return report(student, evidence=(curve, agent, *facts))


def test_the_leaderboard_has_the_best_agents_first_and_says_who_reaches_the_threshold() -> None:
    ends = [30.0, 120.0, 99.0, 250.0, -4.0]
    reports = [trained(f"student-{number}", end) for number, end in enumerate(ends)] + [
        report("student-9"),
        ungradable(),
    ]
    training = class_training(reports, None, "en")
    assert [place.agent.mean for place in training.places] == sorted(ends, reverse=True)
    assert [place.agent.reaches for place in training.places] == [True, True, False, False, False]
    assert {place.agent.spread for place in training.places} == {1.0}
    assert training.agents is not None
    assert training.agents.drawing.count("<circle") == 5


def test_runs_that_end_below_the_reference_are_counted() -> None:
    training = class_training(
        [trained(f"student-{n}", end) for n, end in enumerate([10.0, 49.0, 51.0, 400.0])], None, "en"
    )
    (curves,) = training.curves
    assert curves.caption == "Runs that end below most of the reference's: 2 of 4."
    assert curves.drawing.count('class="curve thin"') == 4


def test_runs_of_a_check_are_drawn_apart_from_those_of_the_agents() -> None:
    of_check = {"kind": "learning_curve", "check": "ppo.PPOTrainer.learns", "steps": STEPS, "returns": [0.5] * 10}
    agents, check = class_training(
        [trained("student-1", 120.0, of_check), trained("student-2", 20.0)], None, "en"
    ).curves
    assert [each.drawing.count('class="curve thin"') for each in (agents, check)] == [2, 1]
    assert check.caption.startswith("Short runs of the check ppo.PPOTrainer.learns: 1. They have the same seeds")


def test_agents_of_several_origins_are_told_apart_and_the_one_that_counts_is_shown() -> None:
    """A weak agent that was handed in, and a good one after the short run of the trainer, with a band of its own."""
    handed_in = message("{whose}.", whose="The agent that was handed in")
    short_band = BAND | {"low": [5.0] * 10, "high": [15.0] * 10}
    after_run = message("{whose}.", whose="The agent after a short run")
    short_curve: dict[str, Any] = {"kind": "learning_curve", "text": after_run, "steps": STEPS, "returns": [10.0] * 10}
    short_curve |= {"band": short_band}
    better = {"kind": "episode_returns", "returns": [2100.0, 2300.0], "threshold": 3000.0, "counts": True}
    curve = {"kind": "learning_curve", "text": handed_in, "steps": STEPS, "returns": [100.0] * 10, "band": BAND}
    agent = {"kind": "episode_returns", "returns": [100.0], "threshold": 3000.0}
    training = class_training([report("student-1", evidence=(curve, agent, short_curve, better))], None, "en")
    assert [place.agent.mean for place in training.places] == [2200.0]
    assert [each.caption for each in training.curves] == [
        "The agent that was handed in. Runs that end below most of the reference's: 0 of 1.",
        "The agent after a short run. Runs that end below most of the reference's: 0 of 1.",
    ]


def test_a_large_class_is_drawn_by_some_of_its_runs_the_best_and_worst_among_them() -> None:
    training = class_training([trained(f"student-{n}", float(n)) for n in range(1, 351)], None, "en")
    (curves,) = training.curves
    assert curves.drawing.count('class="curve thin"') == MAX_CURVES
    assert curves.caption.endswith("of 350.")
    assert len(training.places) == 10


def test_films_of_the_best_are_shown(tmp_path: Path) -> None:
    film = {"kind": "video", "path": "rollout.mp4"}
    reports = [trained(f"student-{number}", float(number), film) for number in range(6)]
    for number in (0, 1, 2, 3, 5):  # that of student-4 is missing
        folder = tmp_path / f"student-{number}" / "ppo"
        folder.mkdir(parents=True)
        (folder / "rollout.mp4").write_bytes(b"film")
    training = class_training(reports, tmp_path, "en")
    assert [student for student, _ in training.films] == ["student-5", "student-3", "student-2"]


def test_a_class_without_evidence_or_with_broken_evidence_has_no_training() -> None:
    broken = report(evidence=({"kind": "learning_curve"}, {"kind": "episode_returns", "returns": "many"}))
    training = class_training([report(), broken], None, "en")
    assert (training.curves, training.agents, training.places, training.films) == ((), None, (), ())


def test_who_is_worth_a_look_and_why() -> None:
    nothing = {exercise: {"status": "failed", "message": "no"} for exercise in SUITE}
    blocked = {exercise: {"status": "blocked", "message": "no"} for exercise in list(SUITE)[1:]}
    slow = {exercise: {"status": "timeout", "message": "slow"} for exercise in ("rollout", "evaluate")}
    reports = [
        report("student-1", nothing),
        report("student-2", blocked),
        report("student-3", slow),
        report("student-4", late=1.0),
        report("student-5", not_written("rollout"), late=0.5),
        ungradable("student-6"),
    ]
    found = {str(reason).split()[0]: [each.student for each in who] for reason, who in worth_a_look(reports).items()}
    assert found == {"No": ["student-1"], "More": ["student-2"], "3": ["student-3"], "Handed": ["student-4"]}


def test_reasons_can_be_translated() -> None:
    (reason,) = worth_a_look([report(late=1.0)])
    assert in_language(reason, str.upper) == str(reason).upper()


def test_cost_is_what_the_reports_say() -> None:
    reports = school_class(100)
    cost = class_cost(reports)
    seconds = [each.seconds for each in reports]
    assert cost.total == pytest.approx(sum(seconds))
    assert cost.median == pytest.approx(statistics.median(seconds))
    assert sum(each <= cost.high for each in seconds) == 95
    assert cost.longest == max(seconds) == cost.slowest[0].seconds
    assert cost.checks[0].total == pytest.approx(0.02 * sum(bool(each.checks) for each in reports))
    assert class_cost([]).total == 0.0
