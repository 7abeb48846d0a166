"""Probes: tiny environments, stepped by the grader, that write down what the student's code does to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autograder.sandbox.environments import Box, Discrete, Tuple
from autograder.suites.hidden_values import Floats

OVERRUN_REWARD = 1000.0
State = int | tuple[int, ...]


@dataclass(frozen=True)
class Seen:
    """One step as the environment saw it."""

    before: State
    action: int
    reward: float
    after: State
    terminated: bool
    truncated: bool


@dataclass(frozen=True)
class Map:
    """A deterministic world.

    Attributes:
        states: What is shown of each place.
        sizes: How many values each number of a state can have.
        moves: Place that an action leads to, shape [places, actions].
        rewards: Shape [places, actions].
        terminal: Places that end the episode.
        time_limit: Steps after which an episode is truncated.
    """

    states: tuple[State, ...]
    sizes: tuple[int, ...]
    moves: NDArray[np.int64]
    rewards: Floats
    terminal: frozenset[int]
    time_limit: int

    @classmethod
    def draw(
        cls,
        rng: np.random.Generator,
        sizes: tuple[int, ...],
        actions: int = 3,
        *,
        places: int = 6,
        terminal: int = 2,
        time_limit: int = 1000,
        forward: bool = False,
    ) -> Map:
        """Draws a world whose last ``terminal`` places end the episode.

        Every place may lead to every other, or, if ``forward``, to later ones only, so that every walk ends.
        """
        shown = rng.choice(int(np.prod(sizes)), places, replace=False)
        numbers = [tuple(int(part) for part in np.unravel_index(place, sizes)) for place in shown]
        first = np.minimum(np.arange(places) + 1, places - 1)[:, None] if forward else 0
        moves = rng.integers(first, places, (places, actions))
        if terminal:  # there is a way out of every place
            moves[np.arange(places), rng.integers(0, actions, places)] = places - 1
        return cls(
            states=tuple(each if len(sizes) > 1 else each[0] for each in numbers),
            sizes=sizes,
            moves=moves,
            rewards=rng.normal(0.0, 2.0, (places, actions)).round(2),
            terminal=frozenset(range(places - terminal, places)),
            time_limit=time_limit,
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a table for it."""
        return (*self.sizes, self.moves.shape[1])


class Walk:
    """Lets an agent walk on a map, from one place after the other.

    Attributes:
        seeds: The seed of each reset.
        episodes: The steps of each episode, one list per reset.
        overruns: Steps taken after an episode's end, or before the first reset.
    """

    def __init__(self, world: Map) -> None:
        spaces = tuple(Discrete(size) for size in world.sizes)
        self.observation_space: Box | Discrete | Tuple = spaces[0] if len(spaces) == 1 else Tuple(spaces)
        self.action_space: Box | Discrete = Discrete(world.moves.shape[1])
        self.seeds: list[int | None] = []
        self.episodes: list[list[Seen]] = []
        self.overruns = 0
        self._world = world
        self._place = 0
        self._over = True

    @property
    def steps(self) -> list[Seen]:
        """All steps, in order."""
        return [seen for episode in self.episodes for seen in episode]

    def reset(self, seed: int | None) -> State:
        """Starts an episode, at the next place that does not end it."""
        starts = len(self._world.states) - len(self._world.terminal)
        self._place, self._over = sum(map(bool, self.episodes)) % starts, False
        self.seeds.append(seed)
        self.episodes.append([])
        return self._world.states[self._place]

    def step(self, action: np.ndarray) -> tuple[State, float, bool, bool]:
        """Moves."""
        chosen, world, before = int(action), self._world, self._place
        if not 0 <= chosen < world.moves.shape[1]:
            raise ValueError("expected an action of the action space")
        if self._over:
            self.overruns += 1
            return world.states[before], OVERRUN_REWARD, True, True
        self._place, reward = int(world.moves[before, chosen]), float(world.rewards[before, chosen])
        terminated = self._place in world.terminal
        truncated = not terminated and len(self.episodes[-1]) + 1 == world.time_limit
        self._over = terminated or truncated
        seen = Seen(world.states[before], chosen, reward, world.states[self._place], terminated, truncated)
        self.episodes[-1].append(seen)
        return seen.after, reward, terminated, truncated


@dataclass(frozen=True)
class Payments:
    """What arms pay: both steps of an arm together always the same, but the seed decides how much of it comes first.

    So it shows in what is learned with which seeds it was trained, and not where it is evaluated.

    Attributes:
        returns: What each arm pays in both steps.
        now: What it pays in the first one, for each seed.
        unknown: The same before the first of these seeds.
    """

    returns: Floats
    now: Mapping[int, Floats]
    unknown: Floats


class Choice:
    """An arm is chosen and pays; a second step pays once more, for this arm, and ends the episode.

    Args:
        payments: What they pay.
        truncates: Whether the second step truncates the episode instead of terminating it.

    Attributes:
        seeds: The seed of each reset.
        chosen: The arm chosen in each episode.
        overruns: Steps taken after an episode's end.
    """

    def __init__(self, payments: Payments, *, truncates: bool = False) -> None:
        arms = len(payments.returns)
        self.observation_space: Box | Discrete | Tuple = Discrete(arms + 2)
        self.action_space: Box | Discrete = Discrete(arms)
        self.seeds: list[int | None] = []
        self.chosen: list[int] = []
        self.overruns = 0
        self._payments, self._truncates = payments, truncates
        self._now = payments.unknown
        self._arm: int | None = None
        self._over = True

    def reset(self, seed: int | None) -> int:
        """Starts an episode; one of the known seeds decides what is paid first, from now on."""
        self.seeds.append(seed)
        if seed is not None and seed in self._payments.now:
            self._now = self._payments.now[seed]
        self._arm, self._over = None, False
        return 0

    def step(self, action: np.ndarray) -> tuple[int, float, bool, bool]:
        """Chooses an arm, or takes what it pays later."""
        if self._over:
            self.overruns += 1
            return 0, OVERRUN_REWARD, True, True
        if self._arm is not None:
            self._over = True
            later = self._payments.returns[self._arm] - self._now[self._arm]
            return len(self._payments.returns) + 1, float(later), not self._truncates, self._truncates
        self._arm = int(action)
        self.chosen.append(self._arm)
        return 1 + self._arm, float(self._now[self._arm]), False, False
