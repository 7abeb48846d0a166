"""Hidden inputs of the checks: rollouts, losses' arguments, and tensors that stay inside the sandbox."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.sandbox.wire import Tensor, tensor
from autograder.suites.hidden_values import Floats, exact


@dataclass(frozen=True)
class Rollout:
    """What a policy has met in T steps of one environment, or of B side by side.

    Attributes:
        rewards: Shape [T] or [T, B].
        values: Shape [T + 1] or [T + 1, B].
        dones: Shape of rewards; 1 where an episode ended.
    """

    rewards: Floats
    values: Floats
    dones: Floats

    @classmethod
    def draw(cls, rng: np.random.Generator, steps: int, *envs: int) -> Rollout:
        """Draws a rollout in which every environment ends an episode, and the first is still in one at the end."""
        dones = (rng.random((steps, *envs)) < 0.15).astype(np.float64)
        middles = rng.integers(1, steps - 1, size=envs)
        np.put_along_axis(dones, np.expand_dims(middles, 0), 1.0, axis=0)
        dones[-1] = 1.0
        dones[(-1, 0) if envs else -1] = 0.0
        rewards, values = rng.normal(0.5, 2.0, (steps, *envs)), rng.normal(2.0, 1.5, (steps + 1, *envs))
        return cls(exact(rewards), exact(values), dones)

    def with_dones(self, done: float) -> Rollout:
        """The same rollout with every step marked alike."""
        return replace(self, dones=np.full_like(self.dones, done))

    def thin_parts(self) -> list[Rollout]:
        """One environment of a [T, B] rollout, as [T, 1], and its first step, as [1, B]."""
        one_env = (each[:, :1] for each in (self.rewards, self.values, self.dones))
        return [Rollout(*one_env), Rollout(self.rewards[:1], self.values[:2], self.dones[:1])]

    def tensors(self, dtype: str = "float32", dones_dtype: str | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """``(rewards, values, dones)`` to be sent."""
        dones = tensor(self.dones, dones_dtype or dtype)
        return tensor(self.rewards, dtype), tensor(self.values, dtype), dones


EXAMPLE = Rollout(
    exact([0.1, 0.2, -0.01, 0.5, 4.0, -1.0]),
    exact([0.1, 0.3, 0.15, 0.3, 0.4, 0.6, 0.5]),
    exact([0, 0, 0, 1, 0, 0]),
)
"""The example that the task's text works through, which a visible check shows with its answers."""


def known(rng: np.random.Generator) -> list[Rollout]:
    """The example, and a hidden one like it: who has only written the visible answers down earns nothing by them."""
    return [EXAMPLE, Rollout.draw(rng, len(EXAMPLE.rewards))]


@dataclass(frozen=True)
class Surprises:
    """Arguments of PPO's actor loss whose probability ratios are known.

    Attributes:
        new: Log-probabilities under the policy being trained, shape [N].
        old: Log-probabilities under the policy that acted, shape [N].
        advantages: Shape [N].
    """

    new: Floats
    old: Floats
    advantages: Floats

    @classmethod
    def of(cls, rng: np.random.Generator, ratios: Any, advantages: Any) -> Surprises:
        """Draws log-probabilities that have these ratios ``exp(new - old)``."""
        old = exact(rng.normal(-1.5, 0.5, len(ratios)))
        return cls(exact(old + np.log(ratios)), old, exact(advantages))

    @classmethod
    def draw(cls, rng: np.random.Generator, size: int, eps: float) -> Surprises:
        """Draws all six cases of clipping: a ratio below, within and above the interval, either advantage."""
        bands = [(0.4, 0.95 - eps), (1.05 - eps, 0.95 + eps), (1.05 + eps, 2.5)]
        ratios = [rng.uniform(*bands[i % 3]) for i in range(size)]
        signs = np.array([1.0 if i % 6 < 3 else -1.0 for i in range(size)])
        return cls.of(rng, ratios, signs * rng.uniform(0.3, 3.0, size))

    def tensors(self, dtype: str = "float32") -> tuple[Tensor, Tensor, Tensor]:
        """``(new_log_probs, old_log_probs, advantages)`` to be sent."""
        return tensor(self.new, dtype), tensor(self.old, dtype), tensor(self.advantages, dtype)
