"""Bounds on rates, against the binomial distribution that defines them and against closed forms."""

import numpy as np
import pytest
from scipy.stats import binom

from autograder.calibration.bounds import CONFIDENCE, joint_failure, joint_pass, upper_bound


@pytest.mark.parametrize(("wrong", "runs"), [(0, 1), (0, 600), (1, 100), (7, 25), (24, 25)])
def test_at_the_bound_so_few_wrong_verdicts_are_as_rare_as_the_confidence_says(wrong, runs):
    assert binom.cdf(wrong, runs, upper_bound(wrong, runs)) == pytest.approx(1.0 - CONFIDENCE)


def test_without_wrong_verdicts_it_is_the_closed_form():
    assert upper_bound(0, 300) == pytest.approx(1.0 - 0.05 ** (1 / 300))
    assert upper_bound(0, 300) == pytest.approx(3 / 300, rel=0.01)  # the rule of three


def test_nothing_is_known_of_what_was_never_run_or_always_wrong():
    assert upper_bound(0, 0) == 1.0
    assert upper_bound([9, 10], 10).tolist() == [pytest.approx(1.0 - 0.05 / 10, abs=1e-3), 1.0]


def test_joint_bounds_are_those_of_independent_attempts():
    outcomes = np.random.default_rng(0).random((200_000, 3)) < 0.3  # three standard errors are 0.003
    assert joint_failure(0.3, 3) == pytest.approx(outcomes.all(axis=1).mean(), abs=0.003)
    assert joint_pass(0.3, 3) == pytest.approx(outcomes.any(axis=1).mean(), abs=0.003)
