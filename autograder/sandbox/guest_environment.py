"""GuestEnvironment: what the student's code sees of a hidden environment; its dynamics are not in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import torch


class GuestEnvironment(gymnasium.Env[Any, Any]):
    """An environment whose reset and step are answered by the grader.

    Args:
        ask: Asks the grader.
        env_id: Its gymnasium id.
    """

    def __init__(self, ask: Callable[[dict[str, Any]], Any], env_id: str) -> None:
        self._ask_grader = ask
        described = ask({"question": "make", "env_id": env_id})
        self._number = described["number"]
        self.observation_space = _space(described["observation_space"])
        self.action_space = _space(described["action_space"])

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode; see ``gymnasium.Env.reset``."""
        super().reset(seed=seed)
        reply = self._ask("reset", seed=None if seed is None else int(seed))
        return self._seen(reply["observation"]), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Takes one step; see ``gymnasium.Env.step``.

        Raises:
            ValueError: The action has another shape than the action space, as MuJoCo's environments raise it.
        """
        if isinstance(action, torch.Tensor):
            action = action.detach().numpy()
        action = np.asarray(action)
        if action.shape != self.action_space.shape:
            expected = self.action_space.shape
            raise ValueError(f"Action dimension mismatch. Expected {expected}, found {action.shape}")
        reply = self._ask("step", action=action)
        return self._seen(reply["observation"]), reply["reward"], reply["terminated"], reply["truncated"], {}

    def _seen(self, observation: Any) -> Any:
        """The observation as the student's code gets it; tuples come through the door as lists."""
        return tuple(observation) if isinstance(self.observation_space, gymnasium.spaces.Tuple) else observation

    def _ask(self, question: str, **details: Any) -> Any:
        return self._ask_grader({"question": question, "number": self._number, **details})


def _space(described: dict[str, Any]) -> gymnasium.spaces.Space[Any]:
    if described["kind"] == "discrete":
        return gymnasium.spaces.Discrete(described["n"])
    if described["kind"] == "tuple":
        return gymnasium.spaces.Tuple(tuple(_space(each) for each in described["spaces"]))
    low, high = described["low"], described["high"]
    return gymnasium.spaces.Box(low, high, low.shape, low.dtype.type)
