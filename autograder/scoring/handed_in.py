"""The agent that was handed in: its file goes into the student's own Actor, inside the sandbox, and is played."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import numpy as np

from autograder.errors import CheckFailed, GuestError
from autograder.message import message, told_by
from autograder.policy_task import PolicyTask
from autograder.sandbox.student import Fitted, Handle, Student
from autograder.scoring.attempt import Attempt, below_full, returns_evidence
from autograder.scoring.environment import environment_sizes
from autograder.scoring.play import Played, play
from autograder.scoring.policy_problem import pickle_problem, problem_text
from autograder.scoring.training_log import Band, TrainingLog
from autograder.suites.judging import CheckProcess
from autograder.suites.student_text import StudentText
from autograder.suites.verdict import Check, verdict_on

ACTOR = "Actor"
USUAL_WIDTH = 64
UNTRAINED_EPISODES, UNTRAINED_STEPS, UNTRAINED_ACTORS = 2, 100, 3
SUSPICIOUS_SHARE = 0.5


class PolicyPlayer:
    """Plays agents of one submission, each in a fresh process of the sandbox.

    Args:
        task: What is asked of them.
        check: The check that they are judged by.
        text: What may be quoted of the notebook.
        open_process: Forks the submission.
        seconds: Time for all episodes of one agent.
        seeds: Of the hidden episodes.
        widths: Of networks that are known beside the usual one.
        band: Where learning curves of the reference lie, for those that policy files tell of.
    """

    def __init__(
        self,
        task: PolicyTask,
        check: Check,
        text: StudentText,
        open_process: Callable[[], CheckProcess],
        *,
        seconds: float,
        seeds: Sequence[int],
        widths: Collection[int] = (),
        band: Band | None = None,
    ) -> None:
        self._task, self._check, self._text = task, check, text
        self._open_process = open_process
        self._seconds = seconds
        self._seeds = seeds
        self._widths = {USUAL_WIDTH, *widths}
        self._band = band

    def judge_file(self, content: bytes, whose: str = "") -> Attempt:
        """Loads a policy file into the student's Actor and plays it.

        Args:
            content: The file.
            whose: Which agent it is, in words; the one that was handed in if nothing is said.
        """
        if problem := pickle_problem(content):
            return Attempt(status="failed", message=problem)
        try:
            process = self._open_process()
        except GuestError as error:
            return self.fault(error)
        try:
            process.renew(self._seconds)
            sizes = environment_sizes(self._task.env_id)
            fitted = Student(process).fit_policy(ACTOR, content, sizes)
            if not isinstance(fitted, Fitted):
                return Attempt(status="failed", message=problem_text(fitted))
            self._widths.add(fitted.width)
            whose, log = whose or message("The agent that was handed in"), TrainingLog()
            log.add_episodes(fitted.steps, fitted.returns)
            judged = self.judge(fitted.actor, whose)
            return replace(judged, evidence=(*judged.evidence, *log.evidence(whose, self._band)))
        except GuestError as error:
            return self.fault(error)
        finally:
            process.close()

    def judge(self, actor: Handle, whose: str) -> Attempt:
        """Plays an actor that is inside the sandbox already; ``whose`` says which one, in words."""
        played = play(actor, self._task.env_id, self._seeds)
        if not any(played.steps) and played.interruption is not None:
            return self.fault(played.interruption)
        share, evidence = self._task.share(played.mean), (returns_evidence(played, self._task, whose),)
        found = Attempt(status="failed", share=share, mean_return=played.mean, evidence=evidence, states=played.states)
        if played.interruption is not None:
            fault = self.fault(played.interruption)
            text = _interrupted(fault.message, played)
            return replace(found, status=fault.status, message=text, fault=text)
        if share >= 1.0:
            return replace(found, status="passed")
        return replace(found, message=below_full(played, self._task))

    def fault(self, error: BaseException) -> Attempt:
        """The attempt that the student's code has ended."""
        if isinstance(error, CheckFailed):
            return Attempt(status="failed", message=told_by(error), fault=told_by(error))
        verdict = verdict_on(error, self._check, self._text)
        return Attempt(status=verdict.status, message=verdict.message, fault=verdict.message)

    def untrained_share(self) -> float:
        """What an actor that nobody has trained would earn in a few episodes; 0 if it does not play.

        Of those of several widths, the most: weights in the notebook's text may be put into networks of one width only.
        """
        return max(map(self._untrained_share, sorted(self._widths)))

    def _untrained_share(self, width: int) -> float:
        """The same for one width.

        One that earns much has its weights in the notebook's text, or is lucky: of CartPole's networks with random
        weights some balance. So whoever does well in the beginning of the episodes is built anew and played to the
        end, several times, and the least counts.
        """
        try:
            process = self._open_process()
        except GuestError:
            return 0.0
        try:
            process.renew(self._seconds / len(self._widths))
            build = getattr(Student(process).keep, ACTOR)
            share = 1.0
            for steps in (UNTRAINED_STEPS, *[None] * UNTRAINED_ACTORS):
                actor = build(*environment_sizes(self._task.env_id), width)
                played = play(actor, self._task.env_id, self._seeds[:UNTRAINED_EPISODES], steps)
                share = min(share, self._task.share(float(np.mean(played.projected))))
                if share < SUSPICIOUS_SHARE:
                    break
            return share
        except GuestError:
            return 0.0
        finally:
            process.close()


def _interrupted(text: str, played: Played) -> str:
    return message(
        "{text} Playing ended after {steps} steps of each episode; the mean return by then, {mean}, counts.",
        text=text,
        steps=max(played.steps),
        mean=round(played.mean),
    )
