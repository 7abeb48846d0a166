"""MujocoVectorEnv: copies of HalfCheetah that MuJoCo steps side by side, on several threads."""

from __future__ import annotations

import inspect
import os
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space


class MujocoVectorEnv(gym.vector.VectorEnv[np.ndarray, np.ndarray, np.ndarray]):
    """Copies of HalfCheetah whose physics is one call of ``mujoco.rollout`` a step, in C and on several threads.

    Everything is Gymnasium's: model, first states (for a seed, those of ``SyncVectorEnv``), observations, rewards, time
    limit. Only MuJoCo's constraint solver starts each step from zero here and from its last solution there, so that the
    two come apart by rounding. A copy that ends its episode is reset within the same step; the last observation of the
    old one is in ``infos["final_obs"]``.

    See https://mujoco.readthedocs.io/en/stable/python.html#rollout.

    Args:
        env: One environment as ``gym.make("HalfCheetah-v5", ...)`` makes it, perhaps wrapped in ``ClipAction``; it is
            used for resets, and closed with the copies.
        num_envs: Number of copies.
        num_threads: Threads that step them; None: one for each core that this process may use, not more than there are
            copies.

    Raises:
        ValueError: It is another environment, or wrapped in something else.
    """

    def __init__(self, env: gym.Env[Any, Any], num_envs: int, num_threads: int | None = None) -> None:
        import mujoco
        from mujoco.rollout import Rollout

        spec = _spec_of_half_cheetah(env)
        arguments = _arguments(spec)
        half_cheetah: Any = env.unwrapped
        self._env, self._half_cheetah, model = env, half_cheetah, half_cheetah.model
        self._forward_weight, self._control_weight = arguments["forward_reward_weight"], arguments["ctrl_cost_weight"]
        self._first_position = int(arguments["exclude_current_positions_from_observation"])
        self._bounds: Any = half_cheetah.action_space if _clips_actions(spec) else None
        self._limit = spec.max_episode_steps or np.inf
        self.num_envs = num_envs
        self.single_observation_space, self.single_action_space = env.observation_space, env.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.metadata = {**env.metadata, "autoreset_mode": AutoresetMode.SAME_STEP}
        self._generators: list[Any] = [None] * num_envs  # of first states
        self._steps = np.zeros(num_envs, dtype=int)  # of the episode
        threads, frames = min(num_envs, num_threads or _usable_cores()), arguments["frame_skip"]
        size = mujoco.mj_stateSize(model, mujoco.mjtState.mjSTATE_FULLPHYSICS)
        self._states = np.zeros((num_envs, size))  # time, place along the track, other positions, velocities
        self._rollout = Rollout(nthread=threads if threads > 1 else 0)
        self._physics: dict[str, Any] = {  # of one step: what goes into it and where what comes is written
            "model": [model] * num_envs,
            "data": [mujoco.MjData(model) for _ in range(threads)],
            "control": np.zeros((num_envs, frames, model.nu)),
            "nstep": frames,
            "state": np.zeros((num_envs, frames, size)),
            "sensordata": np.zeros((num_envs, frames, model.nsensordata)),
            "chunk_size": -(-num_envs // threads),
            "skip_checks": True,
        }

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Starts an episode in every copy; returns observations [B, obs_dim] and an empty dictionary.

        Args:
            seed: Copy b is seeded with ``seed + b``, or with the b-th of a list; None: they go on with what they have.
            options: ``{"reset_mask": [B], bool}`` starts an episode in those copies only; nothing else is used.
        """
        chosen = range(self.num_envs) if not options or "reset_mask" not in options else _where(options["reset_mask"])
        for copy in chosen:
            self._begin(copy, seed + copy if isinstance(seed, int) else seed[copy] if seed else None)
        return self._observe(), {}

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Steps every copy.

        Args:
            actions: [B, action_dim].

        Returns:
            Observations [B, obs_dim] (float64), rewards [B] (float64), terminated [B] (never), truncated [B], and a
            dictionary that has ``final_obs`` (an array [B] of observations, None where the episode goes on) if an
            episode has ended.

        Raises:
            ValueError: Actions of another shape.
        """
        actions = np.asarray(actions, dtype=np.float64)
        if actions.shape != self.action_space.shape:
            raise ValueError(f"actions: expected shape {self.action_space.shape}, received {actions.shape}")
        if self._bounds is not None:
            actions = np.clip(actions, self._bounds.low, self._bounds.high)
        before = self._states[:, 1].copy()
        self._physics["control"][:] = actions[:, None]
        self._rollout.rollout(initial_state=self._states, **self._physics)
        self._states[:] = self._physics["state"][:, -1]
        velocity = (self._states[:, 1] - before) / self._half_cheetah.dt
        rewards = self._forward_weight * velocity - self._control_weight * np.square(actions).sum(1)
        self._steps += 1
        truncated = self._steps >= self._limit
        observations = self._observe()
        infos: dict[str, Any] = {}
        if truncated.any():
            infos = {"final_obs": np.full(self.num_envs, None, dtype=object), "_final_obs": truncated}
            for copy in _where(truncated):
                infos["final_obs"][copy] = observations[copy]
                self._begin(copy, None)
            observations = self._observe()
        return observations, rewards, np.zeros(self.num_envs, dtype=bool), truncated, infos

    def close_extras(self, **kwargs: Any) -> None:
        """Ends the threads."""
        self._rollout.close()
        self._env.close()

    def _begin(self, copy: int, seed: int | None) -> None:
        """Starts an episode in one copy, as Gymnasium's environment does with that copy's random numbers."""
        import mujoco

        half_cheetah = self._half_cheetah
        half_cheetah.np_random = self._generators[copy]
        self._env.reset(seed=seed)
        self._generators[copy] = half_cheetah.np_random
        full = mujoco.mjtState.mjSTATE_FULLPHYSICS
        mujoco.mj_getState(half_cheetah.model, half_cheetah.data, self._states[copy], full)
        self._steps[copy] = 0

    def _observe(self) -> np.ndarray:
        return self._states[:, 1 + self._first_position :].copy()


def _where(mask: np.ndarray) -> list[int]:
    found: list[int] = np.flatnonzero(mask).tolist()
    return found


def _spec_of_half_cheetah(env: gym.Env[Any, Any]) -> EnvSpec:
    """How it was made.

    Raises:
        ValueError: It is not HalfCheetah, or not made by ``gym.make``.
    """
    from gymnasium.envs.mujoco.half_cheetah_v5 import HalfCheetahEnv

    if type(env.unwrapped) is not HalfCheetahEnv or env.spec is None:
        name = env.spec.id if env.spec else type(env.unwrapped).__name__
        raise ValueError(
            f"backend 'mujoco': expected HalfCheetah-v5 made by gym.make, received {name}; use backend='sync'"
        )
    return env.spec


def _arguments(spec: EnvSpec) -> dict[str, Any]:
    """What HalfCheetah was made with, Gymnasium's defaults included."""
    from gymnasium.envs.mujoco.half_cheetah_v5 import HalfCheetahEnv

    bound = inspect.signature(HalfCheetahEnv).bind(**spec.kwargs)
    bound.apply_defaults()
    return bound.arguments


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
