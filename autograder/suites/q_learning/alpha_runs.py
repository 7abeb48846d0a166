"""Runs of ``select_alpha`` in worlds where every score is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.sandbox.student import Student
from autograder.suites import expect
from autograder.suites.hidden_values import Floats
from autograder.suites.q_learning import oracles
from autograder.suites.q_learning.probes import Choice, Payments

ENV_ID = "Hidden-v0"
# With rewards of these proportions and as many greedy pulls, step sizes end on three different arms; 0.4 is the best
# one, with one seed and with several.
NOW = (-2.0, -3.0, -4.0, -5.0)
RETURNS = (-1.5, -4.0, -0.5, -3.5)
ALPHAS = (0.25, 0.4, 0.1, 0.95)
PULLS = 8
EVALUATION = 4


@dataclass(frozen=True)
class Selection:
    """What came of one call.

    Attributes:
        alphas: The step sizes given.
        seeds: The seeds given.
        probes: The environments that were made.
        received: What was returned.
        right: The scores that are right.
    """

    alphas: Sequence[float]
    seeds: Sequence[int]
    probes: list[Choice]
    received: Any
    right: Floats

    @property
    def best(self) -> float:
        """The best alpha, as it came."""
        return expect.number(self._pair[0], "the best alpha")

    @property
    def scores(self) -> Floats:
        """The scores, one for each alpha, as they came."""
        scores = self._pair[1]
        if isinstance(scores, list) and all(isinstance(each, float | int | np.ndarray) for each in scores):
            scores = np.array([expect.number(each, "a score") for each in scores])
        expect.shape(scores, (len(self.alphas),), "the scores")
        return np.asarray(expect.finite(scores, "the scores"), dtype=np.float64)

    @property
    def _pair(self) -> list[Any]:
        is_pair = isinstance(self.received, list) and len(self.received) == 2
        expect.that(is_pair, "select_alpha: expected a pair, the best alpha and the scores")
        return list(self.received)

    @property
    def chosen(self) -> list[int]:
        """The arms of all episodes."""
        return [arm for probe in self.probes for arm in probe.chosen]


def select(
    student: Student,
    rng: np.random.Generator,
    *,
    num_seeds: int = 1,
    alphas: Sequence[float] = ALPHAS,
    now: Sequence[float] = NOW,
    returns: Sequence[float] = RETURNS,
    arms: Sequence[int] | None = None,
    episodes: int = PULLS,
    gamma: float = 0.0,
    epsilon: float = 0.0,
    truncates: bool = True,
) -> Selection:
    """Lets a notebook select among step sizes.

    Args:
        student: The proxy.
        rng: Draws seeds, and the scale of all rewards, which changes no greedy decision.
        num_seeds: How many.
        alphas: Step sizes.
        now: What arms pay at once with the first seed.
        returns: What they pay in both steps.
        arms: The greedy arm after training with each alpha, whatever the seed. None: what greedy pulls make of ``now``,
            which every further seed rotates by one arm.
        episodes: Of training.
        gamma: Discount.
        epsilon: Exploration.
        truncates: How episodes end.
    """
    seeds = [int(seed) for seed in 5000 * rng.permutation(np.arange(1, 60))[:num_seeds] + rng.integers(1000)]
    scale, rotations = float(rng.uniform(0.5, 3.0)), range(num_seeds) if arms is None else [0] * num_seeds
    first, paid = scale * np.array(now), scale * np.array(returns)
    split = {seed: np.roll(first, rotation) for seed, rotation in zip(seeds, rotations, strict=True)}
    payments = Payments(paid, split, unknown=np.roll(first, -1))
    probes: list[Choice] = []

    def factory() -> Choice:
        probes.append(Choice(payments, truncates=truncates))
        return probes[-1]

    student.environment(ENV_ID, factory)
    received = student.select_alpha(ENV_ID, list(alphas), episodes, gamma, epsilon, seeds, eval_episodes=EVALUATION)
    arms = arms or [oracles.greedy_arm(now, alpha, episodes) for alpha in alphas]
    right = np.mean([[paid[(arm + rotation) % len(paid)] for arm in arms] for rotation in rotations], axis=0)
    return Selection(alphas, seeds, probes, received, right)
