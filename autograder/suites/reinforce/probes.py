"""Probes: tiny environments, stepped by the grader, that write down what the student's code does to them.

A reset that follows a reset begins the same episode once more: whether an environment is reset by its maker and again
by who plays makes no difference to what is played.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from autograder.sandbox.environments import Box, Discrete
from autograder.sandbox.student import Student
from autograder.suites.hidden_values import Floats, exact

ENV_ID = "Hidden-v0"
OBS_DIM = 3
ACTIONS = 3
OVERRUN_REWARD = 1000.0
Ending = Literal["terminated", "truncated"]


@dataclass(frozen=True)
class Script:
    """Episodes that do not depend on actions; each observation occurs once.

    Attributes:
        observations: For each episode [steps + 1, OBS_DIM].
        rewards: For each episode [steps].
        endings: How each episode ends.
    """

    observations: tuple[Floats, ...]
    rewards: tuple[Floats, ...]
    endings: tuple[Ending, ...]

    @classmethod
    def draw(cls, rng: np.random.Generator, lengths: Sequence[int], paying: int | None = None) -> Script:
        """Draws episodes of these lengths, terminated and truncated in turn.

        Args:
            rng: The generator.
            lengths: Steps of each episode.
            paying: Only so many episodes pay, the others' rewards are 0; None: all.
        """
        observations = tuple(exact(rng.normal(0.0, 1.0, (steps + 1, OBS_DIM))) for steps in lengths)
        drawn = [rng.uniform(0.5, 3.0, steps) * rng.choice([1.0, 1.0, -1.0], steps) for steps in lengths]
        rewards = tuple(
            each.round(2) if paying is None or number < paying else 0.0 * each for number, each in enumerate(drawn)
        )
        endings: tuple[Ending, ...] = tuple("truncated" if n % 2 else "terminated" for n in range(len(lengths)))
        return cls(observations, rewards, endings)

    @property
    def totals(self) -> Floats:
        """Undiscounted returns of the episodes."""
        return np.array([each.sum() for each in self.rewards])


@dataclass(frozen=True)
class Seen:
    """One step as the environment saw it.

    Attributes:
        episode: Which episode of the script it belongs to.
        before: The observation in which the action was taken.
        action: The action as it arrived.
    """

    episode: int
    before: Floats
    action: int


class ScriptedEnvironment:
    """Plays the episodes of a script one after the other, then begins again.

    Args:
        script: The episodes.

    Attributes:
        seeds: The seed of each reset.
        steps: Every step within an episode.
        overruns: Steps taken after an episode's end; they pay ``OVERRUN_REWARD`` and end at once.
    """

    observation_space: Box | Discrete = Box([-np.inf] * OBS_DIM, [np.inf] * OBS_DIM, "float64")
    action_space: Box | Discrete = Discrete(ACTIONS)

    def __init__(self, script: Script) -> None:
        self.script = script
        self.seeds: list[int | None] = []
        self.steps: list[Seen] = []
        self.overruns = 0
        self._episode = self._time = 0

    def reset(self, seed: int | None) -> Floats:
        """Starts the next episode."""
        self.seeds.append(seed)
        self._episode += self._time > 0
        self._time = 0
        return self._observation()

    def step(self, action: np.ndarray) -> tuple[Floats, float, bool, bool]:
        """Goes on in the script."""
        number = self._episode % len(self.script.rewards)
        rewards = self.script.rewards[number]
        if self._time == len(rewards):
            self.overruns += 1
            return self._observation(), OVERRUN_REWARD, True, True
        self.steps.append(Seen(number, self._observation(), int(action)))
        reward = float(rewards[self._time])
        self._time += 1
        ended = self.script.endings[number] if self._time == len(rewards) else None
        return self._observation(), reward, ended == "terminated", ended == "truncated"

    def _observation(self) -> Floats:
        observation: Floats = self.script.observations[self._episode % len(self.script.rewards)][self._time]
        return observation


class OneStepEnvironment:
    """Shows one of several situations in turn; the action pays what the table says, and the episode is over.

    Args:
        pays: Rewards [situations, actions].

    Attributes:
        observations: One row per situation; they are independent, and none of them is zero.
        paid: Rewards so far.
    """

    observations = np.array([[1.0, 0.5], [-1.0, 0.5]])
    observation_space: Box | Discrete = Box([-2.0, -2.0], [2.0, 2.0], "float64")

    def __init__(self, pays: Any) -> None:
        self.pays = np.asarray(pays, dtype=np.float64)
        self.action_space: Box | Discrete = Discrete(self.pays.shape[1])
        self.paid: list[float] = []

    def reset(self, seed: int | None) -> Floats:
        """Shows the next situation."""
        return self._observation()

    def step(self, action: np.ndarray) -> tuple[Floats, float, bool, bool]:
        """Pays the action."""
        reward = float(self.pays[len(self.paid) % len(self.pays), int(action)])
        self.paid.append(reward)
        return self._observation(), reward, True, False

    def _observation(self) -> Floats:
        observation: Floats = self.observations[len(self.paid) % len(self.pays)]
        return observation


class TwoStepEnvironment:
    """Two steps that pay fixed rewards, whatever the action is.

    Args:
        rewards: Of the first step and of the second.
        actions: Number of actions.
    """

    observations = np.array([[1.0, -0.5], [-1.0, 0.5], [0.0, 0.0]])
    observation_space: Box | Discrete = Box([-2.0, -2.0], [2.0, 2.0], "float64")

    def __init__(self, rewards: tuple[float, float], actions: int = 2) -> None:
        self.rewards = rewards
        self.action_space: Box | Discrete = Discrete(actions)
        self._time = 0

    def reset(self, seed: int | None) -> Floats:
        """Starts an episode."""
        self._time = 0
        return self._observation()

    def step(self, action: np.ndarray) -> tuple[Floats, float, bool, bool]:
        """Pays the step's reward."""
        reward = self.rewards[min(self._time, 1)]
        self._time = min(self._time + 1, 2)
        return self._observation(), reward, self._time == 2, False

    def _observation(self) -> Floats:
        observation: Floats = self.observations[self._time]
        return observation


def played(student: Student, script: Script) -> list[ScriptedEnvironment]:
    """The environments with this script that the student's code has stepped."""
    made = [each for each in student.environments_made(ENV_ID) if isinstance(each, ScriptedEnvironment)]
    return [each for each in made if each.script is script and (each.steps or each.overruns)]
