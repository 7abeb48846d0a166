"""Checks of ``returns_to_go``."""

import numpy as np
import pytest

from autograder.sandbox.wire import Tensor
from autograder.suites import expect
from autograder.suites.reinforce import oracles

pytestmark = pytest.mark.exercise("returns_to_go")


def draw(rng, steps):
    """Rewards [steps] of both signs."""
    return rng.normal(1.0, 2.0, steps).round(3)


def numbers(received):
    """An array of what came back: an array, a tensor, or a list of numbers."""
    if isinstance(received, list) and all(isinstance(each, float | int | np.ndarray | Tensor) for each in received):
        return np.array([float(expect.number(each, "a return-to-go")) for each in received])
    return expect.as_array(received, "the returns-to-go")


def expect_right(student, rewards, gamma, what):
    """Compares with the definition."""
    received = numbers(student.returns_to_go(rewards, gamma))
    expect.close(received, oracles.returns_to_go(rewards, gamma), what, rtol=1e-5, atol=1e-6)


@pytest.mark.points(0.25)
@pytest.mark.hint("From the last step to the first: G[t] = r[t] + gamma * G[t + 1], and G is 0 after the last step.")
def test_is_the_discounted_sum_from_each_step_on(student, rng):
    """Element t sums the rewards from step t on, r[t] with the weight 1."""
    for steps, gamma in ((3, 0.5), (9, 0.9)):
        expect_right(student, draw(rng, steps).tolist(), gamma, "the returns-to-go")


@pytest.mark.points(0.125)
@pytest.mark.hint("A reward of step t counts in the elements 0 to t, and in none after it.")
def test_later_steps_know_nothing_of_earlier_rewards(student, rng):
    """Other rewards at the beginning change nothing after them."""
    rewards = draw(rng, 7)
    changed = rewards + np.array([5.0, -3.0, 8.0, 0.0, 0.0, 0.0, 0.0])
    expect_right(student, changed.tolist(), 0.8, "the returns-to-go after other rewards at the beginning")
    found = [numbers(student.returns_to_go(each.tolist(), 0.8)) for each in (rewards, changed)]
    expect.close(found[1][3:], found[0][3:], "the returns-to-go of the later steps")


@pytest.mark.points(0.125)
@pytest.mark.hint("Each element starts with its own reward at full weight; there is no mean and no standardising here.")
def test_without_discount_they_are_sums(student, rng):
    """With gamma 1, elements are plain sums of what is left."""
    expect_right(student, draw(rng, 6).tolist(), 1.0, "the returns-to-go with gamma 1")


@pytest.mark.points(0.125)
@pytest.mark.hint("With gamma 0 nothing of the future is left: element t is the reward of step t.")
def test_with_gamma_0_they_are_the_rewards(student, rng):
    """With gamma 0, elements are the rewards."""
    expect_right(student, draw(rng, 6).tolist(), 0.0, "the returns-to-go with gamma 0")


@pytest.mark.points(0.125)
@pytest.mark.hint("np.zeros_like(rewards) is an array of integers where rewards are; use np.zeros(len(rewards)).")
def test_integer_rewards(student, rng):
    """Integers, in a list or in an array, give fractions all the same."""
    rewards = rng.integers(1, 6, 6)
    for given in (rewards.tolist(), rewards):
        expect_right(student, given, 0.7, "the returns-to-go of integer rewards")


@pytest.mark.points(0.125)
@pytest.mark.hint(
    "Use the argument gamma, not a number or a global; index rewards, without methods of arrays or lists."
)
def test_lists_arrays_and_any_gamma(student, rng):
    """An array gives the same as a list, for any discount."""
    rewards = draw(rng, 8)
    for gamma in (0.25, 0.99):
        expect_right(student, rewards, gamma, "the returns-to-go of an array")
        received = student.returns_to_go(rewards=rewards.tolist(), gamma=gamma)
        expect.close(numbers(received), oracles.returns_to_go(rewards, gamma), "the returns-to-go of a list", rtol=1e-5)


@pytest.mark.points(0.0625)
@pytest.mark.hint("One element per step, and an episode of one step has one.")
def test_has_one_element_for_each_step(student, rng):
    """The result has the length of the rewards."""
    for steps in (1, 2, 5):
        received = numbers(student.returns_to_go(draw(rng, steps).tolist(), 0.9))
        expect.shape(received, (steps,), "the returns-to-go")


@pytest.mark.points(0.0625)
@pytest.mark.hint("Write into a new array; returns = rewards only gives the same array a second name.")
def test_leaves_its_argument_unchanged(student, rng):
    """List and array are the same after the call."""
    rewards = draw(rng, 6)
    for name, given in (("builtins.list", rewards.tolist()), ("numpy.array", rewards)):
        inside = student.library(name, given)
        student.returns_to_go(inside, 0.9)
        found = np.asarray(inside.value())
        expect.same(found, rewards, "rewards: expected to be left as given, received changed values")
