"""Checks of ``entropy_loss``."""

import numpy as np
import pytest

from autograder.message import message
from autograder.sandbox.wire import tensor
from autograder.suites import expect
from autograder.suites.hidden_values import exact
from autograder.suites.ppo import oracles

pytestmark = pytest.mark.exercise("entropy_loss")
WHAT = message("the entropy loss")


def normal(student, rng, std):
    """A normal distribution inside the sandbox, and its standard deviation, a leaf."""
    leaf = student.leaf(std)
    return student.keep.Normal(tensor(rng.normal(0.0, 2.0, std.shape)), leaf), leaf


@pytest.mark.points(0.0625)
@pytest.mark.hint("Minus action_dist.entropy().mean(): the loss is minimised, the entropy shall grow.")
def test_is_minus_the_mean_entropy(student, rng):
    """The loss is minus the mean entropy of all elements, of narrow ones too, where the entropy is negative."""
    std = exact(rng.uniform(0.2, 3.0, (5, 3)))
    std[0] /= 16.0
    distribution, _ = normal(student, rng, std)
    expect.close(student.entropy_loss(distribution), oracles.entropy_loss(std), WHAT)


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "Use the distribution's own entropy(), without .item() or no_grad, so that the standard deviation can be trained."
)
def test_gradient_widens_the_distribution(student, rng):
    """Its gradient widens every element, the narrow ones most."""
    std = exact(rng.uniform(0.3, 2.0, (4, 2)))
    distribution, leaf = normal(student, rng, std)
    (gradient,) = student.gradients(of=student.keep.entropy_loss(distribution), wrt=[leaf])
    expect.that(gradient is not None, "the entropy loss: no gradient reaches the standard deviations")
    expect.close(gradient, oracles.entropy_gradient(std), "the gradient of the entropy loss")


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "Average over the whole batch shape, actions included: its weight then does not depend on the number of actions."
)
def test_does_not_depend_on_the_batch_shape(student, rng):
    """Distributions alike give the same loss, however many they are."""
    alike = exact(rng.uniform(0.5, 1.5))
    for shape in ((1, 1), (6, 1), (1, 4), (3, 2)):
        std = np.full(shape, alike)
        distribution, _ = normal(student, rng, std)
        what = message("the entropy loss of a batch of shape {shape}", shape=list(shape))
        expect.close(student.entropy_loss(distribution), oracles.entropy_loss(std), what)


@pytest.mark.points(0.0625)
@pytest.mark.hint("Compute it from the distribution, not from samples: it is known exactly.")
def test_is_exact(student, rng):
    """The same distribution gives the same number twice, wherever its mean is."""
    std = exact(rng.uniform(0.2, 3.0, (2, 2)))
    numbers = []
    for _ in range(2):
        distribution, _ = normal(student, rng, std)
        numbers.append(expect.number(student.entropy_loss(distribution), WHAT))
    expect.close(numbers[1], numbers[0], "the entropy loss of two distributions that differ only in their means")
