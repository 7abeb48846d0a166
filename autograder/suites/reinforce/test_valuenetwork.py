"""Checks of ``ValueNetwork``, whatever its layers are."""

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

pytestmark = pytest.mark.exercise("ValueNetwork")
OBS_DIM, HIDDEN_DIM, ROWS = 5, 7, 12
GIVES = "ValueNetwork.gives_values"


@dataclass(frozen=True)
class Built:
    """A value network with weights drawn by the grader, and its values of some observations."""

    network: Handle
    obs: Any
    values: Any


def built(student, rng):
    """All checks look at this network."""
    network = expect.handle(student.keep.ValueNetwork(OBS_DIM, HIDDEN_DIM), "ValueNetwork(...)")
    drawn = {name: tensor(rng.normal(0.0, 0.8, each.shape)) for name, each in network.parameters().items()}
    network.set_parameters(drawn)
    obs = exact(rng.normal(0.0, 1.0, (ROWS, OBS_DIM)))
    return Built(network, obs, network(tensor(obs)))


@pytest.mark.points(0.0625)
@pytest.mark.hint("The last layer gives [N, 1]; .squeeze(-1) takes off its last axis, and only that, also for N = 1.")
def test_gives_values(shared):
    """N observations have N values, shape [N], also for N = 1."""
    given = shared(built)
    for rows, received in ((ROWS, given.values), (1, given.network(tensor(given.obs[:1])))):
        expect.tensor(received, "the values")
        expect.shape(received, (rows,), message("the values of {rows} observations", rows=rows))
        expect.finite(received, "the values")


@pytest.mark.points(0.03125)
@pytest.mark.hint(
    "No torch.no_grad() and no detach in forward; layers are attributes of the module: a plain list hides them."
)
@pytest.mark.needs(GIVES)
def test_can_be_trained(shared):
    """There are parameters, and the values hang on them."""
    given = shared(built)
    names = set(given.network.parameters())
    expect.that(bool(names), "ValueNetwork: it has no parameters, so that nothing can be trained")
    expect.that(given.values.requires_grad, "ValueNetwork: its values hang on no graph, so that nothing can be trained")


@pytest.mark.points(0.03125)
@pytest.mark.hint("Every layer that is made has to be used.")
@pytest.mark.needs("ValueNetwork.can_be_trained")
def test_every_parameter_is_trained(shared):
    """Gradients of the values reach every parameter."""
    given = shared(built)
    gradients = given.network.parameter_gradients(of=given.network.keep.forward(tensor(given.obs)))
    reached = {name for name, each in gradients.items() if each is not None and each.array.any()}
    missed = sorted(set(given.network.parameters()) - reached)
    expect.that(
        not missed,
        message(
            "ValueNetwork: no gradient reaches {count} of its parameters, among them {some}",
            count=len(missed),
            some=clean_text(", ".join(missed[:3]), 100),
        ),
    )


@pytest.mark.points(0.0625)
@pytest.mark.hint("No activation after the last layer: a value is any real number.")
@pytest.mark.needs(GIVES)
def test_values_have_no_bounds(student, rng):
    """With large weights values are large, of both signs."""
    network, values = student.keep.ValueNetwork(OBS_DIM, HIDDEN_DIM), []
    shapes = {name: each.shape for name, each in network.parameters().items()}
    for _ in range(6):
        network.set_parameters({name: tensor(rng.normal(0.0, 20.0, shape)) for name, shape in shapes.items()})
        received = network(tensor(exact(rng.normal(0.0, 1.0, (10, OBS_DIM)))))
        values.append(expect.as_array(received, "the values"))
    wide = bool(np.max(values) > 2.0 and np.min(values) < -2.0)
    expect.that(wide, "ValueNetwork: even with large weights its values do not go beyond some bound")


@pytest.mark.points(0.03125)
@pytest.mark.hint("Look for means over axis 0, BatchNorm, dropout, and observations that are not used.")
@pytest.mark.needs(GIVES)
def test_rows_are_judged_one_by_one(shared):
    """The value of an observation depends on it, and on no other row of the batch."""
    given = shared(built)
    expect.that(bool(np.ptp(given.values.array) > 1e-4), "ValueNetwork: its values are the same for all observations")
    alone = given.network(tensor(given.obs[-1:]))
    expect.close(alone, given.values.array[-1:], "the value of one row by itself", rtol=1e-4, atol=1e-5)
    again = given.network(tensor(given.obs))
    expect.close(again, given.values.array, "the values when asked again", rtol=1e-4, atol=1e-5)


@pytest.mark.points(0.03125)
@pytest.mark.hint("Use the argument, with its default hidden_dim: int = 32, for the width of every hidden layer.")
def test_hidden_dim_is_the_width(student):
    """Layers are as wide as the argument says, 32 if it says nothing."""
    by_width = {13: student.keep.ValueNetwork(OBS_DIM, 13), 32: student.keep.ValueNetwork(OBS_DIM)}
    for hidden_dim, network in by_width.items():
        shapes = [each.shape for each in network.parameters().values() if each.array.ndim == 2]
        sizes = {size for shape in shapes for size in shape} - {OBS_DIM, 1}
        expect.that(
            bool(sizes) and not any(size % hidden_dim for size in sizes),
            message(
                "ValueNetwork: expected hidden layers of width {width}, received {sizes}",
                width=hidden_dim,
                sizes=sorted(sizes) or message("none"),
            ),
        )
