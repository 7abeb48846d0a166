"""MujocoVectorEnv: copies of HalfCheetah that MuJoCo steps side by side, on several threads."""

from __future__ import annotations

import inspect
import os
from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import mujoco
import numpy as np
from gymnasium.envs.mujoco.half_cheetah_v5 import HalfCheetahEnv
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from gymnasium.wrappers import ClipAction, OrderEnforcing, PassiveEnvChecker, TimeLimit
from mujoco.rollout import Rollout

FULL = mujoco.mjtState.mjSTATE_FULLPHYSICS  # time, positions (the first is the place along the track), velocities


class MujocoVectorEnv(gym.vector.VectorEnv[np.ndarray, np.ndarray, np.ndarray]):
    """Copies of HalfCheetah whose physics is one call of ``mujoco.rollout`` a step, in C and on every core.

    Everything is Gymnasium's: model, first states (for a seed, those of ``SyncVectorEnv``), observations, rewards, time
    limit. Only MuJoCo's constraint solver starts each step from zero here and from its last solution there, so that the
    two come apart by rounding; and where MuJoCo warns that a copy is unstable, it leaves out what is left of that step.
    A copy that ends its episode is reset within the same step; the last observation of the old one is in
    ``infos["final_obs"]``, and nothing else is in ``infos``.

    It has threads: make it in the process that steps it; it cannot be copied, nor used after a fork.
    See https://mujoco.readthedocs.io/en/stable/python.html#rollout.

    Args:
        env: One environment as ``gym.make("HalfCheetah-v5", ...)`` makes it, perhaps wrapped in ``ClipAction``; it is
            used for resets, and closed with the copies.
        num_envs: Number of copies.

    Raises:
        ValueError: It is another environment, wrapped in something else, or one that renders.
    """

    def __init__(self, env: gym.Env[Any, Any], num_envs: int) -> None:
        self._limit, self._bounds = _limit_and_bounds(env)
        half_cheetah: Any = env.unwrapped
        model, frames, kwargs = half_cheetah.model, half_cheetah.frame_skip, env.spec.kwargs if env.spec else {}
        arguments = inspect.signature(HalfCheetahEnv).bind(**kwargs)
        arguments.apply_defaults()
        self._weights = arguments.arguments["forward_reward_weight"], arguments.arguments["ctrl_cost_weight"]
        self._env, self._half_cheetah = env, half_cheetah
        self.num_envs = num_envs
        self.single_observation_space, self.single_action_space = env.observation_space, env.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.metadata = {**env.metadata, "autoreset_mode": AutoresetMode.SAME_STEP}
        self._generators: list[Any] = [None] * num_envs  # of first states
        self._steps = np.full(num_envs, -1)  # of the episode; -1: none has begun
        skipped, size = half_cheetah.observation_structure["skipped_qpos"], mujoco.mj_stateSize(model, FULL)
        self._states = np.zeros((num_envs, size))
        self._observed = self._states[:, 1 + skipped : 1 + model.nq + model.nv]
        threads = min(num_envs, _usable_cores())
        self._rollout = Rollout(nthread=threads if threads > 1 else 0)
        self._physics: dict[str, Any] = {  # of one step: what goes into it, and where what comes is written
            "model": [model] * num_envs,
            "data": [mujoco.MjData(model) for _ in range(threads)],
            "initial_state": self._states,
            "control": np.zeros((num_envs, frames, model.nu)),
            "nstep": frames,
            "state": np.zeros((num_envs, frames, size)),
            "sensordata": np.zeros((num_envs, frames, model.nsensordata)),
            "chunk_size": -(-num_envs // threads),
            "skip_checks": True,
        }

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Starts an episode in every copy; returns observations [B, obs_dim] and an empty dictionary.

        Args:
            seed: Copy b is seeded with ``seed + b``, or with the b-th of a list; None: they go on with what they have.
            options: ``{"reset_mask": [B], bool}`` starts an episode in those copies only; nothing else is used.

        Raises:
            ValueError: A list of another length, or a mask that is not [B], bool.
        """
        copies = range(self.num_envs)
        seeds: Sequence[int | None]
        if seed is None:
            seeds = [None] * self.num_envs
        else:
            seeds = seed if isinstance(seed, Sequence) else [int(seed) + copy for copy in copies]
        mask = np.asarray((options or {}).get("reset_mask", np.ones(self.num_envs, dtype=bool)))
        if len(seeds) != self.num_envs:
            raise ValueError(f"seed: expected one integer or {self.num_envs} of them, received {len(seeds)}")
        if mask.dtype != bool or mask.shape != (self.num_envs,):
            raise ValueError(
                f"reset_mask: expected a bool for each of {self.num_envs} copies, received {mask.dtype} {mask.shape}"
            )
        for copy in copies:
            if mask[copy]:
                self._begin(copy, seeds[copy])
        return self._observed.copy(), {}

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Steps every copy.

        Args:
            actions: [B, action_dim].

        Returns:
            Observations [B, obs_dim] (float64), rewards [B] (float64), terminated [B] (never), truncated [B], and a
            dictionary that has ``final_obs`` (an array [B] of observations, None where the episode goes on) if an
            episode has ended.

        Raises:
            gymnasium.error.ResetNeeded: A copy has no episode yet.
            ValueError: Actions of another shape.
        """
        if self._steps.min() < 0:
            raise gym.error.ResetNeeded("expected reset() of every copy before step()")
        actions = np.asarray(actions, dtype=np.float64)
        if actions.shape != self.action_space.shape:
            raise ValueError(
                f"actions: expected shape {self.action_space.shape}, received {actions.shape}; give one to each copy"
            )
        if self._bounds is not None:
            actions = np.clip(actions, *self._bounds)
        places = self._states[:, 1].copy()
        self._physics["control"][:] = actions[:, None]
        self._rollout.rollout(**self._physics)
        self._states[:] = self._physics["state"][:, -1]
        velocities = (self._states[:, 1] - places) / self._half_cheetah.dt
        forward_weight, control_weight = self._weights
        rewards = forward_weight * velocities - control_weight * np.square(actions).sum(1)
        self._steps += 1
        truncated = self._steps >= self._limit
        infos: dict[str, Any] = {}
        if truncated.any():
            infos = {"final_obs": np.full(self.num_envs, None, dtype=object), "_final_obs": truncated.copy()}
            for copy in np.flatnonzero(truncated).tolist():
                infos["final_obs"][copy] = self._observed[copy].copy()
                self._begin(copy, None)
        return self._observed.copy(), rewards, np.zeros(self.num_envs, dtype=bool), truncated, infos

    def close_extras(self, **kwargs: Any) -> None:
        """Ends the threads."""
        self._rollout.close()
        self._env.close()

    def _begin(self, copy: int, seed: int | None) -> None:
        """Starts an episode in one copy, as Gymnasium's environment does with that copy's random numbers."""
        half_cheetah = self._half_cheetah
        half_cheetah.np_random = self._generators[copy]
        self._env.reset(seed=seed)
        self._generators[copy] = half_cheetah.np_random
        mujoco.mj_getState(half_cheetah.model, half_cheetah.data, self._states[copy], FULL)
        self._steps[copy] = 0


def _limit_and_bounds(env: gym.Env[Any, Any]) -> tuple[float, tuple[np.ndarray, np.ndarray] | None]:
    """After how many steps an episode is cut off, and between what actions are clipped, if they are.

    Raises:
        ValueError: The environment is not HalfCheetah, wrapped in something else, or renders.
    """
    wrong: str | None = None
    limit, bounds = np.inf, None
    if type(env.unwrapped) is not HalfCheetahEnv or env.spec is None:
        name = env.spec.id if env.spec else type(env.unwrapped).__name__
        wrong = f"HalfCheetah-v5 made by gym.make, received {name}"
    elif env.render_mode is not None:
        wrong = f"render_mode None, received {env.render_mode!r}"
    while isinstance(env, gym.Wrapper):
        if type(env) is TimeLimit and env.spec and env.spec.max_episode_steps:
            limit = min(limit, env.spec.max_episode_steps)
        elif type(env) is ClipAction:
            space: Any = env.env.action_space
            bounds = space.low, space.high
        elif type(env) not in (OrderEnforcing, PassiveEnvChecker):
            wrong = wrong or f"no wrapper but Gymnasium's ClipAction, received {type(env).__name__}"
        env = env.env
    if wrong:
        raise ValueError(f"backend 'mujoco': expected {wrong}; use backend='sync'")
    return limit, bounds


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
