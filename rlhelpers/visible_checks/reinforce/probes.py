"""Probe environments, and networks to go with them: tiny ones whose right answers can be told in the head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np

ACTIONS = 3


class Episodes(gym.Env[np.ndarray, int]):
    """Episodes that pay given rewards, whatever the actions are; terminated and truncated in turn.

    An observation is [number of the episode, number of the step] + 1, in float64.

    Args:
        rewards: Of each episode; after the last one they begin again.

    Attributes:
        seeds: The seed of each reset.
        actions: Of all steps.
        overruns: Steps taken after an episode's end.
    """

    def __init__(self, rewards: Sequence[Sequence[float]]) -> None:
        self.observation_space = gym.spaces.Box(-np.inf, np.inf, (2,), np.float64)
        self.action_space = gym.spaces.Discrete(ACTIONS)  # type: ignore[assignment]
        self.rewards = rewards
        self.seeds: list[int | None] = []
        self.actions: list[Any] = []
        self.overruns = self.episode = self.time = 0

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        """See gymnasium; a reset before the first step of an episode leaves that episode the next one."""
        self.seeds.append(seed)
        self.episode += self.time > 0
        self.time = 0
        return self._observation(), {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """See gymnasium."""
        rewards = self.rewards[self.episode % len(self.rewards)]
        if self.time >= len(rewards):
            self.overruns += 1
            return self._observation(), 100.0, True, True, {}
        self.actions.append(action)
        reward = rewards[self.time]
        self.time += 1
        over, truncates = self.time == len(rewards), self.episode % 2 == 1
        return self._observation(), reward, over and not truncates, over and truncates, {}

    def _observation(self) -> np.ndarray:
        return np.array([self.episode % len(self.rewards) + 1.0, self.time + 1.0])


class Choices(gym.Env[np.ndarray, int]):
    """Episodes of one step: two situations in turn, in each of which one action costs 1 and the other one 3."""

    def __init__(self) -> None:
        self.observation_space = gym.spaces.Box(-np.inf, np.inf, (2,), np.float64)
        self.action_space = gym.spaces.Discrete(2)  # type: ignore[assignment]
        self.situation = 0

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        """See gymnasium."""
        return np.eye(2)[self.situation], {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """See gymnasium."""
        reward = -1.0 if int(action) == self.situation else -3.0
        self.situation = 1 - self.situation
        return np.eye(2)[self.situation], reward, True, False, {}


def linear_actor(obs_dim: int, actions: int) -> Any:
    """An actor with one layer of zeros: to begin with, all actions are equally likely."""
    import torch
    from torch import nn
    from torch.distributions import Categorical

    class LinearActor(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.logits = _zeros(nn.Linear(obs_dim, actions))

        def forward(self, obs: Any) -> Any:
            return Categorical(logits=self.logits(obs))

        def get_action(self, obs: Any, greedy: bool = False) -> int:
            weights = self(torch.tensor(np.asarray(obs, np.float32))).probs.detach()
            chosen = weights.max(0).indices if greedy else torch.multinomial(weights, 1)
            return int(chosen.item())

    return LinearActor()


def linear_values(obs_dim: int, weights: Sequence[float] = (), bias: float = 0.0) -> Any:
    """A value network with one layer, of zeros unless weights are given."""
    import torch
    from torch import nn

    class LinearValues(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.value = _zeros(nn.Linear(obs_dim, 1))

        def forward(self, obs: Any) -> Any:
            return self.value(obs).squeeze(-1)

    network = LinearValues()
    with torch.no_grad():
        network.value.bias.fill_(bias)
        if weights:
            network.value.weight.copy_(torch.tensor([weights]))
    return network


def weights_of(network: Any) -> Any:
    """All parameters as one vector."""
    import torch

    return torch.cat([each.detach().flatten() for each in network.parameters()]).clone()


def _zeros(layer: Any) -> Any:
    for parameter in layer.parameters():
        parameter.detach().zero_()
    return layer
