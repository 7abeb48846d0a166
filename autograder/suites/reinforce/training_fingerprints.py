"""Fingerprints of ``train`` and ``train_with_baseline``: kinds of behaviour that do not depend on seeds or layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.errors import StudentRaised
from autograder.sandbox.student import Student
from autograder.suites.fingerprint import Print
from autograder.suites.hidden_values import Floats
from autograder.suites.reinforce import oracles
from autograder.suites.reinforce.baseline_runs import RIGHT_VALUES, idle_change, learned_values, run_push
from autograder.suites.reinforce.network_fingerprints import collected
from autograder.suites.reinforce.probes import ENV_ID, OneStepEnvironment, Script
from autograder.suites.reinforce.training_runs import (
    EPISODES,
    EPOCHS,
    GAMMA,
    Scripted,
    Trainer,
    is_number,
    learned,
    run_scripted,
    run_strides,
    same_run,
)


def train_print(student: Student, rng: np.random.Generator) -> Print:
    """What comes back, how far each step goes, whether runs can be repeated, and what is learned."""
    trainer = Trainer(student, "train")

    def steps() -> list[Any]:
        strides = run_strides(trainer, np.random.default_rng(3))
        idle = [strides.has_gradient] if strides.first == 0.0 else []
        return [_rounded(strides.first), _rounded(strides.second), *idle]

    def score_fn() -> list[Any]:
        negative = student.library("importlib.import_module", "numpy").keep_attribute("negative")
        return [_preference(learned(trainer, [[1.0, 0.0, 1.0]], score_fn=negative)[0, 1])]

    def means() -> list[Any]:
        return _bookkeeping(run_scripted(trainer, np.random.default_rng(5)), _totals)

    return collected([means, steps, lambda: same_run(trainer), lambda: _choices(trainer), score_fn])


def baseline_print(student: Student, rng: np.random.Generator) -> Print:
    """What comes back, where the actor is pushed to, and what the value network learns."""
    trainer = Trainer(student, "train_with_baseline")

    def push() -> list[Any]:
        found = run_push(trainer, np.random.default_rng(8))
        kinds = ["return", "values", "sum"]
        advantage = max(found.agreement["advantage"], found.agreement["standardised advantage"]) > 0.985
        other = [found.agreement[kind] > 0.985 for kind in kinds] if not advantage else []
        centred = not advantage and found.agreement["standardised return"] > 0.985
        return [advantage, *other, centred, _rounded(found.stride), found.value_changed]

    def values() -> list[Any]:
        found = learned_values(trainer)
        wanted = [RIGHT_VALUES, np.full(2, RIGHT_VALUES[0]), np.zeros(2), np.array([0.0, -1.0]), np.full(2, -0.25)]
        distances = [float(abs(found - each).max()) for each in wanted]
        nearest = int(np.argmin(distances))
        return [nearest if distances[nearest] < 0.3 else "none", idle_change(trainer) < 0.01]

    def means() -> list[Any]:
        return _bookkeeping(run_scripted(trainer, np.random.default_rng(5)), _to_go)

    return collected([means, push, values, lambda: _choices(trainer)])


def _bookkeeping(run: Scripted, scores_of: Callable[[Floats], Floats]) -> list[Any]:
    """Kind and length of the result, what the means are of, steps taken, and where seeds went."""
    seeds = [seed for probe in run.probes for seed in probe.seeds]
    where = [index for index, seed in enumerate(seeds) if seed is not None]
    kind = type(run.received).__name__
    means: Any = None
    if isinstance(run.received, list) and all(is_number(each) for each in run.received):
        means = _meaning([float(each) for each in run.received], run.script, scores_of)
    return [kind, means, len(run.steps), len(where) if len(where) < 2 else "many"]


def _meaning(received: list[float], script: Script, scores_of: Callable[[Floats], Floats]) -> str:
    """Whether one number per epoch is the mean over its episodes, as it should be, or over the scores of its steps."""
    right = script.totals[: EPOCHS * EPISODES].reshape(EPOCHS, EPISODES).mean(axis=1)
    scores = [scores_of(each) for each in script.rewards]
    over_steps = [np.concatenate(scores[n : n + EPISODES]).mean() for n in range(0, EPOCHS * EPISODES, EPISODES)]
    if len(received) != EPOCHS:
        return "another number"
    if np.allclose(received, right, rtol=1e-4):
        return "right"
    return "over steps" if np.allclose(received, over_steps, rtol=1e-4) else "others"


def _totals(rewards: Floats) -> Floats:
    return np.full(len(rewards), rewards.sum())


def _to_go(rewards: Floats) -> Floats:
    return oracles.returns_to_go(rewards, GAMMA)


def _choices(trainer: Trainer) -> list[Any]:
    """What the actor prefers in the end, and where it has no preference, whether what was played paid all the same."""
    try:
        one = _preference(learned(trainer, [[0.0, 0.0, 1.0]])[0, 2])
        made = [each for each in trainer.student.environments_made(ENV_ID) if isinstance(each, OneStepEnvironment)]
        played = [bool(np.mean(made[-1].paid[-8:]) > 0.8)] if one == "neither" and made else []
        two = learned(trainer, [[1.0, -1.0], [-1.0, 1.0]], epochs=16)
    except StudentRaised as error:
        return [error.type_name]
    return [one, _preference(float(np.min(_right(two)))), *played]


def _right(found: Floats) -> Floats:
    return np.array([found[0, 0], found[1, 1]])


def _preference(probability: float) -> str:
    return "taken" if probability > 0.8 else "avoided" if probability < 0.02 else "neither"


def _rounded(stride: float) -> Any:
    return round(stride, 1) if np.isfinite(stride) else "no number"
