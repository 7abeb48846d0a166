"""How often right Q-learning misses the grader's thresholds: thousands of runs at once.

``python -m benchmarks.q_learning_runs [RUNS]``. The algorithm and both games are written anew, over an axis of runs.
"""

from __future__ import annotations

import sys

import numpy as np

from autograder.suites.q_learning.lake import MAPS, lake_model
from benchmarks.q_learning import GAMES_THRESHOLD, GRADER_GAMES, GRADER_LAKE, LAKE_THRESHOLD, told
from rlhelpers.exact_blackjack import OBSERVATIONS, blackjack_return
from rlhelpers.tabular_model import greedy_probabilities


def main(runs: int) -> None:
    """Prints two lines for each of the grader's lakes, and for blackjack."""
    rng = np.random.default_rng(0)
    for rows in MAPS:
        print(f"part of the optimum on {'/'.join(rows)}, setting {GRADER_LAKE}")
        told(lake_shares(list(rows), runs, rng), LAKE_THRESHOLD)
    print(f"mean return of Blackjack-v1, setting {GRADER_GAMES}")
    told(np.concatenate([games_returns(500, rng) for _ in range(-(-runs // 500))]), GAMES_THRESHOLD)


def lake_shares(rows: list[str], runs: int, rng: np.random.Generator) -> np.ndarray:
    """Trains on a lake; returns the parts of the best success probability, shape [runs]."""
    alpha, episodes, gamma, epsilon = GRADER_LAKE
    model = lake_model(rows)
    states, start = len(model.start), int(model.start.argmax())
    reached = model.rewards[:, :, None]
    fallen = 1 - model.continues.sum(axis=2, keepdims=True) - reached
    bounds = np.cumsum(np.concatenate([model.continues, reached, fallen], axis=2), axis=2)
    q = np.zeros((runs, states, 4))
    state, steps, played = np.full(runs, start), np.zeros(runs, dtype=int), np.zeros(runs, dtype=int)
    while len(on := np.flatnonzero(played < episodes)):
        before = state[on]
        action = np.argmax(q[on, before] + 1e-12 * rng.random((len(on), 4)), axis=1)
        action = np.where(rng.random(len(on)) < epsilon, rng.integers(4, size=len(on)), action)
        outcome = (rng.random((len(on), 1)) >= bounds[before, action, :-1]).sum(axis=1)  # states, then goal, then hole
        terminated = outcome >= states
        after = np.where(terminated, 0, outcome)
        target = (outcome == states) + gamma * np.where(terminated, 0.0, q[on, after].max(axis=1))
        q[on, before, action] += alpha * (target - q[on, before, action])
        steps[on] += 1
        over = terminated | (steps[on] >= model.time_limit)
        state[on], steps[on] = np.where(over, start, after), np.where(over, 0, steps[on])
        played[on] += over
    return np.array([model.expected_return(greedy_probabilities(each)) for each in q]) / model.best_return()


def games_returns(runs: int, rng: np.random.Generator) -> np.ndarray:
    """Learns blackjack from games in which all actions are random; returns the exact mean returns, shape [runs]."""
    alpha, games, gamma, epsilon = GRADER_GAMES
    assert gamma == epsilon == 1.0
    q = np.zeros((runs, *OBSERVATIONS, 2))
    for _ in range(games):
        shown, hidden = cards(rng, runs), cards(rng, runs)
        total, usable = two_cards(cards(rng, runs), cards(rng, runs))
        natural, live = total == 21, np.arange(runs)
        while len(live):
            seen = live, total[live], shown[live], usable[live]
            hit = rng.integers(2, size=len(live)) == 1
            new_total, new_usable = add(total[live], usable[live], cards(rng, len(live)))
            goes_on = hit & (new_total <= 21)
            target = np.where(hit, -1.0, 0.0)
            target[goes_on] = q[live, np.minimum(new_total, 21), shown[live], new_usable].max(axis=1)[goes_on]
            stick = live[~hit]
            target[~hit] = stick_rewards(total[stick], natural[stick], shown[stick], hidden[stick], rng)
            q[(*seen, hit.astype(int))] += alpha * (target - q[(*seen, hit.astype(int))])
            total[live], usable[live], natural[live] = new_total, new_usable, False
            live = live[goes_on]
    return np.array([blackjack_return(greedy_probabilities(each)) for each in q])


def stick_rewards(
    total: np.ndarray, natural: np.ndarray, shown: np.ndarray, hidden: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """The dealer draws up to 17; a natural wins unless the dealer has one, too."""
    dealer, usable = two_cards(shown, hidden)
    dealers_natural = dealer == 21
    while len(draws := np.flatnonzero(dealer < 17)):
        dealer[draws], usable[draws] = add(dealer[draws], usable[draws], cards(rng, len(draws)))
    rewards = np.sign(total - np.where(dealer > 21, 0, dealer)).astype(np.float64)
    return np.where(natural & ~dealers_natural, 1.0, rewards)


def cards(rng: np.random.Generator, count: int) -> np.ndarray:
    return np.minimum(rng.integers(1, 14, size=count), 10)


def two_cards(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    nothing = np.zeros(len(one), dtype=int)
    return add(*add(nothing, nothing, one), other)


def add(total: np.ndarray, usable: np.ndarray, card: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Adds a card to each hand; an ace counts as 11 where it may."""
    usable_now = np.maximum(usable, (card == 1) & (total + 11 <= 21))
    total = total + card + 10 * (usable_now > usable)
    bust = (total > 21) & (usable_now == 1)
    return total - 10 * bust, usable_now - bust


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
