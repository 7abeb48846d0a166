"""Environment: one of Gymnasium's, made by the id that stands in course.toml."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from autograder.ctrl_c import ctrl_c_kept_from_children
from autograder.errors import InputError

USUAL_FRAMES_PER_SECOND = 30


def make_environment(env_id: str, **options: Any) -> Any:
    """Makes an environment without Gymnasium's checks and MuJoCo's warnings.

    Raises:
        InputError: There is none of this id.
    """
    import gymnasium

    from rlhelpers import silence_mujoco

    try:
        with ctrl_c_kept_from_children():  # when it is imported, GLFW's binding asks a process for a version
            silence_mujoco()
            return gymnasium.make(env_id, disable_env_checker=True, **options)
    except gymnasium.error.Error as error:
        raise InputError(
            f"course.toml: env_id: expected the id of an environment of Gymnasium, received {env_id!r} ({error})"
        ) from error


def frames_per_second(environment: Any) -> int:
    """Steps in a second of what is simulated."""
    return environment.metadata.get("render_fps") or USUAL_FRAMES_PER_SECOND


@cache
def environment_sizes(env_id: str) -> list[int]:
    """Numbers of components of an observation and of an action, or of actions to choose from."""
    environment = make_environment(env_id)
    observation, action = environment.observation_space, environment.action_space
    environment.close()
    actions = action.n if hasattr(action, "n") else np.prod(action.shape)
    return [int(np.prod(observation.shape)), int(actions)]
