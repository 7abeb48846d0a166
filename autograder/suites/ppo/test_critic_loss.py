"""Checks of ``critic_loss``."""

import pytest

from autograder.message import message
from autograder.sandbox.wire import tensor
from autograder.suites import expect
from autograder.suites.hidden_values import exact
from autograder.suites.ppo import oracles

pytestmark = pytest.mark.exercise("critic_loss")
WHAT = message("the critic's loss")


def draw(rng, size=11):
    """Targets and predictions, shape [size] each."""
    return exact(rng.normal(1.0, 2.0, size)), exact(rng.normal(0.0, 2.0, size))


@pytest.mark.points(0.0625)
@pytest.mark.hint("The mean of (prediction - target) squared: F.mse_loss, with no factor and no sum.")
def test_is_the_mean_squared_error(student, rng):
    """The loss is the mean of the squared errors."""
    targets, predictions = draw(rng)
    received = student.critic_loss(tensor(targets), tensor(predictions))
    expect.close(received, oracles.critic_loss(targets, predictions), WHAT)


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "Stay within torch on the way from predictions to loss: no .item(), .detach(), .numpy() or no_grad there."
)
def test_gradient_of_predictions(student, rng):
    """The loss pulls each prediction towards its target, in proportion to its error."""
    targets, predictions = draw(rng)
    leaf = student.leaf(predictions)
    (gradient,) = student.gradients(of=student.keep.critic_loss(tensor(targets), leaf), wrt=[leaf])
    expect.that(gradient is not None, "the critic's loss: no gradient reaches the predicted values")
    expect.close(gradient, oracles.critic_gradient(targets, predictions), "the gradient of the critic's loss")


@pytest.mark.points(0.0625)
@pytest.mark.hint("Targets are data: target_values.detach(). Otherwise the critic learns to move its targets.")
def test_no_gradient_into_targets(student, rng):
    """Targets that hang on a graph get no gradient."""
    targets, predictions = draw(rng)
    leaf, target = student.leaf(predictions), student.leaf(targets)
    loss = student.keep.critic_loss(target, leaf)
    gradient, other = student.gradients(of=loss, wrt=[target, leaf])
    expect.that(gradient is None or not gradient.array.any(), "the critic's loss: a gradient flows into the targets")
    expect.that(other is not None, "the critic's loss: no gradient reaches the predicted values")


@pytest.mark.points(0.0625)
@pytest.mark.hint("Reduce to one number with a mean over all elements, in the dtype of the predictions.")
def test_is_one_number_for_any_batch(student, rng):
    """One sample gives a scalar as well, which can be differentiated, and float64 stays float64."""
    for size, dtype in ((1, "float32"), (6, "float64")):
        targets, predictions = draw(rng, size)
        loss = student.keep.critic_loss(tensor(targets, dtype), student.leaf(predictions, dtype))
        what = message("{what}, batch of {size} in {dtype}", what=WHAT, size=size, dtype=dtype)
        received = loss.value()
        expect.tensor(received, what)
        expect.number(received, what)
        expect.dtype(received, dtype, what)
        expect.that(received.requires_grad, message("{what}: no gradient reaches the predicted values", what=what))
