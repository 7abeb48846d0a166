"""StaggeredStarts: copies of an environment whose episodes do not all begin in the same step."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np


class StaggeredStarts(gym.vector.VectorWrapper[np.ndarray, np.ndarray, np.ndarray]):
    """Cuts the first episode of every copy but the first short, each at another step.

    Copies that start together and have one time limit end together for ever: one rollout is all first steps, the next
    ones have none, and every update teaches the policy about one part of an episode. After ``steps`` steps of this
    wrapper every rollout has something of each part. A copy that has ended its first episode by itself is left alone.
    What is cut off counts as truncated, and is so treated by whoever treats truncation right: the last observation is
    in ``infos["final_obs"]``.

    Args:
        envs: Vector environment that resets copies within the same step, and resets some of them on demand
            (``options={"reset_mask": ...}``), as ``SyncVectorEnv`` and ``MujocoVectorEnv`` do.
        steps: Over how many steps the cuts are spread evenly, copy b's being at ``steps * b // B``; take the time
            limit of an episode.
    """

    def __init__(self, envs: gym.vector.VectorEnv[np.ndarray, np.ndarray, np.ndarray], steps: int) -> None:
        super().__init__(envs)
        self._cuts = np.arange(self.num_envs) * steps // self.num_envs
        self._steps = 0
        self._in_first = np.ones(self.num_envs, dtype=bool)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Starts an episode in every copy, the first ones to be cut again, or in those of a ``reset_mask``."""
        if options is not None and "reset_mask" in options:
            self._in_first &= ~options["reset_mask"]
        else:
            self._steps = 0
            self._in_first[:] = True
        return self.env.reset(seed=seed, options=options)

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Steps every copy, and begins a new episode in those whose turn it is."""
        observations, rewards, terminated, truncated, infos = self.env.step(actions)
        self._steps += 1
        self._in_first &= ~(terminated | truncated)
        due = self._in_first & (self._cuts == self._steps)
        if due.any():
            final = infos.setdefault("final_obs", np.full(self.num_envs, None, dtype=object))
            for copy in np.flatnonzero(due):
                final[copy] = observations[copy].copy()
            infos["_final_obs"] = infos.get("_final_obs", False) | due
            truncated = truncated | due
            observations, _ = self.env.reset(options={"reset_mask": due})
        return observations, rewards, terminated, truncated, infos
