"""GradedTraining: the student's trainer, run in the sandbox within limits of its own.

Whatever ends the run, the agent that it has come to by then is played in the grader's environments.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autograder.errors import GuestError, SubmissionError
from autograder.execution import Execution
from autograder.message import joined, message, told_by
from autograder.policy_task import PolicyTask
from autograder.sandbox.limits import Limits
from autograder.sandbox.student import Student
from autograder.scoring.attempt import Attempt
from autograder.scoring.checkpoints import Checkpoint, TrainingFolder
from autograder.scoring.handed_in import PolicyPlayer
from autograder.scoring.training_log import TrainingLog
from autograder.suites.suite_module import suite_module

WALL_PER_CPU_SECOND, WALL_SECONDS = 3.0, 60.0  # a loaded machine gives less than its whole time
CPU_SECONDS_TO_PLAY = 120
LEAST_TRANSITIONS_PER_SECOND = 500


@dataclass(frozen=True, kw_only=True)
class TrainingRun:
    """One way to call the trainer.

    Attributes:
        timesteps: Transitions.
        seed: The trainer's seed.
        device: Where the network lives.
        with_gae: Whether the bonus exercise is right.
        short: Whether it is the short run.
        cpu_seconds: Processor time after which it is stopped.
    """

    timesteps: int
    seed: int
    device: str
    with_gae: bool
    short: bool
    cpu_seconds: float

    @property
    def whose(self) -> str:
        """The agent that it makes, in words."""
        if self.short:
            return message("The agent after a short run of your trainer")
        return message("The agent after a full run of your trainer")


class GradedTraining:
    """Runs the trainer of one submission.

    Args:
        assignment_id: Says how the trainer is called.
        task: What is asked of the agent.
        limits: Of the submission; those of time are raised for this run alone.
        open_execution: Opens the submission anew within other limits.
        make_player: Makes the player of agents in such an execution.
    """

    def __init__(
        self,
        assignment_id: str,
        task: PolicyTask,
        limits: Limits,
        open_execution: Callable[[Limits], Execution],
        make_player: Callable[[Execution], PolicyPlayer],
    ) -> None:
        self._recipe = recipe(assignment_id)
        self._task = task
        self._limits = limits
        self._open_execution = open_execution
        self._make_player = make_player

    def short_run(self, run: TrainingRun) -> Attempt:
        """The run of ``--tier training``; who reaches the calibrated return earns a share at least."""
        log = TrainingLog()
        found = self._train(run, log, None)
        evidence = (*found.evidence, *log.evidence(run.whose, self._recipe.BAND))
        found = replace(found, evidence=evidence)
        mean, task = found.mean_return, self._task
        if mean is None or found.status == "passed":
            return found
        learned = mean >= task.training_return
        told = {"steps": log.transitions, "mean": round(mean), "wanted": round(task.training_return)}
        text = (
            message(
                "In a short run of {steps} transitions your trainer reached a mean greedy return of {mean}; {wanted} "
                "show that it learns, and earn {share:.0%} of the points.",
                **told,
                share=task.training_share,
            )
            if learned
            else message(
                "In a short run of {steps} transitions your trainer reached a mean greedy return of {mean}; one that "
                "learns reaches {wanted}. Look at what the checks of the trainer and of the losses say.",
                **told,
            )
        )
        parts = [text, *([found.fault] if found.fault else [])]
        share = max(found.share, task.training_share if learned else 0.0)
        return replace(found, share=share, message=joined("\n", parts))

    def full_run(self, run: TrainingRun, submission: str, folder: TrainingFolder | None) -> Attempt:
        """The run of ``--tier score``.

        One that did not come to its end goes on from its newest weights with the transitions that are left; the
        optimizer and the schedule of its learning rate begin anew, since a student's trainer cannot be stopped and
        continued.

        Args:
            run: The run.
            submission: Names the submission.
            folder: Where the run is kept; None: it is not.
        """
        checkpoints = folder.checkpoints(f"{submission}-{self._name(run)}") if folder else None
        kept = checkpoints.newest() if checkpoints else None
        log = TrainingLog(kept, checkpoints.keep, folder.is_stopping) if folder and checkpoints else TrainingLog()
        if kept is not None and (kept.complete or kept.transitions >= run.timesteps):
            found = self._replay(kept, run.whose)
        else:
            found = self._train(run, log, kept)
            if checkpoints is not None and log.weights is not None:
                checkpoints.keep(log.checkpoint(log.weights))
            if log.before:
                text = message("Training went on after {steps} transitions of an interrupted run.", steps=log.before)
                found = replace(found, evidence=(*found.evidence, {"kind": "note", "text": text}))
        return replace(found, evidence=(*found.evidence, *log.evidence(run.whose)))

    def _name(self, run: TrainingRun) -> str:
        """Names what the run depends on, the submission and limits left out."""
        settings = [self._recipe.FULL_RUN, self._task.env_id, run.seed, run.with_gae]
        return f"{run.timesteps}-{hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:8]}"

    def _replay(self, kept: Checkpoint, whose: str) -> Attempt:
        """Plays the result of a run that was over before."""
        with self._open_execution(self._limits) as execution:
            try:
                execution.run()
            except SubmissionError as error:
                return Attempt(status="blocked", message=told_by(error))
            return self._make_player(execution).judge_file(kept.weights, whose)

    def _train(self, run: TrainingRun, log: TrainingLog, kept: Checkpoint | None) -> Attempt:
        limits = replace(self._limits, cpu_seconds=int(run.cpu_seconds) + CPU_SECONDS_TO_PLAY)
        with self._open_execution(limits) as execution:
            player = self._make_player(execution)
            try:
                execution.run()
                process = execution.open_check()
            except SubmissionError as error:
                return Attempt(status="blocked", message=told_by(error))
            except GuestError as error:
                return player.fault(error)
            try:
                student = Student(process)
                arguments = self._arguments(student, replace(run, timesteps=run.timesteps - log.before))
                weights = kept.weights if kept else None
                process.renew(WALL_PER_CPU_SECOND * run.cpu_seconds + WALL_SECONDS)
                actor, stopped = student.train(self._recipe.TRAINER, arguments, run.cpu_seconds, log.take, weights)
                is_late = stopped and not log.has_stopped_it
                log.is_complete = not is_late and not self._is_interrupted(log, run)
                process.renew(self._limits.policy_seconds)
                found = player.judge(actor, run.whose)
                if is_late:
                    found = _stopped(found, log, run)
            except GuestError as error:
                found = _rescued(player, error, log, run, is_asked_to=self._is_interrupted(log, run))
            finally:
                process.close()
            return _interrupted(found, log, run) if self._is_interrupted(log, run) else found

    def _is_interrupted(self, log: TrainingLog, run: TrainingRun) -> bool:
        """Whether the grader had the trainer end before its last round, whatever the trainer made of that."""
        settings = self._recipe.FULL_RUN
        left = run.timesteps - log.transitions
        return log.has_stopped_it and left >= settings["num_vec_envs"] * settings["num_env_steps"]

    def _arguments(self, student: Student, run: TrainingRun) -> dict[str, Any]:
        arguments: dict[str, Any] = self._recipe.arguments(
            self._task.env_id,
            run.timesteps,
            run.seed,
            run.device,
            parameters=student.signature(self._recipe.TRAINER),
            with_gae=run.with_gae,
            short=run.short,
        )
        return arguments


def recipe(assignment_id: str) -> Any:
    """The module that says how the assignment's trainer is called; None if it has none to run."""
    return suite_module(assignment_id, "graded_training")


def all_passed(outcomes: Sequence[Any], exercise: str) -> bool:
    """Whether every check of an exercise has passed."""
    statuses = {each.status for each in outcomes if each.exercise == exercise}
    return statuses == {"passed"}


def _interrupted(found: Attempt, log: TrainingLog, run: TrainingRun) -> Attempt:
    text = message(
        "Training was interrupted at {steps} of {all} transitions; the agent was scored as it was then. Grade again, "
        "and training goes on.",
        steps=log.transitions,
        all=run.timesteps,
    )
    return replace(found, evidence=(*found.evidence, {"kind": "attention", "text": text}), is_interrupted=True)


def _stopped(found: Attempt, log: TrainingLog, run: TrainingRun) -> Attempt:
    note = message(
        "Training was stopped after {seconds} seconds of processor time, at {steps} of {all} transitions; the agent "
        "was scored as it was then.",
        seconds=round(run.cpu_seconds),
        steps=log.transitions,
        all=run.timesteps,
    )
    return replace(found, evidence=(*found.evidence, {"kind": "note", "text": note}))


def _rescued(
    player: PolicyPlayer, error: GuestError, log: TrainingLog, run: TrainingRun, *, is_asked_to: bool
) -> Attempt:
    """What is left of a run that the student's code has ended: the newest weights that it had sent.

    If it was asked to end, how it did that is no fault.
    """
    fault = player.fault(error)
    if log.weights is None:
        return fault
    found = player.judge_file(log.weights, run.whose)
    if found.mean_return is None:
        return fault
    if is_asked_to:
        return found
    text = message("The weights after {steps} transitions were scored all the same.", steps=log.transitions)
    said = joined("\n", [fault.message, text])
    return replace(found, status=fault.status, message=said, fault=said)
