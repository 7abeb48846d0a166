"""Attempt: one way to a trained agent, and what it has turned out to be worth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.message import as_message, message
from autograder.policy_task import PolicyTask
from autograder.report import CheckStatus
from autograder.scoring.play import Played

Evidence = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One way to a trained agent.

    Attributes:
        status: ``passed`` if it earns all points, ``blocked`` if there was nothing to judge.
        share: Share of the points that it earns, in [0, 1].
        mean_return: Of its hidden episodes; None if nothing was played.
        message: For the student; empty if it has passed.
        fault: What the student's code did to end it before its time, in words; a part of ``message``.
        evidence: For the report.
        states: What a video can show; none if nothing was played.
        is_interrupted: Whether training was ended from outside, and goes on when the submission is graded again.
    """

    status: CheckStatus
    share: float = 0.0
    mean_return: float | None = None
    message: str = ""
    fault: str = ""
    evidence: tuple[Evidence, ...] = ()
    states: tuple[NDArray[np.float64], ...] = field(default=(), repr=False)
    is_interrupted: bool = False

    @property
    def obstacle(self) -> str:
        """Why an agent that is there was not played, or not to the end; empty if there is nothing to say."""
        return self.message if self.status != "blocked" and self.mean_return is None else self.fault


def returns_evidence(played: Played, task: PolicyTask, whose: str) -> Evidence:
    """The distribution over the hidden episodes; ``whose`` says which agent's."""
    return {
        "kind": "episode_returns",
        "text": message(
            "{whose}: the return of its greedy policy in {count} hidden episodes is {mean} ± {spread}.",
            whose=as_message(whose),
            count=len(played.returns),
            mean=round(played.mean),
            spread=round(float(np.std(played.returns))),
        ),
        "returns": [round(each, 1) for each in played.returns],
        "threshold": task.full_at,
    }


def below_full(played: Played, task: PolicyTask) -> str:
    """What a student reads whose agent does not earn all points."""
    return message(
        "The mean return of the greedy policy over {count} hidden episodes is {mean}: {full} or more earn all points, "
        "{zero} or less none, and what is between them a share in proportion.",
        count=len(played.returns),
        mean=round(played.mean),
        full=round(task.full_at),
        zero=round(task.zero_at),
    )
