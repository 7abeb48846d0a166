"""Scorer: the points for a trained agent, from every way to one that the plan allows; the best of them counts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from autograder.assignment import Assignment
from autograder.execution import Execution
from autograder.grading_plan import GradingPlan
from autograder.message import joined, message
from autograder.policy_task import POLICY
from autograder.report import CheckOutcome
from autograder.sandbox.door import WarmProcess
from autograder.scoring.attempt import Attempt
from autograder.scoring.checkpoints import TrainingFolder
from autograder.scoring.film import make_film
from autograder.scoring.graded_training import (
    LEAST_TRANSITIONS_PER_SECOND,
    GradedTraining,
    TrainingRun,
    all_passed,
    recipe,
)
from autograder.scoring.handed_in import SUSPICIOUS_SHARE, PolicyPlayer
from autograder.scoring.seeds import hidden_seeds
from autograder.submission import Submission
from autograder.suites.student_text import StudentText
from autograder.suites.suite_module import suite_module
from autograder.suites.verdict import Check

VIDEO = "rollout.mp4"
CHECK_NAME = message("reaches the return")
POINT_DECIMALS = 3


@dataclass(frozen=True)
class Scored:
    """What scoring has brought.

    Attributes:
        outcome: The check's outcome; None where the agent gives no points.
        evidence: For the report.
        video: An MP4, or no bytes.
        is_interrupted: Whether a training run has to go on when the submission is graded again.
    """

    outcome: CheckOutcome | None = None
    evidence: tuple[dict[str, Any], ...] = ()
    video: bytes = b""
    is_interrupted: bool = False


class Scorer:
    """Scores the agents of one assignment.

    Args:
        assignment: The assignment; it asks for an agent.
        plan: What is run.
        warm: Opens processes.
        secret: The course's secret.
    """

    def __init__(self, assignment: Assignment, plan: GradingPlan, warm: WarmProcess, secret: bytes) -> None:
        assert assignment.policy is not None
        self._assignment, self._task, self._plan, self._warm = assignment, assignment.policy, plan, warm
        self._seeds = hidden_seeds(secret, f"{assignment.id}.{POLICY}", self._task.episodes)
        self._trainer_seed = hidden_seeds(secret, f"{assignment.id}.trainer", 1)[0] % 2**31
        self._check = Check(
            f"{assignment.id}.{POLICY}.{CHECK_NAME.replace(' ', '_')}",
            POLICY,
            CHECK_NAME.replace(" ", "_"),
            self._task.points,
        )

    def score(
        self,
        submission: Submission,
        execution: Execution,
        outcomes: Sequence[CheckOutcome],
        text: StudentText,
        keep: TrainingFolder | None = None,
    ) -> Scored:
        """Scores one submission.

        Args:
            submission: The submission.
            execution: In which its notebook has run.
            outcomes: Of its hidden checks.
            text: What may be quoted of its notebook.
            keep: Where a long run is kept; None: it is not.

        Raises:
            SandboxError: The sandbox fails.
        """
        started = time.monotonic()
        player = self._player(text, execution)
        attempts = [self._handed_in(submission, player)]
        if recipe(self._assignment.id) is not None:
            attempts += self._trained(submission, outcomes, text, attempts[0], keep)
        best = max(attempts, key=lambda each: (each.share, each.mean_return is not None))
        evidence = [fact | _counted(fact, each is best) for each in attempts for fact in each.evidence]
        if self._task.points and player.untrained_share() >= SUSPICIOUS_SHARE:
            evidence.append({"kind": "attention", "text": _already_runs()})
        if not self._task.points:
            evidence += [{"kind": "note", "text": text} for text in (best.obstacle,) if text]
        video = self._film(best, evidence)
        outcome = self._outcome(best, attempts, time.monotonic() - started) if self._task.points else None
        return Scored(outcome, tuple(evidence), video, any(each.is_interrupted for each in attempts))

    def _handed_in(self, submission: Submission, player: PolicyPlayer) -> Attempt:
        if submission.policy is not None:
            return player.judge_file(submission.policy)
        text = message(
            "No agent was scored: no policy.safetensors was handed in, or it was left out (see the notes). Train, save "
            'by `rlhelpers.save_policy(actor, "policy.safetensors")`, and hand the file in with the notebook.'
        )
        return Attempt(status="blocked", message=text)

    def _trained(
        self,
        submission: Submission,
        outcomes: Sequence[CheckOutcome],
        text: StudentText,
        handed_in: Attempt,
        keep: TrainingFolder | None,
    ) -> list[Attempt]:
        training = GradedTraining(
            self._assignment.id,
            self._task,
            self._assignment.limits,
            lambda limits: Execution(self._warm, submission, limits),
            partial(self._player, text),
        )
        with_gae = all_passed(outcomes, recipe(self._assignment.id).BONUS)
        run = partial(TrainingRun, seed=self._trainer_seed, device=self._plan.device, with_gae=with_gae)
        seconds = self._assignment.limits.training_cpu_seconds
        if self._plan.tier == "training":
            return [training.short_run(run(timesteps=self._task.training_timesteps, short=True, cpu_seconds=seconds))]
        if self._plan.tier == "score" and handed_in.mean_return is None:
            steps = self._plan.timesteps or self._task.score_timesteps
            seconds = max(seconds, steps // LEAST_TRANSITIONS_PER_SECOND)
            full = run(timesteps=steps, short=False, cpu_seconds=seconds)
            return [training.full_run(full, submission.digest[:16], keep)]
        return []

    def _player(self, text: StudentText, execution: Execution) -> PolicyPlayer:
        return PolicyPlayer(
            self._task,
            self._check,
            text,
            execution.open_check,
            seconds=self._assignment.limits.policy_seconds,
            seeds=self._seeds,
            widths=getattr(recipe(self._assignment.id), "WIDTHS", ()),
            band=getattr(suite_module(self._assignment.id, "reference_curve"), "BAND", None),
        )

    def _film(self, best: Attempt, evidence: list[dict[str, Any]]) -> bytes:
        """The video of the agent that counts; a note where it cannot be made."""
        if not self._plan.videos or not best.states:
            return b""
        video, reason = make_film(self._task.env_id, best.states)
        if video:
            evidence.append({"kind": "video", "path": VIDEO})
        else:
            text = message("There is no video of the agent: it could not be drawn here ({reason}).", reason=reason)
            evidence.append({"kind": "note", "text": text})
        return video

    def _outcome(self, best: Attempt, attempts: Sequence[Attempt], seconds: float) -> CheckOutcome:
        said = [each.message for each in attempts if each.message and each.status != "passed"]
        return CheckOutcome(
            id=self._check.id,
            exercise=POLICY,
            points=self._task.points if best.share >= 1.0 else round(self._task.points * best.share, POINT_DECIMALS),
            max_points=self._task.points,
            status=best.status,
            message="" if best.status == "passed" else joined("\n", said),
            seconds=round(seconds, 4),
        )


def _counted(fact: dict[str, Any], is_best: bool) -> dict[str, Any]:
    """What marks the returns of the agent that counts, for outlets that show one only."""
    return {"counts": True} if is_best and fact["kind"] == "episode_returns" else {}


def _already_runs() -> str:
    return message(
        "A freshly built Actor, which nobody has trained, already plays well: are trained weights part of the "
        "notebook? A person should look."
    )
