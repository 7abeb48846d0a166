"""results.json, checked against the words and types of Gradescope's specification."""

from __future__ import annotations

import json
import math

import pytest

from autograder.outlets.gradescope_results import gradescope_results
from autograder.outlets.visibility import Visibility
from autograder.sandbox.levels import LEVELS
from tests.outlets.sample_reports import BONUS, report, school_class, typical, ungradable

TOP = {"score", "execution_time", "output", "output_format", "visibility", "stdout_visibility", "extra_data"}
TOP |= {"tests", "leaderboard"}
TEST = {"score", "max_score", "status", "name", "number", "output", "output_format", "tags", "visibility", "extra_data"}
VISIBILITIES = {"visible", "hidden", "after_due_date", "after_published"}


def test_only_words_and_types_of_the_specification_are_used() -> None:
    for each in [typical(), ungradable(), *school_class(10)]:
        results = json.loads(json.dumps(gradescope_results(each, (BONUS,)), allow_nan=False))
        assert set(results) <= TOP
        assert results["visibility"] in VISIBILITIES
        assert results["stdout_visibility"] in VISIBILITIES
        for test in results["tests"]:
            assert set(test) <= TEST
            assert test["status"] in {"passed", "failed"}
            assert 0 <= test["score"] <= test["max_score"]
            assert all(isinstance(test[key], str) for key in ("name", "number", "output", "visibility"))


def test_the_score_is_the_total_and_the_tests_add_up_to_it_before_lateness() -> None:
    for each in [typical(), report(late=0.5)]:
        results = gradescope_results(each, (BONUS,))
        assert results["score"] == pytest.approx(each.total)
        points = math.fsum(test["score"] for test in results["tests"])
        assert points == pytest.approx(each.total + each.late_penalty)


def test_visibility_holds_for_each_test_and_the_whole_and_output_of_the_run_is_never_shown() -> None:
    results = gradescope_results(typical(), visibility=Visibility.after_published)
    assert {results["visibility"], *(test["visibility"] for test in results["tests"])} == {"after_published"}
    assert results["stdout_visibility"] == "hidden"


def test_what_a_person_has_to_look_at_says_so_first() -> None:
    results = gradescope_results(ungradable(reason="ppo.ipynb is not JSON."))
    assert results["output"].startswith("A person has to look at this; the score of 0 only stands in for a grade.")
    assert "ppo.ipynb is not JSON." in results["output"]
    assert results["extra_data"]["status"] == "needs_attention"


@pytest.mark.parametrize("level", [level.name for level in LEVELS])
def test_isolation_that_stops_less_is_named(level: str) -> None:
    output = gradescope_results(report(isolation=level))["output"]
    assert (f"“{level}”" in output) == (level not in ("namespaces", "bubblewrap"))
    unread = gradescope_results(ungradable(reason="no notebook"))["output"]
    assert "isolation" not in unread  # none was needed: nothing of the student's has run


def test_texts_are_in_the_language_of_the_hand_in() -> None:
    results = gradescope_results(report(late=0.5, language="ru"))
    assert "Обязательные упражнения 5, бонус 1" in results["output"]


def test_the_leaderboard_has_the_agent_that_counts() -> None:
    """A file with a share of the points by its return, and a short run with a larger one for having learned."""
    file = {"kind": "episode_returns", "returns": [1400.0, 1600.0]}
    run = {"kind": "episode_returns", "returns": [190.0, 210.0], "counts": True}
    results = gradescope_results(report(evidence=(file, run)))
    assert results["leaderboard"] == [{"name": "return", "value": 200.0, "order": "desc"}]
    assert gradescope_results(report(evidence=(file,)))["leaderboard"][0]["value"] == 1500.0
    assert gradescope_results(report())["leaderboard"] == []
