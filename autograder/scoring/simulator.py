"""Simulator: what there is to record of an environment's state, and how a recorded state is drawn.

One class for each kind of environment that can be filmed; those of other kinds are played all the same.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from autograder.scoring.environment import make_environment


class Simulator(Protocol):
    """A kind of environment."""

    def state(self, environment: Any) -> NDArray[np.float64]:
        """What has to be recorded of its state [S], as far as a picture shows it."""
        ...

    def stage(self, env_id: str) -> Any:
        """An environment that draws, and cheaply, once states are put into it."""
        ...

    def show(self, environment: Any, state: NDArray[np.float64]) -> None:
        """Puts such an environment into a recorded state."""
        ...


class MujocoSimulator:
    """Robots and animals, drawn by OpenGL: positions [nq]."""

    _WIDTH, _HEIGHT = 400, 300

    def state(self, environment: Any) -> NDArray[np.float64]:
        """Positions of all joints."""
        return np.array(environment.unwrapped.data.qpos, dtype=np.float64)

    def stage(self, env_id: str) -> Any:
        """Without shadows, and with the camera that follows the animal."""
        from rlhelpers.rendering import cheapen_rendering, follow_with_camera

        environment = make_environment(env_id, render_mode="rgb_array", width=self._WIDTH, height=self._HEIGHT)
        environment.reset(seed=0)
        cheapen_rendering(environment)
        follow_with_camera(environment)
        return environment

    def show(self, environment: Any, state: NDArray[np.float64]) -> None:
        """At rest: velocities are not seen."""
        inner = environment.unwrapped
        inner.set_state(state, np.zeros(inner.model.nv))


class ClassicSimulator:
    """Gymnasium's classic control, drawn by pygame: the whole state, four numbers for CartPole."""

    def state(self, environment: Any) -> NDArray[np.float64]:
        """The state as it is."""
        return np.array(environment.unwrapped.state, dtype=np.float64)

    def stage(self, env_id: str) -> Any:
        """As Gymnasium draws it, in its own size."""
        environment = make_environment(env_id, render_mode="rgb_array")
        environment.reset(seed=0)
        return environment

    def show(self, environment: Any, state: NDArray[np.float64]) -> None:
        """The state as it was."""
        environment.unwrapped.state = state


def simulator_of(environment: Any) -> Simulator | None:
    """The simulator of an environment; None: there is no way to film it."""
    inner = environment.unwrapped
    if hasattr(inner, "set_state") and hasattr(inner, "data"):
        return MujocoSimulator()
    return ClassicSimulator() if isinstance(getattr(inner, "state", None), np.ndarray | tuple) else None
