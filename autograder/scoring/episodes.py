"""Episodes: hidden ones, played side by side in environments of the grader's own; none of it enters the sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.errors import InputError

RECORDED_SECONDS = 10.0
USUAL_FRAMES_PER_SECOND = 30


class Episodes:
    """Several episodes of one environment, each stepped until it ends.

    Args:
        env_id: A gymnasium id.
        seeds: Of the episodes, one each.

    Attributes:
        returns: Undiscounted returns so far [E], float64.
        steps: Steps so far [E].
        states: Of the first episode: the simulator's state before each step, as far as a video shows it.
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
        self._recorded_steps = round(RECORDED_SECONDS * (first.metadata.get("render_fps") or USUAL_FRAMES_PER_SECOND))
        self.states: list[NDArray[np.float64]] = []

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

    def observations(self) -> NDArray[np.float32]:
        """Of the episodes that go on [K, D], float32."""
        return np.stack([np.asarray(self._observations[number], dtype=np.float32) for number in self._running])

    def step(self, actions: NDArray[Any]) -> None:
        """Takes one step in each episode that goes on.

        Args:
            actions: Finite numbers of shape ``action_shape``; bounds are kept here.
        """
        if 0 in self._running and len(self.states) < self._recorded_steps:
            self.states.append(simulator_state(self._environments[0]))
        going_on = []
        for number, action in zip(self._running, self._within_bounds(actions), strict=True):
            environment = self._environments[number]
            self._observations[number], reward, terminated, truncated, _ = environment.step(action)
            self.returns[number] += np.nan_to_num(float(reward))  # a simulation that blows up earns nothing more
            self.steps[number] += 1
            if not (terminated or truncated):
                going_on.append(number)
        self._running = going_on

    def _within_bounds(self, actions: NDArray[Any]) -> Sequence[Any]:
        if self.is_discrete:
            return [int(action) for action in np.clip(actions, 0, self.space.n - 1)]
        return list(np.clip(actions.astype(np.float64), self.space.low, self.space.high).astype(self.space.dtype))


def make_environment(env_id: str, **options: Any) -> Any:
    """Makes an environment without Gymnasium's checks and MuJoCo's warnings.

    Raises:
        InputError: There is none of this id.
    """
    import gymnasium

    from rlhelpers import silence_mujoco

    silence_mujoco()
    try:
        return gymnasium.make(env_id, disable_env_checker=True, **options)
    except gymnasium.error.Error as error:
        raise InputError(
            f"course.toml: env_id: expected the id of an environment of Gymnasium, received {env_id!r} ({error})"
        ) from error


@cache
def environment_sizes(env_id: str) -> list[int]:
    """Numbers of components of an observation and of an action, or of actions to choose from."""
    environment = make_environment(env_id)
    observation, action = environment.observation_space, environment.action_space
    environment.close()
    actions = action.n if hasattr(action, "n") else np.prod(action.shape)
    return [int(np.prod(observation.shape)), int(actions)]


def simulator_state(environment: Any) -> NDArray[np.float64]:
    """What ``show_state`` needs: positions of a MuJoCo environment, the state of one of Gymnasium's own."""
    inner = environment.unwrapped
    return np.array(inner.data.qpos if hasattr(inner, "data") else inner.state, dtype=np.float64)


def show_state(environment: Any, state: NDArray[np.float64]) -> None:
    """Puts an environment into a recorded state, to be drawn."""
    inner = environment.unwrapped
    if hasattr(inner, "data"):
        inner.set_state(state, np.zeros(inner.model.nv))
    else:
        inner.state = state
