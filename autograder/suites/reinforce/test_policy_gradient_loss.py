"""Checks of ``policy_gradient_loss``."""

import numpy as np
import pytest

from autograder.message import message
from autograder.sandbox.wire import tensor
from autograder.suites import expect
from autograder.suites.hidden_values import exact, kept, values_of
from autograder.suites.reinforce import oracles

pytestmark = pytest.mark.exercise("policy_gradient_loss")


def draw(rng, size):
    """Log-probabilities and scores [size], scores of both signs."""
    scores = rng.normal(0.5, 2.0, size)
    scores[0], scores[-1] = abs(scores[0]) + 0.5, -abs(scores[-1]) - 0.5
    return exact(np.log(rng.uniform(0.05, 0.95, size))), exact(scores)


def expect_right(student, log_prob, score, what):
    """Compares the loss with its definition."""
    received = student.policy_gradient_loss(tensor(log_prob), tensor(score))
    expect.close(received, oracles.loss(log_prob, score), what)


@pytest.mark.points(0.1875)
@pytest.mark.hint(
    "-(log_prob * score).mean(): multiply row by row, [N] times [N], take the mean, and turn the sign round."
)
def test_is_minus_the_mean_of_the_products(student, rng):
    """The loss is minus the mean of log-probabilities times scores."""
    log_prob, score = draw(rng, 11)
    expect_right(student, log_prob, score, "the loss")


@pytest.mark.points(0.1875)
@pytest.mark.hint("The gradient with respect to log_prob is -score / N; stay within torch, and detach nothing.")
def test_gradient_of_log_probabilities(student, rng):
    """Each log-probability is pushed up as hard as its score says."""
    log_prob, score = draw(rng, 9)
    leaf = student.leaf(log_prob)
    (gradient,) = student.gradients(of=student.keep.policy_gradient_loss(leaf, tensor(score)), wrt=[leaf])
    expect.that(gradient is not None, "the loss: no gradient reaches the log-probabilities")
    expect.close(gradient, oracles.loss_gradient(score), "the gradient of the loss")


@pytest.mark.points(0.125)
@pytest.mark.hint("Each log-probability belongs to its own score. The mean of products is no product of means.")
def test_scores_stay_with_their_actions(student, rng):
    """Giving the same scores to other actions changes the loss."""
    log_prob, score = draw(rng, 8)
    order = np.argsort(log_prob)
    expect_right(student, log_prob[order], np.sort(score), "the loss with high scores for likely actions")
    expect_right(student, log_prob[order], -np.sort(-score), "the loss with high scores for rare actions")


@pytest.mark.points(0.0625)
@pytest.mark.hint("train standardises; here scores are used as they are, negative and large ones, too.")
def test_scores_are_used_as_they_are(student, rng):
    """Neither scale nor mean of the scores is taken away, and nothing is clipped."""
    log_prob, score = draw(rng, 10)
    expect_right(student, log_prob, exact(30.0 * score + 50.0), "the loss for large scores")
    expect_right(student, log_prob, exact(-abs(score) - 1.0), "the loss for negative scores")


@pytest.mark.points(0.0625)
@pytest.mark.hint("A mean, not a sum: the size of a step must not depend on how many steps were collected.")
def test_number_of_steps_makes_no_difference(student, rng):
    """Experience that is there twice has the same loss."""
    log_prob, score = draw(rng, 6)
    expect_right(student, np.tile(log_prob, 2), np.tile(score, 2), "the loss of the same steps twice")


@pytest.mark.points(0.0625)
@pytest.mark.hint("Return the tensor itself, without .item(), float() or .detach(), in the dtype of the arguments.")
def test_is_one_tensor_for_any_batch(student, rng):
    """One step gives a scalar tensor as well, which can be differentiated, and float64 stays float64."""
    for size, dtype in ((1, "float32"), (6, "float64")):
        log_prob, score = draw(rng, size)
        received = student.policy_gradient_loss(student.leaf(log_prob, dtype), tensor(score, dtype))
        what = message("the loss of {size} steps in {dtype}", size=size, dtype=dtype)
        expect.tensor(received, what)
        expect.number(received, what)
        expect.dtype(received, dtype, what)
        expect.that(received.requires_grad, message("{what}: no gradient reaches the log-probabilities", what=what))


@pytest.mark.points(0.0625)
@pytest.mark.hint("In-place operations (names ending in _, and -=, *=) change the caller's data.")
def test_leaves_its_arguments_unchanged(student, rng):
    """Log-probabilities and scores are the same after the call."""
    sent = [tensor(each) for each in draw(rng, 7)]
    inside = [kept(student, each) for each in sent]
    student.policy_gradient_loss(*inside)
    for name, received, before in zip(("log_prob", "score"), values_of(student, inside), sent, strict=True):
        text = message("{name}: expected to be left as given, received changed values", name=name)
        expect.same(received, before, text)
