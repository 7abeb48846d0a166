"""Probe environments: tiny ones whose right tables can be told in the head."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partialmethod
from typing import Any

import gymnasium as gym

PROBE_ID = "rlhelpers/TabularProbe-v0"


@contextmanager
def probe(factory: Callable[..., gym.Env[Any, Any]]) -> Iterator[str]:
    """Registers ``factory`` under an id for the block, and yields that id; progress bars stay hidden meanwhile."""
    from unittest.mock import patch

    from tqdm.auto import tqdm

    gym.register(PROBE_ID, entry_point=factory, disable_env_checker=True, order_enforce=False)
    try:
        with patch.object(tqdm, "__init__", partialmethod(tqdm.__init__, disable=True)):
            yield PROBE_ID
    finally:
        gym.registry.pop(PROBE_ID)


class Corridor(gym.Env[Any, int]):
    """Two steps, whatever the action, from state 0 to 1 and on; the second one pays 1 and ends the episode.

    Args:
        truncates: Whether the second step leads back to state 0 and truncates the episode; else it leads to state 2 and
            terminates it.
        tuples: Whether states are shown as tuples (0, state).
        actions: Number of actions.

    Attributes:
        seeds: The seed of each reset.
        episodes: Actions of each episode.
        overruns: Steps taken after an episode's end.
    """

    def __init__(self, truncates: bool = False, tuples: bool = False, actions: int = 1) -> None:
        spaces = gym.spaces.Discrete(2), gym.spaces.Discrete(3)
        self.observation_space = gym.spaces.Tuple(spaces) if tuples else spaces[1]
        self.action_space = gym.spaces.Discrete(actions)  # type: ignore[assignment]
        self.truncates, self.tuples = truncates, tuples
        self.seeds: list[int | None] = []
        self.episodes: list[list[int]] = []
        self.overruns = 0
        self.state, self.over = 0, True

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        """See gymnasium."""
        self.seeds.append(seed)
        self.episodes.append([])
        self.state, self.over = 0, False
        return self._seen(), {}

    def step(self, action: int) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """See gymnasium."""
        if self.over:
            self.overruns += 1
            return self._seen(), 0.0, True, True, {}
        self.episodes[-1].append(int(action))
        self.over = self.state == 1
        self.state = 0 if self.over and self.truncates else self.state + 1
        return self._seen(), float(self.over), self.over and not self.truncates, self.over and self.truncates, {}

    def _seen(self) -> Any:
        return (0, self.state) if self.tuples else self.state


class Arms(gym.Env[int, int]):
    """One step: action 0 pays 1, action 1 pays 3; then a second one that pays 1 and truncates the episode.

    Attributes:
        played: Episodes of all environments, in a list that they share.
    """

    def __init__(self, played: list[int]) -> None:
        self.observation_space = gym.spaces.Discrete(2)  # type: ignore[assignment]
        self.action_space = gym.spaces.Discrete(2)  # type: ignore[assignment]
        self.played = played
        self.state, self.over = 0, True

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[int, dict[str, Any]]:
        """See gymnasium."""
        self.state, self.over = 0, False
        return 0, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """See gymnasium."""
        if self.over:
            return 1, 100.0, True, True, {}
        if self.state == 0:
            self.state = 1
            self.played.append(int(action))
            return 1, 3.0 if action else 1.0, False, False, {}
        self.over = True
        return 1, 1.0, False, True, {}
