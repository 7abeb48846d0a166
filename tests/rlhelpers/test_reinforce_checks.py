"""The visible checks of REINFORCE tell right implementations from wrong ones."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from autograder.suites.reinforce import oracles
from autograder.suites.reinforce.misconceptions import MISCONCEPTIONS
from rlhelpers.inline_checks import run_checks
from rlhelpers.stub import STUB_MESSAGE
from rlhelpers.visible_checks.reinforce import CASES, baseline, experience, loss, returns, training
from rlhelpers.visible_checks.reinforce.probes import linear_values
from solutions import reinforce
from tests.course.reinforce_variants import VARIANTS

SOLUTION = re.compile(r"^( *)# BEGIN SOLUTION\n.*?# END SOLUTION", re.DOTALL | re.MULTILINE)
# What a few small cases cannot show; the grader's checks do.
LEFT_TO_THE_GRADER = {
    "train": {"keeps_gradients", "new_optimizer_each_epoch", "remembers_all_episodes"},
}


def table(exercise, *cells):
    """The table of an exercise after the solutions and then these cells."""
    names = dict(vars(reinforce))
    for cell in cells:
        exec(compile(cell, "cell 1", "exec"), names)
    return run_checks("reinforce", exercise, names)


@pytest.mark.parametrize("exercise", CASES)
def test_the_solutions_pass(exercise):
    found = table(exercise)
    assert found.passed, str(found)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.id)
def test_right_solutions_of_another_kind_pass(variant):
    for exercise in variant.cells:
        found = table(exercise, *variant.cells.values())
        assert found.passed, str(found)


@pytest.mark.parametrize("misconception", MISCONCEPTIONS, ids=lambda each: f"{each.exercise}.{each.id}")
def test_known_mistakes_are_seen(misconception):
    passed = table(misconception.exercise, misconception.source).passed
    assert passed == (misconception.id in LEFT_TO_THE_GRADER.get(misconception.exercise, ()))


def test_unwritten_exercises_are_named():
    stub = f'raise NotImplementedError("{STUB_MESSAGE}")'
    source = SOLUTION.sub(lambda match: match[1] + stub, Path(reinforce.__file__).read_text(encoding="utf-8"))
    names = {"__name__": "notebook"}
    exec(compile(source, "notebook", "exec"), names)
    for exercise in CASES:
        assert {row.verdict for row in run_checks("reinforce", exercise, names).rows} == {"not written"}


def test_the_numbers_in_the_checks_are_those_of_the_definitions():
    assert oracles.loss(loss.LOG_PROB, loss.SCORE) == pytest.approx(loss.LOSS)
    np.testing.assert_allclose(oracles.loss_gradient(loss.SCORE), loss.GRADIENT)
    assert oracles.discounted_return(returns.REWARDS, 0.5) == returns.DISCOUNTED
    assert oracles.discounted_return(returns.INTEGERS, 0.5) == returns.DISCOUNTED_INTEGERS
    np.testing.assert_allclose(oracles.returns_to_go(returns.REWARDS, 0.5), returns.TO_GO)
    np.testing.assert_allclose(oracles.returns_to_go(returns.INTEGERS, 0.5), returns.TO_GO_INTEGERS)
    np.testing.assert_allclose(oracles.returns_to_go(baseline.TWO_STEPS[0], baseline.GAMMA), baseline.VALUES)
    totals = [sum(each) for each in training.REWARDS]
    assert [sum(totals[:2]) / 2, sum(totals[2:]) / 2] == training.MEANS
    np.testing.assert_allclose(np.concatenate([np.cumsum(each) for each in experience.REWARDS]), experience.SO_FAR)


def test_the_value_network_that_knows_knows():
    network = linear_values(2, *baseline.KNOWN)
    assert network(torch.tensor([[1.0, 1.0], [1.0, 2.0]])).tolist() == list(baseline.VALUES)
