"""Exact values of Gymnasium's Blackjack-v1, by dynamic programming over its infinite deck.

The rules are those of ``gym.make("Blackjack-v1")``, which are Sutton and Barto's (example 5.1): the dealer draws up to
17; a player with a natural (ace and ten) wins 1 unless the dealer has one too, which is a draw.
https://gymnasium.farama.org/environments/toy_text/blackjack/

Arrays are indexed by the observation: the player's sum, the dealer's card (1 is the ace), a usable ace (0 or 1).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

OBSERVATIONS = (32, 11, 2)
STICK, HIT = 0, 1
_CARDS = {card: (4 if card == 10 else 1) / 13 for card in range(1, 11)}
# Hands, in an order in which every hand comes after those that a card can make of it.
_HANDS = [(total, 0) for total in range(21, 10, -1)]
_HANDS += [(total, 1) for total in range(21, 11, -1)]
_HANDS += [(total, 0) for total in range(10, 3, -1)]


def blackjack_return(policy: ArrayLike) -> float:
    """Exact mean return of a game.

    Args:
        policy: Probability of each action (stick, hit) at each observation, shape [32, 11, 2, 2];
            ``greedy_probabilities(q)`` for a Q table.

    Returns:
        Between -1 and 1.
    """
    chosen = np.asarray(policy, dtype=np.float64)
    q = _action_values(chosen)
    mean = 0.0
    for dealer, dealer_chance in _CARDS.items():
        for one, one_chance in _CARDS.items():
            for other, other_chance in _CARDS.items():
                total, usable = drawn(one, int(one == 1), other) if one != 1 else drawn(11, 1, other)
                values = q[total, dealer, usable].copy()
                if total == 21:
                    values[STICK] = _natural_value(dealer)
                chance = dealer_chance * one_chance * other_chance
                mean += chance * float(chosen[total, dealer, usable] @ values)
    return mean


def optimal_blackjack_q() -> Floats:
    """The optimal action values, shape [32, 11, 2, 2]; zeros where no hand is.

    Sticking with 21 is valued as for a hand of more than two cards.
    """
    return _action_values(None)


def drawn(total: int, usable: int, card: int) -> tuple[int, int]:
    """Adds a card to a hand.

    Args:
        total: Its sum.
        usable: 1 if an ace counts as 11 in it.
        card: 1 (the ace) to 10.

    Returns:
        The new sum and usable; the hand is bust if the sum exceeds 21.
    """
    if card == 1 and total + 11 <= 21:
        return total + 11, 1
    total += card
    return (total - 10, 0) if total > 21 and usable else (total, usable)


def _action_values(policy: Floats | None) -> Floats:
    """Action values [32, 11, 2, 2] of a policy, or of the best one."""
    q, values = np.zeros((*OBSERVATIONS, 2)), np.zeros(OBSERVATIONS)
    for total, usable in _HANDS:
        for dealer in _CARDS:
            q[total, dealer, usable, STICK] = _stick_value(total, dealer)
        for card, chance in _CARDS.items():
            after, still_usable = drawn(total, usable, card)
            q[total, 1:, usable, HIT] += chance * (values[after, 1:, still_usable] if after <= 21 else -1.0)
        at_hand = q[total, :, usable]
        values[total, :, usable] = at_hand.max(-1) if policy is None else (policy[total, :, usable] * at_hand).sum(-1)
    return q


def _stick_value(total: int, dealer: int) -> float:
    """Mean reward of sticking: 1 for every final sum of the dealer's that is smaller or bust, -1 for a larger one."""
    return float(
        sum(chance * np.sign(total - (0 if final > 21 else final)) for final, chance in _FINALS[dealer].items())
    )


def _natural_value(dealer: int) -> float:
    """Mean reward of sticking with a natural: the dealer's second card may make one, too."""
    return 1.0 - {1: _CARDS[10], 10: _CARDS[1]}.get(dealer, 0.0)


def _final_sums(total: int, usable: int) -> dict[int, float]:
    """How likely the dealer, who holds this hand, ends with each sum."""
    if total >= 17:
        return {total: 1.0}
    finals: dict[int, float] = {}
    for card, chance in _CARDS.items():
        for final, following in _final_sums(*drawn(total, usable, card)).items():
            finals[final] = finals.get(final, 0.0) + chance * following
    return finals


_FINALS = {card: _final_sums(11 if card == 1 else card, int(card == 1)) for card in _CARDS}
