"""Visible checks of collect_experience, in two short episodes: the first one terminates, the second is truncated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rlhelpers.language import translate as _
from rlhelpers.visible_checks.case import Case, Comparison, Notebook, close, equal, first_failure, that
from rlhelpers.visible_checks.reinforce.probes import ACTIONS, Episodes, linear_actor

REWARDS = ((1.0, 2.0, 3.0), (4.0, -2.0))
OBSERVATIONS = ((1.0, 1.0), (1.0, 2.0), (1.0, 3.0), (2.0, 1.0), (2.0, 2.0))
TOTALS = (6.0, 6.0, 6.0, 2.0, 2.0)
SO_FAR = (1.0, 3.0, 6.0, 4.0, 2.0)
MEANS = {"mean_return": 4.0, "mean_len": 2.5}


def _collect(notebook: Notebook, rewards: Sequence[Sequence[float]] = REWARDS, **options: Any) -> tuple[Any, Episodes]:
    """All episodes of a probe, played once; returns what came back and the probe."""
    env = Episodes(rewards)
    return notebook.collect_experience(env, linear_actor(2, ACTIONS), len(rewards), **options), env


def _course(notebook: Notebook) -> Comparison:
    _received, env = _collect(notebook)
    told, right = _("{steps} steps, {overruns} of them after an end"), {"steps": len(OBSERVATIONS), "overruns": 0}
    came = {"steps": len(env.actions) + env.overruns, "overruns": env.overruns}
    return that(came == right, told.format(**right), told.format(**came))


def _part(index: int, dtype: str) -> Any:
    def part(received: Any) -> tuple[Any, Comparison]:
        if not isinstance(received, tuple) or len(received) != 4:
            return None, that(False, _("a tuple (obs, actions, scores, info)"), type(received).__name__)
        name = str(getattr(received[index], "dtype", type(received[index]).__name__))
        return received[index], that(name == dtype, dtype, name)

    return part


def _observations(notebook: Notebook) -> Comparison:
    obs, kind = _part(0, "torch.float32")(_collect(notebook)[0])
    return first_failure(kind, close(obs, OBSERVATIONS)) if kind.passed else kind


def _actions(notebook: Notebook) -> Comparison:
    received, env = _collect(notebook)
    actions, kind = _part(1, "torch.int64")(received)
    return first_failure(kind, close(actions, [int(each) for each in env.actions])) if kind.passed else kind


def _scores(notebook: Notebook) -> Comparison:
    scores, kind = _part(2, "torch.float32")(_collect(notebook)[0])
    return first_failure(kind, close(scores, TOTALS)) if kind.passed else kind


def _score_fn(notebook: Notebook) -> Comparison:
    scores, kind = _part(2, "torch.float32")(_collect(notebook, score_fn=np.cumsum)[0])
    return first_failure(kind, close(scores, SO_FAR)) if kind.passed else kind


def _info(notebook: Notebook) -> Comparison:
    received = _collect(notebook, score_fn=np.zeros_like)[0]
    info = received[3] if isinstance(received, tuple) and len(received) == 4 else received
    if not isinstance(info, dict) or not info.keys() >= MEANS.keys():
        return that(False, str(MEANS), str(info)[:120])
    return equal({name: round(float(info[name]), 4) for name in MEANS}, MEANS)


def _seeds(notebook: Notebook) -> Comparison:
    seeds = _collect(notebook)[1].seeds
    return equal(seeds, [None] * max(len(seeds), 1))


def _samples(notebook: Notebook) -> Comparison:
    """Twenty of three actions that are alike are all the same one with a probability below 1e-9."""
    actions = [int(each) for each in _collect(notebook, [[1.0] * 20])[1].actions]
    several = _("several of three actions that are equally likely")
    return that(len(set(actions)) > 1, several, several if len(set(actions)) > 1 else _("one action"))


EXPERIENCE_CASES: tuple[Case, ...] = (
    Case(
        "two episodes, of 3 steps (terminated) and 2 (truncated), are played to their ends",
        _course,
        "An episode is over when it is terminated or truncated; reset at the beginning of each.",
    ),
    Case(
        "the observations",
        _observations,
        "One row for each step, float32: the observation in which the action was chosen, written down before env.step.",
    ),
    Case("the actions", _actions, "One integer (int64) for each step, shape [N], in the order of time."),
    Case(
        "the scores; the episodes pay 1, 2, 3 and 4, -2",
        _scores,
        "The sum of the episode's own rewards, once for each of its steps: float32, shape [N].",
    ),
    Case(
        "the scores with score_fn=np.cumsum",
        _score_fn,
        "Call score_fn once per episode, with its own rewards, and append what it returns.",
    ),
    Case(
        "info, with a score_fn that makes all scores 0",
        _info,
        "Both are means over episodes, of their plain sums of rewards and of their lengths, whatever the scores are.",
    ),
    Case("seeds of the resets", _seeds, "env.reset(), without a seed: the caller has seeded the environment."),
    Case("20 actions of one episode", _samples, "actor.get_action(obs), without greedy."),
)
