"""Probes: tiny environments, stepped by the grader, that write down what the student's code does to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

from autograder.sandbox.environments import Box, Discrete
from autograder.suites.hidden_values import Floats

OBS_DIM = 3
ACTION_DIM = 2
OVERRUN_REWARD = 1000.0
Ending = Literal["terminated", "truncated"]
ENDINGS: tuple[Ending, ...] = ("terminated", "truncated")
Environment = TypeVar("Environment")


@dataclass(frozen=True)
class Script:
    """Episodes that do not depend on actions; each observation occurs once.

    Attributes:
        observations: Shape [episodes, steps + 1, OBS_DIM].
        rewards: Shape [episodes, steps].
        endings: How the last step of an episode ends it, for the episodes in turn.
    """

    observations: Floats
    rewards: Floats
    endings: tuple[Ending, ...]

    @classmethod
    def draw(
        cls,
        rng: np.random.Generator,
        episodes: int,
        steps: int,
        endings: tuple[Ending, ...] = ("terminated",),
    ) -> Script:
        """Draws observations as large as those of a raw environment, and rewards."""
        observations = rng.normal(0.0, 2.0, (episodes, steps + 1, OBS_DIM))
        return cls(observations, rng.normal(1.0, 2.0, (episodes, steps)).round(2), endings)

    def episode_of(self, seed: int) -> int:
        """Which episode follows a reset with this seed."""
        return seed % len(self.rewards)


@dataclass(frozen=True)
class Seen:
    """One step as the environment saw it.

    Attributes:
        before: The observation in which the action was taken.
        action: The action as it arrived.
        after: The observation that it led to.
        reward: Its reward.
        ended: How it ended the episode; None if it did not.
    """

    before: Floats
    action: np.ndarray
    after: Floats
    reward: float
    ended: Ending | None


class ScriptedEnvironment:
    """Plays the episodes of a script one after the other; a seed says with which to begin.

    Args:
        script: The episodes.
        bound: Actions are within [-bound, bound].
        action_dim: Number of an action's components.

    Attributes:
        seeds: The seed of each reset.
        steps: Every step within an episode.
        overruns: Steps taken after an episode's end; they pay ``OVERRUN_REWARD`` and end at once.
    """

    def __init__(self, script: Script, bound: float = 1.0, action_dim: int = ACTION_DIM) -> None:
        size = script.observations.shape[-1]
        self.observation_space: Box | Discrete = Box([-np.inf] * size, [np.inf] * size, "float64")
        self.action_space: Box | Discrete = Box([-bound] * action_dim, [bound] * action_dim)
        self.script = script
        self.seeds: list[int | None] = []
        self.steps: list[Seen] = []
        self.overruns = 0
        self._episode = -1
        self._time = 0

    def reset(self, seed: int | None) -> Floats:
        """Starts the episode that belongs to the seed, or the next one."""
        self.seeds.append(seed)
        following = self._episode + 1 if seed is None else self.script.episode_of(seed)
        self._episode, self._time = following % len(self.script.rewards), 0
        return self._observation()

    def step(self, action: np.ndarray) -> tuple[Floats, float, bool, bool]:
        """Goes on in the script."""
        if self._time == self.script.rewards.shape[1]:
            self.overruns += 1
            return self._observation(), OVERRUN_REWARD, True, True
        before, reward = self._observation(), float(self.script.rewards[self._episode, self._time])
        self._time += 1
        endings, done = self.script.endings, self._time == self.script.rewards.shape[1]
        ended = endings[self._episode % len(endings)] if done else None
        self.steps.append(Seen(before, action, self._observation(), reward, ended))
        return self._observation(), reward, ended == "terminated", ended == "truncated"

    def _observation(self) -> Floats:
        observation: Floats = self.script.observations[self._episode, self._time]
        return observation


class SignEnvironment:
    """Shows plus or minus one in turn; the action pays itself times that sign, and the episode is over.

    Observations are balanced, with mean 0 and variance 1, so that an actor's normalisation leaves them alone.
    """

    observation_space: Box | Discrete = Box([-1.0, -1.0], [1.0, 1.0], "float64")
    action_space: Box | Discrete = Box([-10.0], [10.0])
    observations = np.array([[1.0, -1.0], [-1.0, 1.0]])

    def __init__(self) -> None:
        self._resets = 0

    def reset(self, seed: int | None) -> Floats:
        """Shows the next sign."""
        self._resets += 1
        return self._observation()

    def step(self, action: np.ndarray) -> tuple[Floats, float, bool, bool]:
        """Pays the action in the direction of the sign."""
        reward = float(self._observation()[0] * np.ravel(action)[0])
        return self._observation(), reward, True, False

    def _observation(self) -> Floats:
        observation: Floats = self.observations[self._resets % 2]
        return observation


# Columns of ones and minus ones, balanced and orthogonal (Hadamard 1893): whoever normalises leaves them alone.
_SITUATIONS = np.array(
    [[1.0 - 2.0 * (bin(row & column).count("1") % 2) for column in range(1, 11)] for row in range(16)]
)


@dataclass(frozen=True)
class Situations:
    """What each of sixteen situations pays: its worth, less the squared distance of the action from its target.

    Attributes:
        observations: Shape [16, 10].
        worths: What is paid whatever the action is, shape [16].
        targets: The best actions, shape [16]; None where the action makes no difference.
    """

    observations: Floats
    worths: Floats
    targets: Floats | None = None

    @classmethod
    def with_targets(cls, rng: np.random.Generator) -> Situations:
        """Situations in which the best action, -1 or 1, is a component of the observation or minus that."""
        return cls(_SITUATIONS, np.zeros(len(_SITUATIONS)), cls._component(rng))

    @classmethod
    def with_worths(cls, rng: np.random.Generator) -> Situations:
        """Situations in which nothing depends on the action, and the reward is a component or minus that."""
        return cls(_SITUATIONS, cls._component(rng))

    @staticmethod
    def _component(rng: np.random.Generator) -> Floats:
        component: Floats = rng.choice([-1.0, 1.0]) * _SITUATIONS[:, rng.integers(_SITUATIONS.shape[1])]
        return component

    def distances(self, actions: Floats) -> Floats:
        """Squared distances of actions, one for each situation, from the targets; 0 where there are none."""
        return np.zeros(len(self.worths)) if self.targets is None else (actions - self.targets) ** 2

    def reward(self, situation: int, action: float) -> float:
        """What an action pays."""
        return float(self.worths[situation] - self.distances(np.full(len(self.worths), action))[situation])


class SituationEnvironment:
    """Shows situations in turn; the action pays, and the episode is over.

    Args:
        situations: The situations.
        first: The number of the first one; side by side, environments show different ones.

    Attributes:
        rewards: Of all steps, in order.
    """

    action_space: Box | Discrete = Box([-10.0], [10.0])

    def __init__(self, situations: Situations, first: int = 0) -> None:
        size = situations.observations.shape[1]
        self.observation_space: Box | Discrete = Box([-1.0] * size, [1.0] * size, "float64")
        self.rewards: list[float] = []
        self._situations = situations
        self._now = first

    def reset(self, seed: int | None) -> Floats:
        """Shows the next situation."""
        self._now = (self._now + 1) % len(self._situations.worths)
        return self._observation()

    def step(self, action: np.ndarray) -> tuple[Floats, float, bool, bool]:
        """Pays the action."""
        self.rewards.append(self._situations.reward(self._now, float(np.ravel(action)[0])))
        return self._observation(), self.rewards[-1], True, False

    def _observation(self) -> Floats:
        observation: Floats = self._situations.observations[self._now]
        return observation


def in_turn(environments: Sequence[Environment]) -> Callable[[], Environment]:
    """A factory that hands out these environments one after the other, then begins again."""
    made = 0

    def factory() -> Environment:
        nonlocal made
        made += 1
        return environments[(made - 1) % len(environments)]

    return factory
