"""Probe environments: tiny ones whose right answers can be told in the head."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gymnasium as gym
import numpy as np

PROBE_ID = "rlhelpers/Probe-v0"


@contextmanager
def probe(factory: Callable[..., gym.Env[Any, Any]]) -> Iterator[str]:
    """Registers ``factory`` under an id for the block, and yields that id."""
    gym.register(PROBE_ID, entry_point=factory, disable_env_checker=True, order_enforce=False)
    try:
        yield PROBE_ID
    finally:
        gym.registry.pop(PROBE_ID)


class EchoEnv(gym.Env[np.ndarray, np.ndarray]):
    """Two actions in [-0.5, 0.5]; the observation is the action that arrived, the reward is 7."""

    metadata = {"render_modes": ["rgb_array"]}  # noqa: RUF012  # gymnasium's own annotation

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self.action_space = gym.spaces.Box(-0.5, 0.5, (2,))
        self.observation_space = gym.spaces.Box(-np.inf, np.inf, (2,))

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        """See gymnasium."""
        return np.zeros(2, np.float32), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """See gymnasium."""
        return np.array(action, np.float32), 7.0, False, False, {}


class SeedEnv(gym.Env[np.ndarray, np.ndarray]):
    """Three steps, whose rewards add up to the seed of the reset; observations are [1].

    Args:
        truncates: Whether the episode is truncated after them, not terminated.
    """

    LENGTH = 3

    def __init__(self, truncates: bool = False, render_mode: str | None = None) -> None:
        self.truncates = truncates
        self.action_space = gym.spaces.Box(-1.0, 1.0, (1,))
        self.observation_space = gym.spaces.Box(-np.inf, np.inf, (1,))
        self.left = 0
        self.reward = 0.0

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        """See gymnasium."""
        self.left = self.LENGTH
        self.reward = (0.0 if seed is None else float(seed)) / self.LENGTH
        return np.zeros(1, np.float32), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """See gymnasium."""
        if self.left == 0:
            raise RuntimeError("expected reset() after the end of the episode, received step()")
        self.left -= 1
        over = self.left == 0
        return np.ones(1, np.float32), self.reward, over and not self.truncates, over and self.truncates, {}


class OneStepEnv(gym.Env[np.ndarray, np.ndarray]):
    """Episodes of one step with reward 1; all observations are zeros [2].

    Args:
        truncates: Whether the episodes are truncated, not terminated.
    """

    def __init__(self, truncates: bool, render_mode: str | None = None) -> None:
        self.truncates = truncates
        self.action_space = gym.spaces.Box(-1.0, 1.0, (1,))
        self.observation_space = gym.spaces.Box(-np.inf, np.inf, (2,))

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        """See gymnasium."""
        return np.zeros(2, np.float32), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """See gymnasium."""
        return np.zeros(2, np.float32), 1.0, not self.truncates, self.truncates, {}
