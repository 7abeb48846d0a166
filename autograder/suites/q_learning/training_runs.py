"""Runs of ``train_q_learning`` in the grader's probes, and in Gymnasium's own environments inside the sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.sandbox.student import Student
from autograder.suites import expect
from autograder.suites.hidden_values import Floats
from autograder.suites.q_learning import oracles
from autograder.suites.q_learning.hidden_inputs import table
from autograder.suites.q_learning.probes import Map, Walk

ENV_ID = "Hidden-v0"
ALPHA, GAMMA = 0.4, 0.8
EPISODES = 15


@dataclass(frozen=True)
class Run:
    """What came of one call.

    Attributes:
        world: Where it took place.
        seed: The seed given.
        probe: What the environment saw.
        received: What was returned.
    """

    world: Map
    seed: int
    probe: Walk
    received: Any

    @property
    def table(self) -> Floats:
        """The table, of the right form."""
        return table(self.received, self.world.shape, "the table of train_q_learning")

    @property
    def replayed(self) -> list[Floats]:
        """The right tables before each step that the environment saw, and after the last."""
        return oracles.replayed(self.world.shape, self.probe.steps, ALPHA, GAMMA)

    def expect_replayed(self, what: str) -> None:
        """Fails unless the table is what the steps that the environment saw make of zeros."""
        expect.that(bool(self.probe.steps), "train_q_learning: no step was taken in the environment that it was given")
        expect.close(self.table, self.replayed[-1], what, rtol=1e-4, atol=1e-5)


def standstill(sizes: tuple[int, ...]) -> Map:
    """A world that looks the same for up to six steps, all of which cost: after each another action is the best."""
    places = 7
    moves = np.minimum(np.arange(places) + 1, places - 1)[:, None].repeat(3, axis=1)
    rewards = np.array([[-1.0, -1.1, -1.2]] * places)
    return Map((1,) * (places - 1) + (0,), sizes, moves, rewards, frozenset({places - 1}), 1000)


def run(student: Student, rng: np.random.Generator, world: Map, epsilon: float, episodes: int = EPISODES) -> Run:
    """Trains in a world, with a seed drawn at random."""
    return run_with_seed(student, int(rng.integers(1 << 20)), world, epsilon, episodes)


def run_with_seed(student: Student, seed: int, world: Map, epsilon: float, episodes: int = EPISODES) -> Run:
    """Trains in a world."""
    probes: list[Walk] = []

    def factory() -> Walk:
        probes.append(Walk(world))
        return probes[-1]

    student.environment(ENV_ID, factory)
    env = student.library("gymnasium.make", ENV_ID)
    received = student.train_q_learning(env, ALPHA, episodes, GAMMA, epsilon, seed)
    return Run(world, seed, probes[0], received)


def trained_in(student: Student, env_id: str, arguments: tuple[Any, ...], **options: Any) -> Any:
    """Trains in one of Gymnasium's environments, within the sandbox.

    Args:
        student: The proxy.
        env_id: Its id.
        arguments: Of ``train_q_learning``, without the environment.
        options: For ``gymnasium.make``.
    """
    env = student.library("gymnasium.make", env_id, disable_env_checker=True, **options)
    return student.train_q_learning(env, *arguments)
