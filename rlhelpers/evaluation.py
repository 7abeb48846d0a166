"""Evaluation of a policy: the returns of a few episodes, each with a seed of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rlhelpers.policy import ActorOrPolicy, greedy_policy

if TYPE_CHECKING:
    import gymnasium as gym


def evaluate_policy(
    env: gym.Env[Any, Any], actor: ActorOrPolicy, num_episodes: int, *, seed: int = 0
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Plays episodes and returns what each of them brought.

    Args:
        env: The environment; it is left open.
        actor: The policy, as ``record_video`` takes it: a function from one observation to one action, or an object
            with ``get_action``, whose greedy actions are played.
        num_episodes: Number of episodes, at least 1.
        seed: Seed of the first episode; the others have the following ones.

    Returns:
        Undiscounted returns [num_episodes].

    Raises:
        ValueError: There is no episode to play.
        TypeError: ``actor`` is neither of the two.
    """
    if num_episodes < 1:
        raise ValueError(f"num_episodes: expected at least 1, received {num_episodes}; a mean of none says nothing")
    policy = greedy_policy(actor)
    returns = np.zeros(num_episodes)
    for episode in range(num_episodes):
        obs, _ = env.reset(seed=seed + episode)
        over = False
        while not over:
            obs, reward, terminated, truncated, _ = env.step(policy(obs))
            returns[episode] += float(reward)
            over = terminated or truncated
    return returns
