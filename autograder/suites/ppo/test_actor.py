"""Checks of ``Actor``, whatever its layers are."""

import numpy as np
import pytest

from autograder.message import message
from autograder.sandbox.claimed_text import clean_text
from autograder.sandbox.wire import Tensor, tensor
from autograder.suites import expect
from autograder.suites.ppo.actor_outputs import ACTION_DIM, DRAWS, HIDDEN_DIM, OBS_DIM, ROWS, WIDE_STD, ActorOutputs
from autograder.suites.ppo.policy import moments

pytestmark = pytest.mark.exercise("Actor")
BATCH_HINT = "All rows of a batch go through the network at once; keep the batch axis, also for a batch of one."


def built(student, rng):
    """An actor with hidden weights; all checks look at its outputs."""
    return ActorOutputs.draw(student, rng)


@pytest.mark.points(0.09375)
@pytest.mark.hint(
    "Return torch.distributions.Normal(mean, std) with mean and std of shape [B, action_dim]. " + BATCH_HINT
)
def test_gives_a_distribution(shared):
    """The policy of B observations is one Normal of batch shape [B, action_dim]."""
    outputs = shared(built)
    for rows in (ROWS, 1):
        name = outputs.distribution(rows).type_name
        expect.that(
            name == "Normal",
            message("get_action_dist: expected a Normal, received an object of class {name}", name=name),
        )
        for moment in outputs.moments(rows):
            expect.shape(
                moment, (rows, ACTION_DIM), message("the batch shape of the policy for {rows} observations", rows=rows)
            )


@pytest.mark.points(0.09375)
@pytest.mark.hint("The last layer gives [B, 1]; squeeze its last axis. " + BATCH_HINT)
def test_gives_values(shared):
    """B observations have B values, shape [B]."""
    for rows in (ROWS, 1):
        received = shared(built).values(rows)
        expect.tensor(received, "the values")
        expect.shape(received, (rows,), message("the values of {rows} observations", rows=rows))
        expect.finite(received, "the values")


@pytest.mark.points(0.0625)
@pytest.mark.hint("return self.get_action_dist(obs), self.get_value(obs); only get_action is without gradients.")
@pytest.mark.needs("Actor.gives_a_distribution", "Actor.gives_values")
def test_forward_gives_both(shared):
    """Calling the actor gives the distribution and the values, in this order, both with gradients."""
    outputs = shared(built)
    received = outputs.actor(outputs.observations())
    pair = isinstance(received, list) and len(received) == 2
    expect.that(
        pair, message("forward: expected a distribution and values, received {kind}", kind=expect.kind(received))
    )
    distribution = expect.handle(received[0], "the first result of forward")
    right = {
        message("the mean of forward's distribution"): (moments(distribution)[0], outputs.moments()[0]),
        message("the values of forward"): (received[1], outputs.values().array),
    }
    for what, (found, wanted) in right.items():
        expect.close(found, wanted, what, rtol=1e-4, atol=1e-5)
        trained = isinstance(found, Tensor) and found.requires_grad
        expect.that(trained, message("{what}: it hangs on no graph, so that nothing can be trained", what=what))


@pytest.mark.points(0.0625)
@pytest.mark.hint("self.log_std = nn.Parameter(...) with one element for each component of the action.")
def test_log_std_is_a_parameter(shared):
    """The logarithm of the standard deviation is learned, one number for each component of the action."""
    actor = shared(built).actor
    expect.that(actor.has_attribute("log_std"), "Actor: expected an attribute log_std, received none")
    received = actor.attribute("log_std")
    expect.shape(received, (ACTION_DIM,), "log_std")
    learned = "log_std" in actor.parameters() and isinstance(received, Tensor) and received.requires_grad
    expect.that(learned, "log_std: expected an nn.Parameter that can be trained, received a plain tensor")


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "The standard deviation is self.log_std.exp(), for every observation the same: expand it to the mean's shape."
)
@pytest.mark.needs("Actor.gives_a_distribution", "Actor.log_std_is_a_parameter")
def test_std_is_the_exponential_of_log_std(shared):
    """Standard deviations follow log_std, and nothing else."""
    outputs = shared(built)
    right = np.tile(np.exp(outputs.log_std), (ROWS, 1))
    expect.close(outputs.moments()[1], right, "the policy's standard deviations", rtol=1e-4)


@pytest.mark.points(0.0625)
@pytest.mark.hint("What shall not be trained is no nn.Parameter (statistics are buffers), and no layer may lie idle.")
@pytest.mark.needs("Actor.gives_a_distribution", "Actor.gives_values")
def test_every_parameter_is_trained(rng, shared):
    """Gradients of log-probabilities and values together reach every parameter."""
    outputs = shared(built)
    actor, reached = outputs.actor, set()
    log_probs = outputs.distribution().keep.log_prob(tensor(rng.normal(0.0, 1.0, (ROWS, ACTION_DIM))))
    for output in (log_probs, actor.keep.get_value(outputs.observations())):
        gradients = actor.parameter_gradients(of=output)
        reached |= {name for name, each in gradients.items() if each is not None and each.array.any()}
    missed = sorted(set(actor.parameters()) - reached)
    some = clean_text(", ".join(missed[:3]), 100)
    expect.that(
        not missed,
        message(
            "Actor: no gradient reaches {count} of its parameters, among them {some}", count=len(missed), some=some
        ),
    )


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "Look for operations over axis 0 (means, softmax, BatchNorm), for dropout, and for observations that are not used."
)
@pytest.mark.needs("Actor.gives_a_distribution", "Actor.gives_values")
def test_rows_are_judged_one_by_one(shared):
    """What the actor makes of an observation depends on it, and on no other row of the batch."""
    outputs = shared(built)
    mean, values = outputs.moments()[0], outputs.values().array
    expect.that(bool(np.ptp(mean, axis=0).all()), "Actor: its policy is the same for all observations")
    expect.that(bool(np.ptp(values, axis=0).all()), "Actor: its value is the same for all observations")
    alone = outputs.moments(1)[0]
    expect.close(alone, mean[-1:], "the mean of one row by itself", rtol=1e-4, atol=1e-5)
    expect.close(outputs.values(1), values[-1:], "the value of one row by itself", rtol=1e-4, atol=1e-5)


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "with torch.no_grad(): sample (or take the mean), and keep the batch axis: [B, action_dim], also for B = 1."
)
def test_actions_are_plain_tensors(shared):
    """Actions have one row for each observation, and hang on no graph."""
    outputs = shared(built)
    for rows in (ROWS, 1):
        for received in (outputs.actor.get_action(outputs.observations(rows)), outputs.greedy_actions(rows)):
            expect.tensor(received, "the actions")
            expect.shape(received, (rows, ACTION_DIM), message("the actions for {rows} observations", rows=rows))
            expect.that(not received.requires_grad, "get_action: the actions still require a gradient")


@pytest.mark.points(0.0625)
@pytest.mark.hint("The greedy action is the mean of the distribution: dist.mean, not a sample.")
@pytest.mark.needs("Actor.gives_a_distribution")
def test_greedy_actions_are_the_mean(shared):
    """Greedy actions are the policy's mean, every time."""
    outputs = shared(built)
    again = outputs.actor.get_action(outputs.observations(), greedy=True)
    for received in (outputs.greedy_actions(), again):
        expect.close(received, outputs.moments()[0], "the greedy actions", rtol=1e-4, atol=1e-5)


@pytest.mark.points(0.0625)
@pytest.mark.hint("Without greedy, an action is dist.sample(): mean plus standard deviation times independent noise.")
@pytest.mark.needs("Actor.gives_a_distribution", "Actor.greedy_actions_are_the_mean")
def test_samples_follow_the_distribution(shared):
    """Sampled actions scatter around the mean as the distribution says.

    Bounds are more than 6 standard errors wide (std: 1 / sqrt(2 * 2000) = 1.6 %, mean and correlation: 2.2 %),
    so that a right actor fails with a probability below 1e-7.
    """
    outputs = shared(built)
    mean, std = (each[0].astype(np.float64) for each in outputs.moments())
    expect.shape(outputs.samples, (DRAWS, ACTION_DIM), "the sampled actions")
    noise = (expect.as_array(outputs.samples, "the sampled actions") - mean) / std
    spread = noise.std(axis=0)
    expect.that(bool(spread.min() > 1e-3), "get_action: sampled actions do not vary")
    near = bool((abs(spread - 1.0) < 0.1).all() and (abs(noise.mean(axis=0)) < 0.15).all())
    expect.that(near, "get_action: samples do not have the distribution's mean and standard deviation")
    correlations = np.corrcoef(noise.T)[np.triu_indices(ACTION_DIM, 1)]
    expect.that(bool((abs(correlations) < 0.15).all()), "get_action: components of an action share their noise")


@pytest.mark.points(0.03125)
@pytest.mark.hint("make_env clips. An action that is clipped here no longer fits its log-probability.")
@pytest.mark.needs("Actor.gives_a_distribution", "Actor.log_std_is_a_parameter")
def test_actions_are_not_clipped(shared):
    """Actions are handed out as drawn, however large."""
    outputs = shared(built)
    samples = expect.tensor(outputs.samples, "the sampled actions")
    expect.shape(samples, (DRAWS, ACTION_DIM), "the sampled actions")
    expect.that(bool(abs(samples).max() > WIDE_STD / 2), "get_action: the actions are clipped or squashed")
    greedy, mean = outputs.greedy_actions(), outputs.moments()[0]
    expect.close(greedy, mean, "the greedy actions, as large as the mean is", rtol=1e-4, atol=1e-5)


@pytest.mark.points(0.03125)
@pytest.mark.hint("Use the argument for the width of every hidden layer, not a number.")
def test_hidden_dim_is_the_width(student, shared):
    """Layers are as wide as the argument says."""
    other = 13
    another = expect.handle(student.keep.Actor(OBS_DIM, ACTION_DIM, other), "Actor(...)")
    for hidden_dim, actor in ((HIDDEN_DIM, shared(built).actor), (other, another)):
        outer = {1, OBS_DIM, ACTION_DIM, ACTION_DIM + 1}
        shapes = [each.shape for each in actor.parameters().values() if each.array.ndim == 2]
        sizes = {size for shape in shapes for size in shape} - outer
        expect.that(
            bool(sizes),
            message("Actor: expected layers of width {width}, received none of that width", width=hidden_dim),
        )
        strange = sorted(size for size in sizes if size % hidden_dim)
        expect.that(
            not strange,
            message(
                "Actor: expected hidden layers of width {width}, received {found}", width=hidden_dim, found=strange
            ),
        )
