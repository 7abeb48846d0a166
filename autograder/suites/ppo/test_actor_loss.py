"""Checks of ``actor_loss``."""

from dataclasses import replace

import numpy as np
import pytest

from autograder.message import message
from autograder.sandbox.wire import tensor
from autograder.suites import expect
from autograder.suites.hidden_values import exact, kept, values_of
from autograder.suites.ppo import oracles
from autograder.suites.ppo.hidden_inputs import Surprises

pytestmark = pytest.mark.exercise("actor_loss")
WHAT = message("the actor's loss")
EPS = 0.2


def expect_right(student, drawn, what=WHAT, eps=EPS):
    """Compares the loss with its definition."""
    received = student.actor_loss(*drawn.tensors(), eps=eps)
    expect.close(received, oracles.actor_loss(drawn.new, drawn.old, drawn.advantages, eps), what)


def gradient_of(student, drawn):
    """The gradient of the loss with respect to the new log-probabilities."""
    leaf = student.leaf(drawn.new)
    loss = student.keep.actor_loss(leaf, *drawn.tensors()[1:], eps=EPS)
    (gradient,) = student.gradients(of=loss, wrt=[leaf])
    expect.that(gradient is not None, "the actor's loss: no gradient reaches the new log-probabilities")
    return gradient


@pytest.mark.points(0.125)
@pytest.mark.hint("minus the mean of min(ratio * A, clip(ratio, 1 - eps, 1 + eps) * A), with ratio = exp(new - old).")
def test_is_the_clipped_objective(student, rng):
    """The loss is minus PPO's clipped objective, all cases of clipping together."""
    expect_right(student, Surprises.draw(rng, 24, EPS))


@pytest.mark.points(0.03125)
@pytest.mark.hint("For equal policies every ratio is 1. A loss is minimised, the objective maximised: mind the sign.")
def test_equal_policies_give_minus_the_mean_advantage(student, rng):
    """With new equal to old log-probabilities, the loss is minus the mean advantage."""
    drawn = Surprises.of(rng, np.ones(9), rng.normal(0.7, 1.0, 9))
    drawn = replace(drawn, new=drawn.old)
    expect_right(student, drawn, "the actor's loss for equal policies")


@pytest.mark.points(0.09375)
@pytest.mark.hint(
    "Clip the ratio to [1 - eps, 1 + eps]: beyond it, a good action's term stays (1 + eps) A, a bad one's (1 - eps) A."
)
def test_gains_are_clipped(student, rng):
    """A ratio that has moved beyond the interval in the right direction counts as its bound."""
    good = Surprises.of(rng, rng.uniform(1.5, 3.0, 8), rng.uniform(0.5, 2.0, 8))
    bad = Surprises.of(rng, rng.uniform(0.2, 0.5, 8), -rng.uniform(0.5, 2.0, 8))
    expect_right(student, good, "the actor's loss for good actions that became much likelier")
    expect_right(student, bad, "the actor's loss for bad actions that became much rarer")


@pytest.mark.points(0.09375)
@pytest.mark.hint("Take the minimum of both terms, not the clipped one alone: what got worse must count in full.")
def test_losses_are_not_clipped(student, rng):
    """A ratio that has moved in the wrong direction counts as it is, however far it went."""
    good = Surprises.of(rng, rng.uniform(0.2, 0.5, 8), rng.uniform(0.5, 2.0, 8))
    bad = Surprises.of(rng, rng.uniform(1.5, 3.0, 8), -rng.uniform(0.5, 2.0, 8))
    expect_right(student, good, "the actor's loss for good actions that became much rarer")
    expect_right(student, bad, "the actor's loss for bad actions that became much likelier")


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "Where nothing is clipped, the gradient is -ratio * A / N: stay within torch, and take the mean, not the sum."
)
def test_gradient_within_the_interval(student, rng):
    """Small changes of the policy are rewarded by their advantages."""
    advantages = rng.choice([-1.0, 1.0], 10) * rng.uniform(0.5, 2.0, 10)
    drawn = Surprises.of(rng, rng.uniform(0.85, 1.15, 10), advantages)
    right = oracles.actor_gradient(drawn.new, drawn.old, drawn.advantages, EPS)
    expect.close(gradient_of(student, drawn), right, "the gradient of the actor's loss inside the interval")


@pytest.mark.points(0.125)
@pytest.mark.hint("The clip must cut the gradient as well: clamp the ratio that carries it, and take the minimum.")
def test_gradient_where_clipped(student, rng):
    """Samples whose gain is clipped pull no further; all others do."""
    drawn = Surprises.draw(rng, 18, EPS)
    right = oracles.actor_gradient(drawn.new, drawn.old, drawn.advantages, EPS)
    expect.close(gradient_of(student, drawn), right, "the gradient of the actor's loss")


@pytest.mark.points(0.03125)
@pytest.mark.hint("The old policy is data: old_log_probs.detach().")
def test_no_gradient_into_old_log_probs(student, rng):
    """Old log-probabilities that hang on a graph get no gradient."""
    drawn = Surprises.draw(rng, 12, EPS)
    new, old = student.leaf(drawn.new), student.leaf(drawn.old)
    loss = student.keep.actor_loss(new, old, drawn.tensors()[2], eps=EPS)
    gradient, other = student.gradients(of=loss, wrt=[old, new])
    expect.that(gradient is None or not gradient.array.any(), "the actor's loss: a gradient flows into old_log_probs")
    expect.that(other is not None, "the actor's loss: no gradient reaches the new log-probabilities")


@pytest.mark.points(0.03125)
@pytest.mark.hint("Advantages are data for the actor: advantages.detach(). Otherwise its loss trains the critic.")
def test_no_gradient_into_advantages(student, rng):
    """Advantages that hang on a graph get no gradient."""
    drawn = Surprises.draw(rng, 12, EPS)
    new, advantages = student.leaf(drawn.new), student.leaf(drawn.advantages)
    loss = student.keep.actor_loss(new, drawn.tensors()[1], advantages, eps=EPS)
    gradient, other = student.gradients(of=loss, wrt=[advantages, new])
    expect.that(gradient is None or not gradient.array.any(), "the actor's loss: a gradient flows into the advantages")
    expect.that(other is not None, "the actor's loss: no gradient reaches the new log-probabilities")


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "Keep the default of the signature, eps: float = 0.2, and use the argument, not a number or a global."
)
def test_eps_is_an_argument(student, rng):
    """The interval's half-width is the one given, or 0.2."""
    drawn = Surprises.draw(rng, 18, EPS)
    right = oracles.actor_loss(drawn.new, drawn.old, drawn.advantages, 0.2)
    expect.close(student.actor_loss(*drawn.tensors()), right, "the actor's loss without an eps")
    expect_right(student, drawn, "the actor's loss with a small eps", eps=0.05)
    expect_right(student, drawn, "the actor's loss with a large eps", eps=0.6)


@pytest.mark.points(0.03125)
@pytest.mark.hint("The trainer normalises advantages, once, in update_epochs; here they are used as they are.")
def test_advantages_are_used_as_they_are(student, rng):
    """Neither scale nor mean of the advantages is taken away."""
    drawn = Surprises.of(rng, rng.uniform(0.85, 1.15, 12), rng.normal(0.0, 1.0, 12))
    shifted = replace(drawn, advantages=exact(3.0 * drawn.advantages + 4.0))
    expect_right(student, shifted, "the actor's loss for large advantages")


@pytest.mark.points(0.03125)
@pytest.mark.hint("Reduce to one number with a mean over all samples, in the dtype of the log-probabilities.")
def test_is_one_number_for_any_batch(student, rng):
    """One sample gives a scalar as well, which can be differentiated, and float64 stays float64."""
    for size, dtype in ((1, "float32"), (6, "float64")):
        drawn = Surprises.of(rng, rng.uniform(0.85, 1.15, size), rng.uniform(0.5, 1.0, size))
        loss = student.keep.actor_loss(student.leaf(drawn.new, dtype), *drawn.tensors(dtype)[1:], eps=EPS)
        what = message("{what}, batch of {size} in {dtype}", what=WHAT, size=size, dtype=dtype)
        received = loss.value()
        expect.tensor(received, what)
        expect.number(received, what)
        expect.dtype(received, dtype, what)
        expect.that(received.requires_grad, message("{what}: no gradient reaches the new log-probabilities", what=what))


@pytest.mark.points(0.03125)
@pytest.mark.hint(
    "In-place operations (names ending in _, and -=, *=) change the caller's data; the trainer needs it again."
)
def test_leaves_its_arguments_unchanged(student, rng):
    """Log-probabilities and advantages are the same after the call."""
    sent = Surprises.draw(rng, 8, EPS)
    inside = [kept(student, tensor(each)) for each in (sent.new, sent.old, sent.advantages)]
    student.actor_loss(*inside, eps=EPS)
    names = ("new_log_probs", "old_log_probs", "advantages")
    for name, received, before in zip(names, values_of(student, inside), sent.tensors(), strict=True):
        expect.same(
            received, before, message("{name}: expected to be left as given, received changed values", name=name)
        )
