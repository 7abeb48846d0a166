"""Vector environments whose treatment of finished episodes is always said."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    import gymnasium as gym

Autoreset = Literal["same_step", "next_step", "disabled"]
Backend = Literal["sync", "mujoco"]


def make_vec_env(
    make_env: Callable[[], gym.Env[Any, Any]],
    num_envs: int,
    *,
    autoreset_mode: Autoreset,
    backend: Backend = "sync",
    staggered_over: int = 0,
) -> gym.vector.VectorEnv[Any, Any, Any]:
    """Makes ``num_envs`` copies of an environment that are stepped together, in one process.

    Args:
        make_env: Makes one environment; called ``num_envs`` times, or once where a backend makes the copies.
        num_envs: Number of copies, at least 1.
        autoreset_mode: What happens when an episode ends
            (https://farama.org/Vector-Autoreset-Mode). ``"same_step"``: the copy is reset within the same
            step; the observation returned is the first of the new episode, the last of the old one is in
            ``infos["final_obs"]``. ``"next_step"``: the next step resets it and ignores its action.
            ``"disabled"``: you reset it yourself.
        backend: Who steps them. ``"sync"``: Gymnasium's ``SyncVectorEnv``, one after the other.
            ``"mujoco"``: ``mujoco.rollout``, in C and on all cores; it knows HalfCheetah-v5, no wrapper
            but ``ClipAction`` and no mode but ``"same_step"``, makes all copies from one environment,
            and has nothing in ``infos`` but ``final_obs``.
        staggered_over: Steps over which the first episodes are cut short, one copy after the other, so that
            later ones do not begin all at once; take the time limit of an episode. Cut episodes count as
            truncated. 0: no cuts. Only with ``"same_step"``.

    Returns:
        The vector environment.

    Raises:
        ValueError: Unknown mode or backend, fewer than one copy, a negative number of steps, or something that
            the backend or the mode cannot do.
    """
    from gymnasium.vector import AutoresetMode, SyncVectorEnv

    _require_one_of("autoreset_mode", autoreset_mode, get_args(Autoreset))
    _require_one_of("backend", backend, get_args(Backend))
    if num_envs < 1:
        raise ValueError(f"num_envs: expected at least 1, received {num_envs}; one copy is the least there can be")
    if staggered_over < 0:
        raise ValueError(f"staggered_over: expected 0 or a number of steps, received {staggered_over}")
    if staggered_over:
        _require_one_of("autoreset_mode of staggered starts", autoreset_mode, ("same_step",))
    envs: gym.vector.VectorEnv[Any, Any, Any]
    if backend == "mujoco":
        from rlhelpers.mujoco_environments import MujocoVectorEnv

        _require_one_of("autoreset_mode of backend 'mujoco'", autoreset_mode, ("same_step",))
        envs = MujocoVectorEnv(make_env(), num_envs)
    else:
        envs = SyncVectorEnv([make_env] * num_envs, autoreset_mode=AutoresetMode[autoreset_mode.upper()])
    if staggered_over:
        from rlhelpers.staggered_starts import StaggeredStarts

        return StaggeredStarts(envs, staggered_over)
    return envs


def _require_one_of(name: str, received: str, expected: tuple[str, ...]) -> None:
    if received not in expected:
        raise ValueError(f"{name}: expected one of {', '.join(expected)}, received {received!r}; choose one of them")
