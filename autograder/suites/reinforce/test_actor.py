"""Checks of ``Actor``, whatever its layers are."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from autograder.message import message
from autograder.sandbox.claimed_text import clean_text
from autograder.sandbox.student import Handle
from autograder.sandbox.wire import tensor
from autograder.suites import expect
from autograder.suites.hidden_values import exact
from autograder.suites.reinforce.policy import distribution_of, probabilities, probabilities_of

pytestmark = pytest.mark.exercise("Actor")
OBS_DIM, ACTIONS, HIDDEN_DIM, ROWS, DRAWS = 5, 3, 7, 12, 500
GIVES = "Actor.gives_a_distribution"


@dataclass(frozen=True)
class Built:
    """An actor with weights drawn by the grader, and what it says about some observations."""

    actor: Handle
    obs: Any
    distribution: Handle
    probabilities: Any


def weights(rng, actor, spread):
    """Values for all parameters, so that no check depends on how they were initialised."""
    return {name: tensor(rng.normal(0.0, spread, each.shape)) for name, each in actor.parameters().items()}


def built(student, rng):
    """All checks look at this actor."""
    actor = expect.handle(student.keep.Actor(OBS_DIM, ACTIONS, HIDDEN_DIM), "Actor(...)")
    actor.set_parameters(weights(rng, actor, 0.8))
    obs = exact(rng.normal(0.0, 1.0, (ROWS, OBS_DIM)))
    distribution = distribution_of(actor, obs)
    return Built(actor, obs, distribution, probabilities_of(distribution, ROWS, ACTIONS))


@pytest.mark.points(0.125)
@pytest.mark.hint(
    "Return Categorical(logits=...) with logits of shape [N, action_dim]: one row per observation, also for N = 1."
)
def test_gives_a_distribution(shared):
    """The policy of N observations is one Categorical of batch shape [N] over action_dim actions."""
    given = shared(built)
    alone = probabilities(given.actor, given.obs[-1:], ACTIONS)
    expect.shape(alone, (1, ACTIONS), "the probabilities for one observation")


@pytest.mark.points(0.0625)
@pytest.mark.hint("Hand the last layer's output over as logits, without softmax, sigmoid or any other bound on it.")
@pytest.mark.needs(GIVES)
def test_can_be_sure_of_an_action(student, rng):
    """With large weights the likeliest action is almost certain, for most observations."""
    actor = student.keep.Actor(OBS_DIM, ACTIONS, HIDDEN_DIM)
    actor.set_parameters(weights(rng, actor, 20.0))
    found = probabilities(actor, exact(rng.normal(0.0, 1.0, (ROWS, OBS_DIM))), ACTIONS).max(axis=1)
    expect.that(
        bool(np.median(found) > 0.9), "Actor: even with large weights no action becomes certain; is a bound in the way?"
    )


def reached(rng, given):
    """Names of the parameters that the gradient of some log-probabilities reaches."""
    taken = tensor(rng.integers(0, ACTIONS, ROWS), "int64")
    gradients = given.actor.parameter_gradients(of=given.distribution.keep.log_prob(taken))
    return {name for name, each in gradients.items() if each is not None and each.array.any()}


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "No torch.no_grad() and no detach in forward; layers are attributes of the module: a plain list hides them."
)
@pytest.mark.needs(GIVES)
def test_can_be_trained(rng, shared):
    """There are parameters, and gradients of log-probabilities reach some of them."""
    given = shared(built)
    expect.that(bool(given.actor.parameters()), "Actor: it has no parameters, so that nothing can be trained")
    expect.that(bool(reached(rng, given)), "Actor: no gradient reaches its parameters, so that nothing can be trained")


@pytest.mark.points(0.03125)
@pytest.mark.hint("Every layer that is made has to be used.")
@pytest.mark.needs("Actor.can_be_trained")
def test_every_parameter_is_trained(rng, shared):
    """Gradients of log-probabilities reach every parameter."""
    given = shared(built)
    missed = sorted(set(given.actor.parameters()) - reached(rng, given))
    some = clean_text(", ".join(missed[:3]), 100)
    expect.that(
        not missed,
        message(
            "Actor: no gradient reaches {count} of its parameters, among them {some}", count=len(missed), some=some
        ),
    )


@pytest.mark.points(0.0625)
@pytest.mark.hint("Look for a softmax or mean over axis 0, BatchNorm, dropout, and observations that are not used.")
@pytest.mark.needs(GIVES)
def test_rows_are_judged_one_by_one(shared):
    """The policy for an observation depends on it, and on no other row of the batch."""
    given = shared(built)
    expect.that(
        bool(np.ptp(given.probabilities, axis=0).max() > 1e-4), "Actor: its policy is the same for all observations"
    )
    alone = probabilities(given.actor, given.obs[-1:], ACTIONS)
    expect.close(alone, given.probabilities[-1:], "the probabilities of one row by itself", rtol=1e-4, atol=1e-5)
    again = probabilities(given.actor, given.obs, ACTIONS)
    expect.close(again, given.probabilities, "the probabilities when asked again", rtol=1e-4, atol=1e-5)


@pytest.mark.points(0.125)
@pytest.mark.hint(
    "int(...) or .item() makes a Python int of a tensor; torch.as_tensor(obs, dtype=torch.float32) first."
)
@pytest.mark.needs(GIVES)
def test_actions_are_python_ints(shared):
    """An observation [obs_dim], float32 or float64, gives the number of an action as an int."""
    given = shared(built)
    for dtype in (np.float32, np.float64):
        for greedy in (False, True):
            received = given.actor.get_action(given.obs[0].astype(dtype), greedy=greedy)
            expect.that(
                type(received) is int,
                message("get_action: expected a Python int, received {kind}", kind=expect.kind(received)),
            )
            expect.that(0 <= received < ACTIONS, "get_action: the number is none of an action")


@pytest.mark.points(0.09375)
@pytest.mark.hint("Greedy is the likeliest action: argmax over the logits (or the probabilities) of this observation.")
@pytest.mark.needs("Actor.actions_are_python_ints")
def test_greedy_takes_the_likeliest_action(shared):
    """Greedy actions are those of the largest probability, every time."""
    given = shared(built)
    received = [given.actor.get_action(each, greedy=True) for each in (*given.obs, *given.obs[:3])]
    wanted = given.probabilities.argmax(axis=1)
    right = received == [*wanted.tolist(), *wanted[:3].tolist()]
    expect.that(right, "get_action: the greedy action is not always the likeliest one")


@pytest.mark.points(0.125)
@pytest.mark.hint(
    "Without greedy, sample from the distribution that forward gives for this observation: dist.sample()."
)
@pytest.mark.needs("Actor.actions_are_python_ints")
def test_samples_follow_the_distribution(student, shared):
    """Actions occur as often as the policy says.

    Frequencies of 500 draws have a standard deviation of at most 0.0224; one exceeds the bound of 0.12, more than 5 of
    these, with a probability below 2 exp(-2 * 500 * 0.12^2) = 1.2e-6 (Hoeffding).
    """
    given = shared(built)
    student.seed(5)
    row = int(np.argmin(np.ptp(given.probabilities, axis=1) + (given.probabilities.max(axis=1) < 0.55)))
    get_action, obs = given.actor.keep_attribute("get_action"), given.obs[row].astype(np.float32)
    received = student.request("repeated", target=get_action, times=DRAWS, args=[obs], kwargs={})
    ints = isinstance(received, list) and all(type(each) is int and 0 <= each < ACTIONS for each in received)
    expect.that(ints, "get_action: expected the numbers of actions, received something else")
    found = np.bincount(np.asarray(received, dtype=np.int64), minlength=ACTIONS) / DRAWS
    expect.that(bool(found.max() < 1.0), "get_action: without greedy it always returns the same action")
    near = bool((abs(found - given.probabilities[row]) < 0.12).all())
    expect.that(near, "get_action: actions do not occur as often as their probabilities say")


@pytest.mark.points(0.0625)
@pytest.mark.hint("Use the argument, with its default hidden_dim: int = 32, for the width of every hidden layer.")
def test_hidden_dim_is_the_width(student, shared):
    """Layers are as wide as the argument says, 32 if it says nothing."""
    by_width = {13: student.keep.Actor(OBS_DIM, ACTIONS, 13), 32: student.keep.Actor(OBS_DIM, ACTIONS)}
    for hidden_dim, actor in by_width.items():
        shapes = [each.shape for each in actor.parameters().values() if each.array.ndim == 2]
        sizes = {size for shape in shapes for size in shape} - {OBS_DIM, ACTIONS}
        expect.that(
            bool(sizes) and not any(size % hidden_dim for size in sizes),
            message(
                "Actor: expected hidden layers of width {width}, received {sizes}",
                width=hidden_dim,
                sizes=sorted(sizes) or message("none"),
            ),
        )
