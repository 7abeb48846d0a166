"""What a student's actor says about observations."""

from __future__ import annotations

from typing import Any

from autograder.message import message
from autograder.sandbox.student import Handle
from autograder.sandbox.wire import tensor
from autograder.suites import expect
from autograder.suites.hidden_values import Floats
from autograder.suites.reinforce import oracles


def distribution_of(actor: Handle, observations: Any) -> Handle:
    """The ``Categorical`` that ``forward`` returns for observations [N, obs_dim]."""
    received = expect.handle(actor(tensor(observations)), "what forward returns")
    expect.that(
        received.type_name == "Categorical",
        message("forward: expected a Categorical, received an object of class {name}", name=received.type_name),
    )
    return received


def probabilities_of(distribution: Handle, rows: int, actions: int) -> Floats:
    """Probabilities [rows, actions] of a ``Categorical`` inside the sandbox."""
    logits = expect.tensor(distribution.attribute("logits"), "the policy's logits")
    what = message(
        "the policy's logits for {rows} observations and {actions} actions, batch shape first",
        rows=rows,
        actions=actions,
    )
    expect.shape(logits, (rows, actions), what)
    return oracles.softmax(expect.finite(logits, what))


def probabilities(actor: Handle, observations: Any, actions: int) -> Floats:
    """Probabilities [N, actions] of the actor's policy for observations [N, obs_dim]."""
    return probabilities_of(distribution_of(actor, observations), len(observations), actions)
