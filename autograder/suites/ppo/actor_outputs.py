"""ActorOutputs: an actor with hidden weights, and what it says about hidden observations, each asked for once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from autograder.sandbox.student import Handle, Student
from autograder.sandbox.wire import Tensor, tensor
from autograder.suites import expect
from autograder.suites.ppo.policy import moments

OBS_DIM, ACTION_DIM, HIDDEN_DIM = 5, 3, 7
ROWS = 16
DRAWS = 2000
WIDE_STD = 20.0


@dataclass
class ActorOutputs:
    """Outputs for ``ROWS`` observations together, or for the last of them alone.

    Attributes:
        student: To whom the handles belong.
        actor: The actor, with weights drawn by the grader, so that no check depends on how it was initialised.
        obs: Observations, shape [ROWS, OBS_DIM].
        log_std: What ``log_std`` was set to, if there is such a parameter; one component is very large.
    """

    student: Student
    actor: Handle
    obs: np.ndarray
    log_std: np.ndarray
    _asked: dict[tuple[str, int], Any] = field(default_factory=dict)

    @classmethod
    def draw(cls, student: Student, rng: np.random.Generator) -> ActorOutputs:
        """Makes an actor and overwrites its parameters."""
        actor = expect.handle(student.keep.Actor(OBS_DIM, ACTION_DIM, HIDDEN_DIM), "Actor(...)")
        shapes = {name: each.shape for name, each in actor.parameters().items()}
        log_std = rng.permutation([*rng.uniform(-1.5, 1.0, ACTION_DIM - 1), np.log(WIDE_STD)])
        weights = {name: tensor(rng.normal(0.0, 0.5, shape)) for name, shape in shapes.items()}
        if shapes.get("log_std") == log_std.shape:
            weights["log_std"] = tensor(log_std)
        actor.set_parameters(weights)
        return cls(student, actor, rng.normal(0.0, 1.0, (ROWS, OBS_DIM)), log_std)

    def observations(self, rows: int = ROWS) -> Tensor:
        """All observations, or the last one alone, shape [1, OBS_DIM], to be sent."""
        return tensor(self.obs[-rows:])

    def distribution(self, rows: int = ROWS) -> Handle:
        """What ``get_action_dist`` returns."""
        if ("distribution", rows) not in self._asked:
            received = self.actor.keep.get_action_dist(self.observations(rows))
            self._asked["distribution", rows] = expect.handle(received, "what get_action_dist returns")
        handle: Handle = self._asked["distribution", rows]
        return handle

    def moments(self, rows: int = ROWS) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of the policy."""
        if ("moments", rows) not in self._asked:
            mean, std = moments(self.distribution(rows))
            asked = expect.tensor(mean, "the policy's mean"), expect.tensor(std, "the policy's standard deviation")
            self._asked["moments", rows] = asked
        mean, std = self._asked["moments", rows]
        return mean, std

    def values(self, rows: int = ROWS) -> Any:
        """What ``get_value`` returns."""
        if ("values", rows) not in self._asked:
            self._asked["values", rows] = self.actor.get_value(self.observations(rows))
        return self._asked["values", rows]

    def greedy_actions(self, rows: int = ROWS) -> Any:
        """What ``get_action`` returns if it shall be greedy."""
        if ("greedy", rows) not in self._asked:
            self._asked["greedy", rows] = self.actor.get_action(self.observations(rows), greedy=True)
        return self._asked["greedy", rows]

    @cached_property
    def samples(self) -> Any:
        """``DRAWS`` actions for the first observation."""
        self.student.seed(7)
        return self.actor.get_action(tensor(np.tile(self.obs[:1], (DRAWS, 1))))
