"""Play: the greedy policy of a student's actor in the grader's episodes; actions are claims, and are checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.errors import CheckFailed, GuestError
from autograder.message import message
from autograder.sandbox.student import Handle
from autograder.sandbox.wire import Tensor, tensor
from autograder.scoring.episodes import Episodes
from autograder.suites import expect


@dataclass(frozen=True)
class Played:
    """What came of playing.

    Attributes:
        returns: Undiscounted returns, one for each episode; where playing was interrupted, as far as it went.
        steps: Steps of each episode.
        projected: Returns if the episodes that had not ended yet had gone on alike to the environment's limit.
        states: Of the first episode, for the video.
        interruption: What ended it before its time, if anything did.
    """

    returns: tuple[float, ...]
    steps: tuple[int, ...]
    projected: tuple[float, ...]
    states: tuple[NDArray[np.float64], ...]
    interruption: Exception | None = None

    @property
    def mean(self) -> float:
        """The mean return."""
        return float(np.mean(self.returns))


def play(actor: Handle, env_id: str, seeds: Sequence[int], max_steps: int | None = None) -> Played:
    """Plays the greedy policy, all episodes side by side, one request for each step.

    Args:
        actor: The student's actor, inside the sandbox.
        env_id: The environment.
        seeds: Of the episodes.
        max_steps: Steps after which to stop; None: when all have ended.

    Returns:
        The returns; what the student's code does to end it early is in ``interruption``, and what had been reached
        by then counts.
    """
    interruption: Exception | None = None
    with Episodes(env_id, seeds) as episodes:
        try:
            while not episodes.over and (max_steps is None or int(episodes.steps.max()) < max_steps):
                episodes.step(_actions(actor, episodes))
        except (GuestError, CheckFailed) as error:
            interruption = error
        return Played(
            tuple(map(float, episodes.returns)),
            tuple(map(int, episodes.steps)),
            tuple(map(float, episodes.projected())),
            tuple(episodes.states),
            interruption,
        )


def _actions(actor: Handle, episodes: Episodes) -> NDArray[Any]:
    """Greedy actions for the observations of the episodes that go on.

    Raises:
        CheckFailed: They are none.
        GuestError: The student's code raised, did not answer in time or ended its process.
    """
    observations = episodes.observations()
    if episodes.is_discrete:
        received = actor.each("get_action", observations, greedy=True)
        return np.array([_choice(each, int(episodes.space.n)) for each in received])
    return _continuous(actor.get_action(tensor(observations), greedy=True), episodes.action_shape)


def _choice(received: Any, actions: int) -> int:
    """The number of an action; in a tensor or an array of one element it is accepted, too."""
    value = received.array if isinstance(received, Tensor) else received
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(()).item()
    if not isinstance(value, int | float) or value not in range(actions):
        raise CheckFailed(
            message(
                "get_action: expected the number of an action, from 0 to {last}, received {received}",
                last=actions - 1,
                received=value if isinstance(value, int | float) else expect.kind(received),
            )
        )
    return int(value)


def _continuous(received: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    actions = received.array if isinstance(received, Tensor) else received
    if not isinstance(actions, np.ndarray) or actions.dtype.kind not in "fiu" or actions.shape != shape:
        raise CheckFailed(
            message(
                "get_action: expected numbers of shape {expected} for {count} observations, received {received}",
                expected=list(shape),
                count=shape[0],
                received=expect.kind(received),
            )
        )
    if not np.isfinite(actions).all():
        raise CheckFailed(message("get_action: expected finite numbers, received NaN or infinity"))
    return actions
