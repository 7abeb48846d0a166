"""Checks of ``Actor``, whatever its layers are."""

import math

import numpy as np
import pytest

from autograder.sandbox.student import clean_text
from autograder.sandbox.wire import Tensor, tensor
from autograder.suites import expect

pytestmark = pytest.mark.exercise("Actor")
OBS_DIM, ACTION_DIM, HIDDEN_DIM = 5, 3, 8
DRAWS = 2000
BATCH_HINT = "All rows of a batch go through the network at once; keep the batch axis, also for a batch of one."


def build(student):
    """A new actor, as the student initialises it."""
    return expect.handle(student.keep.Actor(OBS_DIM, ACTION_DIM, HIDDEN_DIM), "Actor(...)")


def build_shaken(student, rng, scale=0.5, log_std=None):
    """A new actor with other weights, so that no check depends on how it was initialised."""
    actor = build(student)
    parameters = actor.parameters()
    shaken = {name: tensor(rng.normal(0.0, scale, each.shape)) for name, each in parameters.items()}
    if log_std is not None and "log_std" in shaken:
        shaken["log_std"] = tensor(log_std)
    actor.set_parameters(shaken)
    return actor


def draw(rng, rows=4):
    """Observations [rows, OBS_DIM], to be sent."""
    return tensor(rng.normal(0.0, 1.0, (rows, OBS_DIM)))


def moments(actor, obs):
    """Mean and standard deviation of the policy, arrays."""
    distribution = expect.handle(actor.keep.get_action_dist(obs), "what get_action_dist returns")
    mean, std = distribution.attribute("mean"), distribution.attribute("stddev")
    return expect.tensor(mean, "the policy's mean"), expect.tensor(std, "the policy's standard deviation")


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "Return torch.distributions.Normal(mean, std) with mean and std of shape [B, action_dim]. " + BATCH_HINT
)
def test_gives_a_distribution(student, rng):
    """The policy of B observations is one Normal of batch shape [B, action_dim]."""
    actor = build(student)
    for rows in (4, 1):
        distribution = expect.handle(actor.keep.get_action_dist(draw(rng, rows)), "what get_action_dist returns")
        name = distribution.type_name
        expect.that(name == "Normal", f"get_action_dist: expected a Normal, received an object of class {name}")
        what = f"the batch shape of the policy for {rows} observations"
        mean = expect.tensor(distribution.attribute("mean"), "the policy's mean")
        expect.shape(mean, (rows, ACTION_DIM), what)
        batch_shape = distribution.attribute("batch_shape")
        sizes = batch_shape if isinstance(batch_shape, list) and all(type(size) is int for size in batch_shape) else []
        expect.that(sizes == list(mean.shape), f"{what}: expected {list(mean.shape)}, received {sizes}")


@pytest.mark.points(0.0625)
@pytest.mark.hint("The last layer gives [B, 1]; squeeze its last axis. " + BATCH_HINT)
def test_gives_values(student, rng):
    """B observations have B values, shape [B]."""
    actor = build(student)
    for rows in (4, 1):
        received = actor.get_value(draw(rng, rows))
        expect.tensor(received, "the values")
        expect.shape(received, (rows,), f"the values of {rows} observations")
        expect.finite(received, "the values")


@pytest.mark.points(0.0625)
@pytest.mark.hint("return self.get_action_dist(obs), self.get_value(obs); only get_action is without gradients.")
@pytest.mark.needs("Actor.gives_a_distribution", "Actor.gives_values")
def test_forward_gives_both(student, rng):
    """Calling the actor gives the distribution and the values, in this order, both with gradients."""
    actor, obs = build_shaken(student, rng), draw(rng)
    received = actor(obs)
    pair = isinstance(received, list) and len(received) == 2
    expect.that(pair, f"forward: expected a distribution and values, received {expect.kind(received)}")
    distribution = expect.handle(received[0], "the first result of forward")
    mean, _ = moments(actor, obs)
    right = ((distribution.attribute("mean"), mean), (received[1], actor.get_value(obs).array))
    for (outputs, wanted), what in zip(
        right, ("the mean of forward's distribution", "the values of forward"), strict=True
    ):
        expect.close(outputs, wanted, what, rtol=1e-4, atol=1e-5)
        trained = isinstance(outputs, Tensor) and outputs.requires_grad
        expect.that(trained, f"{what}: it hangs on no graph, so that nothing can be trained")


@pytest.mark.points(0.0625)
@pytest.mark.hint("self.log_std = nn.Parameter(...) with one element for each component of the action.")
def test_log_std_is_a_parameter(student):
    """The logarithm of the standard deviation is learned, one number for each component of the action."""
    actor = build(student)
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
def test_std_is_the_exponential_of_log_std(student, rng):
    """Standard deviations follow log_std, and nothing else."""
    log_std = rng.uniform(-1.5, 1.0, ACTION_DIM)
    _, std = moments(build_shaken(student, rng, log_std=log_std), draw(rng, 6))
    expect.close(std, np.tile(np.exp(log_std), (6, 1)), "the policy's standard deviations", rtol=1e-4)


@pytest.mark.points(0.0625)
@pytest.mark.hint("What shall not be trained is no nn.Parameter (statistics are buffers), and no layer may lie idle.")
@pytest.mark.needs("Actor.gives_a_distribution", "Actor.gives_values")
def test_every_parameter_is_trained(student, rng):
    """Gradients of log-probabilities, entropy and values together reach every parameter."""
    actor, obs = build_shaken(student, rng), draw(rng, 16)
    distribution = actor.keep.get_action_dist(obs)
    actions = tensor(rng.normal(0.0, 1.0, (16, ACTION_DIM)))
    outputs = (distribution.keep.log_prob(actions), distribution.keep.entropy(), actor.keep.get_value(obs))
    reached = set()
    for output in outputs:
        gradients = actor.parameter_gradients(of=output)
        reached |= {name for name, each in gradients.items() if each is not None and each.array.any()}
    missed = sorted(set(actor.parameters()) - reached)
    some = clean_text(", ".join(missed[:3]), 100)
    expect.that(not missed, f"Actor: no gradient reaches {len(missed)} of its parameters, among them {some}")


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "Look for operations over axis 0 (means, softmax, BatchNorm), for dropout, and for observations that are not used."
)
@pytest.mark.needs("Actor.gives_a_distribution", "Actor.gives_values")
def test_rows_are_judged_one_by_one(student, rng):
    """What the actor makes of an observation depends on it, and on no other row of the batch."""
    actor, obs = build_shaken(student, rng), draw(rng, 5)
    mean, values = moments(actor, obs)[0], actor.get_value(obs).array
    for outputs, what in ((mean, "policy"), (values, "value")):
        expect.that(bool(np.ptp(outputs, axis=0).all()), f"Actor: its {what} is the same for all observations")
    for row in (0, 3):
        alone = tensor(obs.array[row : row + 1])
        expect.close(moments(actor, alone)[0][0], mean[row], "the mean of one row by itself", rtol=1e-4, atol=1e-5)
        expect.close(
            actor.get_value(alone), values[row : row + 1], "the value of one row by itself", rtol=1e-4, atol=1e-5
        )


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "with torch.no_grad(): sample (or take the mean), and keep the batch axis: [B, action_dim], also for B = 1."
)
def test_actions_are_plain_tensors(student, rng):
    """Actions have one row for each observation, and hang on no graph."""
    actor = build(student)
    for rows in (4, 1):
        for greedy in (False, True):
            received = actor.get_action(draw(rng, rows), greedy=greedy)
            expect.tensor(received, "the actions")
            expect.shape(received, (rows, ACTION_DIM), f"the actions for {rows} observations")
            expect.that(not received.requires_grad, "get_action: the actions still require a gradient")


@pytest.mark.points(0.0625)
@pytest.mark.hint("The greedy action is the mean of the distribution: dist.mean, not a sample.")
@pytest.mark.needs("Actor.gives_a_distribution")
def test_greedy_actions_are_the_mean(student, rng):
    """Greedy actions are the policy's mean, every time."""
    actor, obs = build_shaken(student, rng), draw(rng)
    mean, _ = moments(actor, obs)
    for _ in range(2):
        received = actor.get_action(obs, greedy=True)
        expect.close(received, mean, "the greedy actions", rtol=1e-4, atol=1e-5)


@pytest.mark.points(0.0625)
@pytest.mark.hint("Without greedy, an action is dist.sample(): mean plus standard deviation times independent noise.")
@pytest.mark.needs("Actor.gives_a_distribution", "Actor.greedy_actions_are_the_mean")
def test_samples_follow_the_distribution(student, rng):
    """Sampled actions scatter around the mean as the distribution says.

    Bounds are more than 6 standard errors wide (std: 1 / sqrt(2 * 2000) = 1.6 %, mean and correlation: 2.2 %),
    so that a right actor fails with a probability below 1e-7.
    """
    actor, obs = build_shaken(student, rng), draw(rng, 1)
    crowd = tensor(np.tile(obs.array, (DRAWS, 1)))
    mean, std = (each[0].astype(np.float64) for each in moments(actor, obs))
    student.seed(int(rng.integers(2**31)))
    samples = actor.get_action(crowd)
    expect.shape(samples, (DRAWS, ACTION_DIM), "the sampled actions")
    noise = (samples.array - mean) / std
    spread = noise.std(axis=0)
    expect.that(bool(spread.min() > 1e-3), "get_action: sampled actions do not vary")
    near = bool((abs(spread - 1.0) < 0.1).all() and (abs(noise.mean(axis=0)) < 0.15).all())
    expect.that(near, "get_action: samples do not have the distribution's mean and standard deviation")
    correlations = np.corrcoef(noise.T)[np.triu_indices(ACTION_DIM, 1)]
    expect.that(bool((abs(correlations) < 0.15).all()), "get_action: components of an action share their noise")


@pytest.mark.points(0.0625)
@pytest.mark.hint("make_env clips. An action that is clipped here no longer fits its log-probability.")
@pytest.mark.needs("Actor.gives_a_distribution", "Actor.log_std_is_a_parameter")
def test_actions_are_not_clipped(student, rng):
    """Actions are handed out as drawn, however large."""
    actor, obs = build_shaken(student, rng, log_std=[math.log(20.0)] * ACTION_DIM), draw(rng, 64)
    mean, std = moments(actor, obs)
    student.seed(int(rng.integers(2**31)))
    samples = expect.tensor(actor.get_action(obs), "the sampled actions")
    expect.shape(samples, (64, ACTION_DIM), "the sampled actions")
    expect.that(bool(abs(samples).max() > std.max() / 2), "get_action: the actions are clipped or squashed")
    greedy = actor.get_action(obs, greedy=True)
    expect.close(greedy, mean, "the greedy actions, as large as the mean is", rtol=1e-4, atol=1e-5)


@pytest.mark.points(0.0625)
@pytest.mark.hint("Use the argument for the width of every hidden layer, not a number.")
def test_hidden_dim_is_the_width(student):
    """Layers are as wide as the argument says."""
    for hidden_dim in (7, 13):
        actor = expect.handle(student.keep.Actor(OBS_DIM, ACTION_DIM, hidden_dim), "Actor(...)")
        outer = {1, OBS_DIM, ACTION_DIM, ACTION_DIM + 1}
        shapes = [each.shape for each in actor.parameters().values() if each.array.ndim == 2]
        sizes = {size for shape in shapes for size in shape} - outer
        expect.that(bool(sizes), f"Actor: expected layers of width {hidden_dim}, received none of that width")
        strange = sorted(size for size in sizes if size % hidden_dim)
        expect.that(not strange, f"Actor: expected hidden layers of width {hidden_dim}, received {strange}")
