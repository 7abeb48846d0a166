"""Checks of ``discounted_return``."""

import numpy as np
import pytest

from autograder.message import message
from autograder.suites import expect
from autograder.suites.reinforce import oracles

pytestmark = pytest.mark.exercise("discounted_return")


def draw(rng, steps):
    """Rewards [steps] of both signs."""
    return rng.normal(1.0, 2.0, steps).round(3)


def expect_right(student, rewards, gamma, what):
    """Compares with the definition."""
    received = student.discounted_return(rewards, gamma)
    expect.close(received, oracles.discounted_return(rewards, gamma), what, rtol=1e-6)


@pytest.mark.points(0.25)
@pytest.mark.hint("Reward t, counted from 0, has the weight gamma**t: the first one counts in full.")
def test_is_the_discounted_sum(student, rng):
    """Rewards are weighed by powers of gamma and summed."""
    for steps, gamma in ((3, 0.5), (9, 0.9)):
        expect_right(student, draw(rng, steps).tolist(), gamma, "the discounted return")


@pytest.mark.points(0.125)
@pytest.mark.hint("Sum the rewards as they are: no mean, no division by weights or by the number of steps.")
def test_without_discount_it_is_the_sum(student, rng):
    """With gamma 1 it is the plain sum."""
    expect_right(student, draw(rng, 7).tolist(), 1.0, "the return with gamma 1")


@pytest.mark.points(0.125)
@pytest.mark.hint("The discount of the first reward is gamma**0 = 1, also for gamma = 0.")
def test_with_gamma_0_it_is_the_first_reward(student, rng):
    """With gamma 0 only the first reward counts."""
    expect_right(student, (draw(rng, 5) + 10.0).tolist(), 0.0, "the return with gamma 0")


@pytest.mark.points(0.125)
@pytest.mark.hint("Use the argument gamma, not a number or a global.")
def test_gamma_is_an_argument(student, rng):
    """The same rewards with several discounts, also by keyword."""
    rewards = draw(rng, 6).tolist()
    for gamma in (0.25, 0.75, 0.99):
        received = student.discounted_return(rewards=rewards, gamma=gamma)
        right = oracles.discounted_return(rewards, gamma)
        expect.close(received, right, "the return with another gamma", rtol=1e-6)


@pytest.mark.points(0.125)
@pytest.mark.hint("Integer arrays cut off what is written into them: sum up in floats.")
def test_integer_rewards(student, rng):
    """Integers, in a list or in an array, are rewards like others."""
    rewards = rng.integers(1, 6, 6)
    for given in (rewards.tolist(), rewards):
        expect_right(student, given, 0.7, "the discounted return of integer rewards")


@pytest.mark.points(0.125)
@pytest.mark.hint("Only loop over the rewards or index them: that works for lists and for arrays.")
def test_lists_and_arrays(student, rng):
    """An array gives the same as a list, and one step is enough."""
    rewards = draw(rng, 8)
    expect_right(student, rewards, 0.8, "the discounted return of an array")
    expect_right(student, rewards[:1].tolist(), 0.8, "the discounted return of one step")


@pytest.mark.points(0.0625)
@pytest.mark.hint("return float(...): one number, and no array.")
def test_is_a_float(student, rng):
    """What comes back is a Python float, for an array, too."""
    for rewards in (draw(rng, 4), draw(rng, 4).tolist()):
        received = student.discounted_return(rewards, 0.9)
        text = message("the discounted return: expected a Python float, received {kind}", kind=expect.kind(received))
        expect.that(type(received) is float, text)


@pytest.mark.points(0.0625)
@pytest.mark.hint("No *=, pop() or reverse() on the argument: the caller needs the rewards again.")
def test_leaves_its_argument_unchanged(student, rng):
    """List and array are the same after the call."""
    rewards = draw(rng, 6)
    for name, given in (("builtins.list", rewards.tolist()), ("numpy.array", rewards)):
        inside = student.library(name, given)
        student.discounted_return(inside, 0.9)
        found = np.asarray(inside.value())
        expect.same(found, rewards, "rewards: expected to be left as given, received changed values")
