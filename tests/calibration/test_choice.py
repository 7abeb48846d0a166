"""Thresholds chosen for outcomes whose distributions are known."""

import numpy as np
import pytest

from autograder.calibration.bounds import joint_pass, upper_bound
from autograder.calibration.choice import choose
from autograder.suites.calibrated import FALSE_PASSES

RNG = np.random.default_rng(1)


def normal(mean, runs, std=0.05):
    return RNG.normal(mean, std, runs)


def told_apart(choice, broken):
    """Of each broken trainer, whether its false passes are as rare as they have to be."""
    bounds = [upper_bound(int((each >= choice.threshold).sum()), len(each)) for each in broken]
    return [float(joint_pass(bound, choice.attempts)) <= FALSE_PASSES for bound in bounds]


def test_what_is_far_apart_is_told_apart_in_the_middle_of_the_gap():
    broken = [np.zeros(600), normal(0.1, 600), np.full(600, -np.inf)]
    choice = choose([normal(1.0, 300), normal(0.9, 100)], broken)
    assert choice is not None
    assert told_apart(choice, broken) == [True, True, True]
    assert choice.attempts == 2  # 100 runs without a failure leave 2.95%, and 0.087% for two in a row
    assert choice.threshold == pytest.approx(0.5, abs=0.1)


def test_a_broken_trainer_that_does_as_well_as_the_right_one_is_not_told_apart():
    broken = [normal(1.0, 600), np.zeros(600)]
    choice = choose([normal(1.0, 300)], broken)
    assert choice is not None
    assert told_apart(choice, broken) == [False, True]
    assert 0.0 < choice.threshold < 0.95


def test_few_runs_of_a_broken_trainer_prove_nothing_but_the_threshold_is_still_between():
    choice = choose([normal(1.0, 300)], [np.zeros(100)])
    assert choice is not None
    assert told_apart(choice, [np.zeros(100)]) == [False]
    assert choice.threshold == pytest.approx(0.5, abs=0.1)


def test_a_right_trainer_that_seldom_fails_gets_another_attempt():
    right = np.concatenate([np.ones(990), np.zeros(10)])
    choice = choose([right], [np.full(3000, 0.1)])
    assert choice is not None
    assert choice.attempts == 2
    assert 0.1 < choice.threshold < 1.0
    assert told_apart(choice, [np.full(3000, 0.1)]) == [True]


def test_there_is_no_threshold_where_too_few_runs_of_a_right_trainer_are_known():
    assert choose([np.ones(20)], [np.zeros(600)]) is None
    assert choose([np.where(np.arange(1000) % 4 == 0, -np.inf, 1.0)], [np.zeros(600)]) is None


def test_error_rates_are_kept_on_fresh_outcomes():
    """With the true distributions: 0.1% and 1% are far from what is seen when two standard normals are 10 apart."""
    choice = choose([normal(10.0, 300, 1.0)], [normal(0.0, 600, 1.0)])
    assert choice is not None
    right, broken = (normal(mean, (20_000, choice.attempts), 1.0) for mean in (10.0, 0.0))
    assert (right < choice.threshold).all(axis=1).mean() <= 0.001
    assert (broken >= choice.threshold).any(axis=1).mean() <= 0.01
