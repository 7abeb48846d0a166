"""Exact values of Blackjack, against games that are played and numbers that are known."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.envs.toy_text.blackjack import is_bust, sum_hand, usable_ace

from rlhelpers.exact_blackjack import HIT, STICK, blackjack_return, drawn, optimal_blackjack_q
from rlhelpers.tabular_model import greedy_probabilities

GAMES = 20_000


def below(limit):
    """The policy that hits below a sum and sticks from there on."""
    policy = np.zeros((32, 11, 2, 2))
    policy[:limit, ..., HIT] = policy[limit:, ..., STICK] = 1.0
    return policy


POLICIES = {
    "best": greedy_probabilities(optimal_blackjack_q()),
    "dealer's": below(17),
    "reckless": below(21),
    "always sticks": below(0),
}


@pytest.mark.parametrize("name", POLICIES)
def test_mean_returns_are_those_of_games_that_are_played(name):
    """Four standard errors of 20,000 games are 0.028: a right value fails once in 15,000 seeds; this one passes."""
    env, policy, total = gym.make("Blackjack-v1", disable_env_checker=True), POLICIES[name], 0.0
    env.reset(seed=3)
    for _ in range(GAMES):
        hand, _ = env.reset()
        over = False
        while not over:
            hand, reward, over, _, _ = env.step(int(policy[hand][HIT]))
        total += float(reward)
    assert total / GAMES == pytest.approx(blackjack_return(policy), abs=0.028)


def test_the_best_policy_is_the_one_in_the_book():
    """Sutton and Barto, figure 5.2: the sums from which one sticks, for the dealer's ace, 2, ..., 10."""
    sticks = POLICIES["best"][..., STICK] == 1.0
    hard, soft = sticks[11:22, 1:, 0].argmax(axis=0) + 11, sticks[11:22, 1:, 1].argmax(axis=0) + 11
    assert hard.tolist() == [17, 13, 13, 12, 12, 12, 17, 17, 17, 17]
    assert soft.tolist() == [19, 18, 18, 18, 18, 18, 18, 18, 19, 19]


def test_no_rule_of_thumb_is_better_than_the_best():
    best = blackjack_return(POLICIES["best"])
    assert max(blackjack_return(below(limit)) for limit in range(12, 22)) < best
    assert best == pytest.approx(-0.0431, abs=5e-5)


def test_a_reckless_player_is_bust():
    policy = np.zeros((32, 11, 2, 2))
    policy[..., HIT] = 1.0
    assert blackjack_return(policy) == pytest.approx(-1.0)


def test_hands_are_counted_as_gymnasium_counts_them():
    rng = np.random.default_rng(0)
    for _ in range(300):
        hand = [int(rng.integers(2, 11))]
        total, usable = hand[0], 0
        while not is_bust(hand):
            hand.append(int(rng.integers(1, 11)))
            total, usable = drawn(total, usable, hand[-1])
            assert total == sum_hand(hand)
            assert is_bust(hand) or usable == usable_ace(hand)
