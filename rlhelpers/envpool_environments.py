"""EnvPoolVectorEnv: the environments of EnvPool, stepped in C++, in the clothes of a Gymnasium vector environment."""

from __future__ import annotations

import os
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space


class EnvPoolVectorEnv(gym.vector.VectorEnv[np.ndarray, np.ndarray, np.ndarray]):
    """Copies of one environment that `EnvPool <https://envpool.readthedocs.io>`_ steps side by side.

    Observations and rewards are those of Gymnasium's environment of the same id, after the same reset. A copy that ends
    its episode is reset within the same step; the last observation of the old one is in ``infos["final_obs"]``.

    Args:
        env: One environment as Gymnasium makes it; its id, arguments and time limit count, and whether it is wrapped in
            ``ClipAction``. It is closed.
        num_envs: Number of copies.
        num_threads: Threads that step them; None: one for each core that this process may use, not more than there are
            copies.

    Raises:
        ImportError: EnvPool is not installed.
        ValueError: EnvPool does not have this environment, or cannot do what a wrapper does.
    """

    def __init__(self, env: gym.Env[Any, Any], num_envs: int, num_threads: int | None = None) -> None:
        spec = env.spec
        if spec is None:
            raise ValueError("expected an environment made by gym.make, received one without spec; use backend='sync'")
        self._clips = _clips_actions(spec)
        self._spec = spec
        self._threads = min(num_envs, num_threads or _usable_cores())
        self.num_envs = num_envs
        self.single_observation_space, self.single_action_space = env.observation_space, env.unwrapped.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.metadata = {**env.metadata, "autoreset_mode": AutoresetMode.SAME_STEP}
        env.close()
        self._observations = np.zeros(0)  # the newest, for copies that are reset without the others
        self._pool = self._make_pool(seed=None)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Starts an episode in every copy; returns observations [B, ...] and an empty dictionary.

        Args:
            seed: Copies are seeded with it when they are made, so a seed makes them anew.
            options: ``{"reset_mask": [B], bool}`` starts an episode in those copies only; nothing else is used.
        """
        if options is not None and "reset_mask" in options:
            if seed is not None:
                raise ValueError("seed: EnvPool seeds all copies or none; leave it out where there is a reset_mask")
            chosen = np.flatnonzero(options["reset_mask"]).astype(np.int32)
            self._observations = self._observations.copy()
            self._observations[chosen] = self._pool.reset(chosen)[0]
            return self._observations, {}
        if seed is not None:
            if not isinstance(seed, int):
                raise ValueError(f"seed: expected one integer for all copies, received {seed!r}")
            self._pool.close()
            self._pool = self._make_pool(seed)
        self._observations, _ = self._pool.reset()
        return self._observations, {}

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Steps every copy.

        Args:
            actions: [B, action_dim].

        Returns:
            Observations [B, ...], rewards [B] (float64), terminated [B], truncated [B], and a dictionary that has
            ``final_obs`` (an array [B] of observations, None where the episode goes on) if an episode has ended.
        """
        space = self.single_action_space
        actions = np.asarray(actions, dtype=np.float64)
        if self._clips and isinstance(space, gym.spaces.Box):
            actions = np.clip(actions, space.low, space.high)
        observations, rewards, terminated, truncated, _ = self._pool.step(actions)
        infos: dict[str, Any] = {}
        ended = np.flatnonzero(terminated | truncated).astype(np.int32)
        if len(ended):
            infos["final_obs"] = np.full(self.num_envs, None, dtype=object)
            for copy in ended:
                infos["final_obs"][copy] = observations[copy].copy()
            infos["_final_obs"] = terminated | truncated
            observations[ended] = self._pool.reset(ended)[0]
        self._observations = observations
        return observations, rewards.astype(np.float64), terminated, truncated, infos

    def close_extras(self, **kwargs: Any) -> None:
        """Ends EnvPool's threads."""
        self._pool.close()

    def _make_pool(self, seed: int | None) -> Any:
        envpool = _imported()
        if self._spec.id not in envpool.list_all_envs():
            raise ValueError(f"{self._spec.id}: EnvPool does not have this environment; use backend='sync'")
        arguments = {name: value for name, value in self._spec.kwargs.items() if name != "render_mode"}
        if self._spec.max_episode_steps is not None:
            arguments["max_episode_steps"] = self._spec.max_episode_steps
        fresh = int(np.random.SeedSequence().generate_state(1)[0] >> 1)
        return envpool.make(
            self._spec.id,
            env_type="gymnasium",
            num_envs=self.num_envs,
            num_threads=self._threads,
            seed=fresh if seed is None else seed,
            **arguments,
        )


def _imported() -> Any:
    """EnvPool, without the variables that its import sets for all of the program and its children, as MPLBACKEND.

    Raises:
        ImportError: It is not installed.
    """
    before = dict(os.environ)
    try:
        import envpool
    except ImportError as error:
        raise ImportError("backend 'envpool': EnvPool is not installed; run `pip install envpool`") from error
    finally:
        for name in set(os.environ) - set(before):
            del os.environ[name]
    return envpool


def _clips_actions(spec: EnvSpec) -> bool:
    """Whether the environment is wrapped in ``ClipAction``.

    Raises:
        ValueError: It is wrapped in something else.
    """
    names = [wrapper.name for wrapper in spec.additional_wrappers]
    others = sorted(set(names) - {"ClipAction"})
    if others:
        raise ValueError(
            f"{spec.id}: expected no wrapper but ClipAction, received {', '.join(others)}; use backend='sync'"
        )
    return bool(names)


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
