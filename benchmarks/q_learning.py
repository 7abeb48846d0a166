"""How good Q-learning's reference is, evaluated exactly: ``python -m benchmarks.q_learning [SEEDS]``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import gymnasium as gym
import numpy as np

from autograder.suites.q_learning.lake import MAPS, lake_model
from rlhelpers.exact_blackjack import blackjack_return, optimal_blackjack_q
from rlhelpers.tabular_model import TabularModel, greedy_probabilities
from solutions import q_learning


def main(seeds: Sequence[int]) -> None:
    """Prints a line for each setting: those of the notebook, and those of the grader's two games."""
    lake = gym.make("FrozenLake-v1")
    model = TabularModel.of(lake)
    print(f"part of the optimum {model.best_return():.4f} on FrozenLake-v1, notebook's settings")
    report(seeds, lambda seed: lake_share(lake, model, (0.05, 10_000, 0.99, 0.5, seed)))
    for rows in MAPS:
        small, small_model = gym.make("FrozenLake-v1", desc=list(rows)), lake_model(list(rows))
        print(f"part of the optimum {small_model.best_return():.4f} on {'/'.join(rows)}, grader's settings")
        report(seeds, lambda seed, env=small, model=small_model: lake_share(env, model, (0.05, 800, 0.95, 0.5, seed)))  # type: ignore[misc]
    games = gym.make("Blackjack-v1")
    best = blackjack_return(greedy_probabilities(optimal_blackjack_q()))
    print(f"mean return of Blackjack-v1 (optimum {best:.4f}), grader's settings")
    report(seeds, lambda seed: blackjack_mean(games, (0.1, 1500, 1.0, 1.0, seed)))


def lake_share(env: gym.Env, model: TabularModel, arguments: tuple[float, int, float, float, int]) -> float:
    q = q_learning.train_q_learning(env, *arguments)
    return model.expected_return(greedy_probabilities(q)) / model.best_return()


def blackjack_mean(env: gym.Env, arguments: tuple[float, int, float, float, int]) -> float:
    return blackjack_return(greedy_probabilities(q_learning.train_q_learning(env, *arguments)))


def report(seeds: Sequence[int], measure: Callable[[int], float]) -> None:
    found = np.array([measure(seed) for seed in seeds])
    quantiles = ", ".join(f"{each:.4f}" for each in np.quantile(found, [0, 0.05, 0.5, 1]))
    print(f"  {len(found)} seeds: min, 5%, median, max {quantiles}; mean {found.mean():.4f}, std {found.std():.4f}")


if __name__ == "__main__":
    main(range(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
