"""Episodes: hidden ones, played side by side in environments of the grader's own; none of it enters the sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.scoring.environment import frames_per_second, make_environment
from autograder.scoring.simulator import simulator_of

RECORDED_SECONDS = 10.0


class Episodes:
    """Several episodes of one environment, each stepped until it ends.

    Args:
        env_id: A gymnasium id.
        seeds: Of the episodes, one each.

    Attributes:
        returns: Undiscounted returns so far [E], float64.
        steps: Steps so far [E].
        states: Of the first episode: the simulator's state before each step and at the end, as far as a video shows
            it; none where there is no way to draw the environment.
    """

    def __init__(self, env_id: str, seeds: Sequence[int]) -> None:
        self._environments = [make_environment(env_id) for _ in seeds]
        first = self._environments[0]
        self.space: Any = first.action_space
        self._observations = [
            environment.reset(seed=seed)[0] for environment, seed in zip(self._environments, seeds, strict=True)
        ]
        self.returns = np.zeros(len(seeds))
        self.steps = np.zeros(len(seeds), dtype=np.int64)
        self._running = list(range(len(seeds)))
        self._simulator = simulator_of(first)
        self._recorded_steps = round(RECORDED_SECONDS * frames_per_second(first))
        self.states: list[NDArray[np.float64]] = []
        self._record()

    def __enter__(self) -> Episodes:
        return self

    def __exit__(self, *_: object) -> None:
        for environment in self._environments:
            environment.close()

    @property
    def over(self) -> bool:
        """Whether all have ended."""
        return not self._running

    @property
    def is_discrete(self) -> bool:
        """Whether actions are whole numbers."""
        return not hasattr(self.space, "low")

    @property
    def action_shape(self) -> tuple[int, ...]:
        """Shape of the actions that ``step`` takes: one for each episode that goes on."""
        return (len(self._running), *self.space.shape)

    def projected(self) -> NDArray[np.float64]:
        """Returns [E] if the episodes that go on went on alike up to the environment's limit."""
        limit = self._environments[0].spec.max_episode_steps or 0
        factors = np.ones(len(self.returns))
        factors[self._running] = np.maximum(1.0, limit / np.maximum(1, self.steps[self._running]))
        return self.returns * factors

    def observations(self) -> NDArray[np.float32]:
        """Of the episodes that go on [K, D], float32."""
        return np.stack([np.asarray(self._observations[number], dtype=np.float32) for number in self._running])

    def step(self, actions: NDArray[Any]) -> None:
        """Takes one step in each episode that goes on.

        Args:
            actions: Finite numbers of shape ``action_shape``; bounds of continuous ones are kept here, discrete ones
                are numbers of actions.
        """
        is_filmed = 0 in self._running
        going_on = []
        for number, action in zip(self._running, self._as_taken(actions), strict=True):
            environment = self._environments[number]
            self._observations[number], reward, terminated, truncated, _ = environment.step(action)
            self.returns[number] += np.nan_to_num(float(reward))  # a simulation that blows up earns nothing more
            self.steps[number] += 1
            if not (terminated or truncated):
                going_on.append(number)
        self._running = going_on
        if is_filmed:
            self._record()

    def _record(self) -> None:
        if self._simulator is not None and len(self.states) < self._recorded_steps:
            self.states.append(self._simulator.state(self._environments[0]))

    def _as_taken(self, actions: NDArray[Any]) -> Sequence[Any]:
        """The actions as the environment takes them."""
        if self.is_discrete:
            return [int(action) for action in actions]
        return list(np.clip(actions.astype(np.float64), self.space.low, self.space.high).astype(self.space.dtype))
