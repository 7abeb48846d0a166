"""Policy: what a student's actor says about observations, asked with few requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.message import message
from autograder.sandbox.student import Handle
from autograder.sandbox.wire import tensor
from autograder.suites import expect
from autograder.suites.hidden_values import Floats
from autograder.suites.ppo import oracles


def moments(distribution: Any) -> tuple[Any, Any]:
    """Mean and standard deviation of a ``Normal`` inside the sandbox, as it holds them, in one request."""
    held = expect.handle(distribution, "the policy").attribute("__dict__")
    return (held.get("loc"), held.get("scale")) if isinstance(held, dict) else (None, None)


@dataclass(frozen=True)
class Policy:
    """What an actor says about some observations.

    Attributes:
        mean: Shape [N, action_dim].
        std: Shape [N, action_dim].
        values: Shape [N].
    """

    mean: Floats
    std: Floats
    values: Floats

    @classmethod
    def of(cls, actor: Handle, observations: Floats) -> Policy:
        """Asks the actor."""
        received = actor(tensor(observations))
        pair = isinstance(received, list) and len(received) == 2
        expect.that(
            pair, message("forward: expected a distribution and values, received {kind}", kind=expect.kind(received))
        )
        mean, std = moments(received[0])
        expect.shape(received[1], (len(observations),), "the values")
        return cls(
            *(expect.finite(each, "the actor's outputs").astype(np.float64) for each in (mean, std, received[1]))
        )

    def log_probs(self, actions: Floats) -> Floats:
        """Log-probabilities [N] of actions [N, action_dim]."""
        log_probs: Floats = oracles.normal_log_prob(actions, self.mean, self.std).sum(-1)
        return log_probs
