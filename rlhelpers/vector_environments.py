"""Vector environments whose treatment of finished episodes is always said."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    import gymnasium as gym

Autoreset = Literal["same_step", "next_step", "disabled"]


def make_vec_env(
    make_env: Callable[[], gym.Env[Any, Any]], num_envs: int, *, autoreset_mode: Autoreset
) -> gym.vector.SyncVectorEnv:
    """Makes ``num_envs`` copies of an environment that are stepped together, in one process.

    Args:
        make_env: Makes one environment; called ``num_envs`` times.
        num_envs: Number of copies, at least 1.
        autoreset_mode: What happens when an episode ends
            (https://farama.org/Vector-Autoreset-Mode). ``"same_step"``: the copy is reset within the same
            step; the observation returned is the first of the new episode, the last of the old one is in
            ``infos["final_obs"]``. ``"next_step"``: the next step resets it and ignores its action.
            ``"disabled"``: you reset it yourself.

    Returns:
        The vector environment.

    Raises:
        ValueError: Unknown mode, or fewer than one copy.
    """
    from gymnasium.vector import AutoresetMode, SyncVectorEnv

    if autoreset_mode not in get_args(Autoreset):
        modes = ", ".join(get_args(Autoreset))
        raise ValueError(f"autoreset_mode: expected one of {modes}, received {autoreset_mode!r}; choose one of them")
    if num_envs < 1:
        raise ValueError(f"num_envs: expected at least 1, received {num_envs}; one copy is the least there can be")
    return SyncVectorEnv([make_env] * num_envs, autoreset_mode=AutoresetMode[autoreset_mode.upper()])
