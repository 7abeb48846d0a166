"""Hidden environments: stepped by the grader, seen by the student's code as a gymnasium id."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


@dataclass(frozen=True)
class Box:
    """A box in R^n, as ``gymnasium.spaces.Box``.

    Attributes:
        low: Lower bounds, shape [n].
        high: Upper bounds, shape [n].
        dtype: ``float32`` or ``float64``.
    """

    low: Sequence[float]
    high: Sequence[float]
    dtype: str = "float32"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a point of the space."""
        return np.shape(self.low)

    def described(self) -> dict[str, Any]:
        """Plain data from which the sandbox makes the gymnasium space."""
        low, high = (np.asarray(bound, dtype=np.dtype(self.dtype)) for bound in (self.low, self.high))
        return {"kind": "box", "low": low, "high": high}


@dataclass(frozen=True)
class Discrete:
    """The integers 0 ... n - 1, as ``gymnasium.spaces.Discrete``."""

    n: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a point of the space."""
        return ()

    def described(self) -> dict[str, Any]:
        """Plain data from which the sandbox makes the gymnasium space."""
        return {"kind": "discrete", "n": self.n}


@dataclass(frozen=True)
class Tuple:
    """Several spaces side by side, as ``gymnasium.spaces.Tuple``: a point is a tuple, for observations only."""

    spaces: tuple[Discrete, ...]

    @property
    def shape(self) -> None:
        """It has none."""
        return

    def described(self) -> dict[str, Any]:
        """Plain data from which the sandbox makes the gymnasium space."""
        return {"kind": "tuple", "spaces": [space.described() for space in self.spaces]}


class HiddenEnvironment(Protocol):
    """What the grader steps; its dynamics never enter the sandbox."""

    @property
    def observation_space(self) -> Box | Discrete | Tuple:
        """Where observations come from."""
        ...

    @property
    def action_space(self) -> Box | Discrete:
        """Where actions come from."""
        ...

    def reset(self, seed: int | None) -> np.ndarray | int | tuple[int, ...]:
        """Starts an episode and returns its first observation."""
        ...

    def step(self, action: np.ndarray) -> tuple[np.ndarray | int | tuple[int, ...], float, bool, bool]:
        """Takes one step.

        Args:
            action: As the student's code gave it: of the action space's shape, any whitelisted dtype; NaN, infinities
                and values out of bounds are possible.

        Returns:
            ``(observation, reward, terminated, truncated)``.
        """
        ...


class EnvironmentDesk:
    """Answers the sandbox's questions about hidden environments (make, reset, step), and takes reports on training."""

    MAX_ENVIRONMENTS = 256

    def __init__(self) -> None:
        self._factories: dict[str, Any] = {}
        self._made: list[tuple[str, HiddenEnvironment]] = []
        self._listener: Callable[[dict[str, Any]], bool] | None = None

    def listen(self, listener: Callable[[dict[str, Any]], bool] | None) -> None:
        """Has reports on training, which are claims, handed to ``listener``; it says whether training shall end."""
        self._listener = listener

    def register(self, env_id: str, factory: Any) -> None:
        """Lets the sandbox make environments of this id."""
        self._factories[env_id] = factory

    def made(self, env_id: str) -> list[HiddenEnvironment]:
        """The environments of this id that have been made, in order."""
        return [environment for name, environment in self._made if name == env_id]

    def answer(self, question: Any) -> dict[str, Any]:
        """Answers one question; a claim from the untrusted side, so anything may be in it.

        Raises:
            ValueError: The question makes no sense, which honest guest code never causes.
        """
        match question:
            case {"training": dict(report), **rest} if self._listener is not None and not rest:
                return {"stop": self._listener(report)}
            case {"question": "make", "env_id": str(env_id)} if env_id in self._factories:
                return self._make(env_id)
            case {"question": "reset", "number": int(number), "seed": int() | None as seed}:
                return {"observation": _taken(self._environment(number).reset, seed)}
            case {"question": "step", "number": int(number), "action": np.ndarray() as action}:
                environment = self._environment(number)
                if action.shape != environment.action_space.shape:  # one of megabytes could fill the grader's memory
                    raise ValueError("expected an action of the shape of the action space")
                observation, reward, terminated, truncated = _taken(environment.step, action)
                return {
                    "observation": observation,
                    "reward": float(reward),
                    "terminated": bool(terminated),
                    "truncated": bool(truncated),
                }
        raise ValueError("expected a question about a hidden environment")

    def _make(self, env_id: str) -> dict[str, Any]:
        if len(self._made) >= self.MAX_ENVIRONMENTS:
            raise ValueError(f"expected at most {self.MAX_ENVIRONMENTS} hidden environments")
        environment: HiddenEnvironment = self._factories[env_id]()
        self._made.append((env_id, environment))
        return {
            "number": len(self._made) - 1,
            "observation_space": environment.observation_space.described(),
            "action_space": environment.action_space.described(),
        }

    def _environment(self, number: int) -> HiddenEnvironment:
        if not 0 <= number < len(self._made):
            raise ValueError("expected the number of an environment that was made")
        return self._made[number][1]


def _taken(method: Callable[[Any], Any], argument: Any) -> Any:
    """What an environment's method returns; that it cannot take an argument is the fault of who chose it."""
    try:
        return method(argument)
    except Exception as error:
        given = f"an action of shape {argument.shape}" if isinstance(argument, np.ndarray) else "this seed"
        raise ValueError(f"the environment cannot take {given}") from error
