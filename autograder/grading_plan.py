"""GradingPlan: how much is run for each submission, and on what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tier = Literal["checks", "training", "score"]
Device = Literal["cpu", "cuda"]


@dataclass(frozen=True, kw_only=True)
class GradingPlan:
    """How much is run for each submission.

    Attributes:
        tier: ``checks``: hidden suites, and the agent that was handed in; ``training``: these, and a short run of
            everybody's trainer; ``score``: these and, in place of the short run, the full run of those who have handed
            in no agent that could be played.
        device: Where the student's networks are.
        videos: Whether agents are filmed, which costs two to three seconds of processor time each.
        timesteps: Transitions of the full run; None: as course.toml says.
    """

    tier: Tier = "checks"
    device: Device = "cpu"
    videos: bool = True
    timesteps: int | None = None
