"""How good Q-learning's reference is, evaluated exactly: ``python -m benchmarks.q_learning [SEEDS [GRADER_SEEDS]]``.

First the notebook's setting on the lake, then the grader's settings on each of its lakes and at the blackjack table.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import gymnasium as gym
import numpy as np

from autograder.suites.q_learning.lake import MAPS, lake_model
from rlhelpers.exact_blackjack import blackjack_return, optimal_blackjack_q
from rlhelpers.tabular_model import TabularModel, greedy_probabilities
from solutions import q_learning

NOTEBOOK = (0.01, q_learning.lake_episodes, 0.99, 0.5)
GRADER_LAKE, LAKE_THRESHOLD = (0.05, 800, 0.95, 0.5), 0.5
GRADER_GAMES, GAMES_THRESHOLD = (0.1, 1500, 1.0, 1.0), -0.16
Setting = tuple[float, int, float, float]


def main(seeds: int, grader_seeds: int) -> None:
    """Prints two lines for each setting."""
    env = gym.make("FrozenLake-v1")
    model = TabularModel.of(env)
    print(f"part of the optimum {model.best_return():.4f} on FrozenLake-v1, notebook's setting {NOTEBOOK}")
    report(seeds, lambda seed: lake_share(env, model, NOTEBOOK, seed), 0.98)
    for rows in MAPS:
        report_small_lake(list(rows), grader_seeds)
    games = gym.make("Blackjack-v1")
    best = blackjack_return(greedy_probabilities(optimal_blackjack_q()))
    print(f"mean return of Blackjack-v1 (optimum {best:.4f}), grader's setting {GRADER_GAMES}")
    report(grader_seeds, lambda seed: games_return(games, seed), GAMES_THRESHOLD)


def report_small_lake(rows: list[str], seeds: int) -> None:
    env, model = gym.make("FrozenLake-v1", desc=rows, disable_env_checker=True), lake_model(rows)
    print(f"part of the optimum {model.best_return():.4f} on {'/'.join(rows)}, grader's setting {GRADER_LAKE}")
    report(seeds, lambda seed: lake_share(env, model, GRADER_LAKE, seed), LAKE_THRESHOLD)


def lake_share(env: gym.Env, model: TabularModel, setting: Setting, seed: int) -> float:
    return model.expected_return(greedy_probabilities(q_learning.train_q_learning(env, *setting, seed))) / (
        model.best_return()
    )


def games_return(env: gym.Env, seed: int) -> float:
    return blackjack_return(greedy_probabilities(q_learning.train_q_learning(env, *GRADER_GAMES, seed)))


def report(seeds: int, measure: Callable[[int], float], threshold: float) -> None:
    told(np.array([measure(seed) for seed in range(seeds)]), threshold)


def told(found: np.ndarray, threshold: float) -> None:
    """Prints quantiles, and how many are not above the threshold; if none, a bound on that rate (Clopper-Pearson)."""
    runs, below = len(found), int((found <= threshold).sum())
    rate = f"{below / runs:.2%}" if below else f"at most {1 - 0.05 ** (1 / runs):.2%} with 95% confidence"
    quantiles = ", ".join(f"{each:.4f}" for each in np.quantile(found, [0, 0.05, 0.5, 1]))
    print(f"  {runs} runs: min, 5%, median, max {quantiles}; mean {found.mean():.4f}, std {found.std():.4f}")
    print(f"  not above {threshold}: {below}, a rate of {rate}", flush=True)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:3]]
    main(*(numbers + [20, 200][len(numbers) :]))
