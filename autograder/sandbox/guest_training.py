"""Runs inside the sandbox: the student's trainer for a graded run, with a limit, reports on the way, and what is left.

After each update, and at the limit, the grader is told how far training has come, and may answer that it shall end;
every few seconds it gets the actor's weights too, so that whatever happens afterwards does not lose them.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch

from autograder.sandbox.guest_policy import policy_bytes

ROWS_OF_STATISTICS = 1024
MAX_EPISODES_TOLD = 4096
CHECKPOINT_SECONDS = 5.0


class OutOfTime(BaseException):
    """A training run has to end: its time is up, or so the grader says. No ``except Exception`` catches it."""


class WatchedTraining:
    """Runs a trainer that has ``learn``, ``update_epochs``, ``actor`` and ``history``, as the assignment gives it.

    Args:
        trainer: The trainer.
        tell: Hands a report to the grader, who answers ``{"stop": whether to end training}``.
        cpu_seconds: Processor time after which the run is stopped.
    """

    def __init__(self, trainer: Any, tell: Callable[[dict[str, Any]], Any], cpu_seconds: float) -> None:
        self._tell = tell
        self._cpu_seconds = cpu_seconds
        self._checkpoint_at = 0.0
        self._told_episodes = 0
        self._telling = False
        self._trainer = trainer

    def run(self, weights: bytes | None = None) -> dict[str, Any]:
        """Trains.

        Args:
            weights: Of a policy file, to begin with.

        Returns:
            ``{"actor": the actor as it is in the end, on the CPU, where the grader's observations arrive,
            "stopped": whether time was up before, or the grader has ended it}``.
        """
        if weights is not None:
            from safetensors.torch import load

            self._trainer.actor.load_state_dict(load(weights))
        self._listen()
        actor: Any = None
        stopped = False
        try:
            with self._limited():
                actor = self._trainer.learn()
        except OutOfTime:
            stopped = True
        if not hasattr(actor, "get_action"):
            actor = self._trainer.actor
        self._report({}, last=True)
        return {"actor": actor.cpu().eval(), "stopped": stopped}

    def _listen(self) -> None:
        update = getattr(self._trainer, "update_epochs", None)
        if update is None:
            return

        def update_and_report(*args: Any, **kwargs: Any) -> Any:
            result = update(*args, **kwargs)
            found: dict[str, float] = {}
            with contextlib.suppress(Exception):  # statistics are for the report only
                found = self._statistics(*args, **kwargs)
            with contextlib.suppress(Exception):  # of a history that is none
                self._report(found)
            return result

        self._trainer.update_epochs = update_and_report

    def _statistics(self, observations: Any, actions: Any, log_probs: Any, *_: Any, **__: Any) -> dict[str, float]:
        """How far one update has moved the policy, and how wide it is: over some of its own transitions.

        KL is the estimate (r - 1) - log r of http://joschu.net/blog/kl-approx.html, r the ratio of new to old.
        """
        rows = slice(0, ROWS_OF_STATISTICS)
        with torch.no_grad():
            dist = self._trainer.actor.get_action_dist(observations[rows])
            log_ratio = dist.log_prob(actions[rows]).sum(-1) - log_probs[rows]
            kl = (log_ratio.exp() - 1 - log_ratio).mean()
            return {"kl": float(kl), "entropy": float(dist.entropy().sum(-1).mean())}

    def _report(self, statistics: dict[str, float], *, last: bool = False) -> None:
        history = list(getattr(self._trainer, "history", []))
        episodes = history[self._told_episodes : self._told_episodes + MAX_EPISODES_TOLD]
        self._told_episodes = len(history)
        report: dict[str, Any] = {
            "transitions": int(getattr(self._trainer, "num_transitions", 0)),
            "steps": [float(step) for step, _ in episodes],
            "returns": [float(total) for _, total in episodes],
            **statistics,
        }
        if last or time.monotonic() >= self._checkpoint_at:
            report["weights"] = policy_bytes(self._trainer.actor)
            self._checkpoint_at = time.monotonic() + CHECKPOINT_SECONDS
        self._telling = True
        try:
            answer = self._tell(report)
        finally:
            self._telling = False
        if answer["stop"] and not last:
            raise OutOfTime

    @contextlib.contextmanager
    def _limited(self) -> Iterator[None]:
        """Raises OutOfTime in the block when this process has used its processor time."""

        def stop(_number: int, _frame: Any) -> None:
            if not self._telling:  # half a frame on the socket would be the end of the conversation
                raise OutOfTime

        previous = signal.signal(signal.SIGPROF, stop)
        # Once more every second: what is raised while a report is under way, or in a __del__, gets lost.
        signal.setitimer(signal.ITIMER_PROF, self._cpu_seconds, 1.0)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0.0)
            signal.signal(signal.SIGPROF, previous)
