"""Calibrations of the suites: each belongs to the present reference, and what it promises follows from its counts."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from autograder.calibration.digests import measuring_digest, reference_digest
from autograder.calibration.plan import Group, is_judged, trainers
from autograder.sandbox.loopback import loopback_student
from autograder.suites.calibrated import FALSE_FAILURES, FALSE_PASSES, calibrated_check, read_calibration
from autograder.suites.check_plugin import collect_checks
from autograder.suites.training_check import training_checks, untrained
from tests.course.judged_suite import COURSE, JudgedSuite

CHECKS = {
    each.id: each
    for name, assignment in COURSE.assignments.items()
    if assignment.exercises
    for each in training_checks(name)
}
ASSIGNMENTS = sorted({check.assignment for check in CHECKS.values()})
RIGHT = ("reference", "right")
for_each_check = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)


def calibrated(check):
    return calibrated_check(check.assignment, check.id)


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_a_calibration_belongs_to_the_present_code(name):
    """If not: `autograder calibrate <assignment> --variants tests.course.<assignment>_variants`."""
    calibration = read_calibration(name)
    assert calibration.reference == reference_digest(COURSE.source(COURSE.assignment(name)))
    assert calibration.measuring == measuring_digest(name)
    assert {each.id for each in calibration.checks} == {each.id for each in training_checks(name)}
    assert {each.id for each in calibration.checks} <= {each.id for each in collect_checks(name)}


@for_each_check
def test_it_was_made_with_the_misconceptions_as_they_are(check):
    group = Group((check,), calibrated(check).budget)
    known = {each.name: each.digest for each in trainers(group, ()) if is_judged(check, each)}
    measured = {each.name: each.source for each in calibrated(check).trainers if each.kind != "right"}
    assert measured == known


@for_each_check
def test_bounds_are_those_of_the_counts(check):
    for each in calibrated(check).trainers:
        wrong = each.runs - each.reached if each.kind in RIGHT else each.reached
        if wrong < each.runs:
            assert binom.cdf(wrong, each.runs, each.run_bound) == pytest.approx(0.05, rel=1e-3)
        else:
            assert each.run_bound == 1.0
        attempts = calibrated(check).attempts
        joint = each.run_bound**attempts if each.kind in RIGHT else 1.0 - (1.0 - each.run_bound) ** attempts
        assert each.joint_bound == pytest.approx(joint)
        assert each.is_told_apart == (joint <= (FALSE_FAILURES if each.kind in RIGHT else FALSE_PASSES))


@for_each_check
def test_counts_go_with_quantiles(check):
    for each in calibrated(check).trainers:
        assert len(each.quantiles) in (0, len(read_calibration(check.assignment).quantiles))
        assert list(each.quantiles) == sorted(each.quantiles)
        if each.quantiles and each.reached == 0:
            assert each.quantiles[-1] < calibrated(check).threshold + 1e-6
        if each.quantiles and each.reached == each.runs:
            assert each.quantiles[0] >= calibrated(check).threshold - 1e-6


@for_each_check
def test_no_right_trainer_fails_more_often_than_allowed(check):
    right = [each for each in calibrated(check).trainers if each.kind in RIGHT]
    assert right[0].name == "reference"
    assert [each.name for each in right if not each.is_told_apart] == []


@for_each_check
def test_broken_trainers_are_told_apart_or_caught_elsewhere(check):
    broken = [each for each in calibrated(check).trainers if each.kind not in RIGHT]
    assert sum(each.kind == "broken" for each in broken) >= 8
    missed = [each for each in broken if not each.is_told_apart]
    # Where no run at all reached the threshold, the check itself catches it; runs were too few to promise 1%.
    assert [each.name for each in missed if each.reached and not each.caught_by] == []
    known = {each.id for each in collect_checks(check.assignment)}
    assert {name for each in missed for name in each.caught_by} <= known - {check.id}


@for_each_check
def test_the_reference_passes_with_other_seeds_and_the_untrained_one_does_not(check):
    """Three seeds that no calibration has; the reference misses one with a probability of 1% or less."""
    suite = JudgedSuite(check.assignment)
    run = check.with_budget(calibrated(check).budget)
    reference, idle = (suite.notebook(*cells) for cells in ((), (untrained(check.assignment)[check.exercise],)))

    def outcomes(notebook):
        rngs = (np.random.default_rng((404, seed)) for seed in range(3))
        return [check.outcome(run(loopback_student(notebook), rng)) for rng in rngs]

    threshold = calibrated(check).threshold
    assert max(outcomes(reference)) >= threshold
    if next(each for each in calibrated(check).trainers if each.kind == "untrained").is_told_apart:
        assert max(outcomes(idle)) < threshold


@for_each_check
def test_curves_have_a_band_that_is_as_long_as_the_curve(check):
    band = calibrated(check).band
    assert (band is None) == (check.curve is None)
    if band is not None:
        assert len(band.steps) == len(band.low) == len(band.high) > 1
        assert all(low <= high for low, high in zip(band.low, band.high, strict=True))
        assert list(band.steps) == sorted(band.steps)


def test_a_wrong_threshold_would_be_noticed():
    """The tests above can fail: a trainer whose count is changed no longer fits its bound."""
    check = calibrated(next(iter(CHECKS.values())))
    lying = replace(check.trainers[0], reached=check.trainers[0].runs - 20)
    wrong = lying.runs - lying.reached
    assert binom.cdf(wrong, lying.runs, lying.run_bound) != pytest.approx(0.05, rel=1e-3)
