"""Exact values of a tabular environment whose transitions are known, by dynamic programming.

Sutton and Barto, "Reinforcement Learning", 2nd edition, chapter 4: http://incompleteideas.net/book/the-book-2nd.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import gymnasium as gym

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TabularModel:
    """What an environment with S states and A actions does.

    Attributes:
        rewards: Expected reward of an action, shape [S, A].
        continues: Probability that the action leads to a state and the episode goes on, shape [S, A, S]; what is
            missing to 1 is the probability that it terminates.
        start: Probability of a state to be the first, shape [S].
        time_limit: Steps after which an episode is truncated.
    """

    rewards: Floats
    continues: Floats
    start: Floats
    time_limit: int

    @classmethod
    def of(cls, env: gym.Env[Any, Any]) -> TabularModel:
        """Reads the transitions of one of Gymnasium's tabular environments, such as FrozenLake, and its time limit.

        Raises:
            ValueError: The environment does not know its transitions, or has no time limit.
        """
        transitions = getattr(env.unwrapped, "P", None)
        limit = env.spec.max_episode_steps if env.spec else None
        if transitions is None or limit is None:
            raise ValueError("env: expected known transitions (env.unwrapped.P) and a time limit; take FrozenLake-v1")
        states, actions = len(transitions), len(transitions[0])
        rewards, continues = np.zeros((states, actions)), np.zeros((states, actions, states))
        for state, by_action in transitions.items():
            for action, outcomes in by_action.items():
                for probability, next_state, reward, terminated in outcomes:
                    rewards[state, action] += probability * reward
                    continues[state, action, next_state] += probability * (not terminated)
        return cls(rewards, continues, np.asarray(env.unwrapped.initial_state_distrib), limit)  # type: ignore[attr-defined]

    def action_values(self, values: Floats, gamma: float) -> Floats:
        """Expected reward of each action plus gamma times the value of the next state, shape [S, A]."""
        return self.rewards + gamma * self.continues @ values

    def expected_return(self, policy: ArrayLike) -> float:
        """Exact mean return, undiscounted, of an episode that is truncated at the time limit.

        Args:
            policy: Probability of each action in each state, shape [S, A]; ``greedy_probabilities(q)`` for a Q table.
        """
        chosen, values = np.asarray(policy, dtype=np.float64), np.zeros(len(self.start))
        for _ in range(self.time_limit):
            values = (chosen * self.action_values(values, 1.0)).sum(axis=1)
        return float(self.start @ values)

    def best_return(self) -> float:
        """The largest mean return, undiscounted, of any policy: one that may look at the clock, too."""
        values = np.zeros(len(self.start))
        for _ in range(self.time_limit):
            values = self.action_values(values, 1.0).max(axis=1)
        return float(self.start @ values)

    def optimal_q(self, gamma: float, tolerance: float = 1e-12) -> Floats:
        """The optimal action values without a time limit, by value iteration.

        Args:
            gamma: Discount, below 1 unless every policy ends its episodes.
            tolerance: Largest change of a value in the last sweep.

        Returns:
            Shape [S, A]; zeros where the episode is over.
        """
        values = np.zeros(len(self.start))
        while True:
            q = self.action_values(values, gamma)
            if abs(q.max(axis=1) - values).max() <= tolerance:
                return q
            values = q.max(axis=1)


def greedy_probabilities(q: ArrayLike) -> Floats:
    """Probabilities of the actions of a greedy policy that breaks ties at random.

    Args:
        q: Action values, shape [..., A].

    Returns:
        Shape [..., A], float64; where several actions have the largest value they share the probability.
    """
    table = np.asarray(q, dtype=np.float64)
    best = table == table.max(axis=-1, keepdims=True)
    return best / best.sum(axis=-1, keepdims=True)
