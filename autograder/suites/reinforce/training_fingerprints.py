"""Fingerprints of ``train`` and ``train_with_baseline``: kinds of behaviour that do not depend on seeds or layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.errors import StudentRaised
from autograder.sandbox.student import Student
from autograder.suites.fingerprint import Print
from autograder.suites.hidden_values import Floats
from autograder.suites.reinforce.baseline_runs import RIGHT_VALUES, learned_values, run_push
from autograder.suites.reinforce.network_fingerprints import collected
from autograder.suites.reinforce.training_runs import (
    EPOCHS,
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
        return [_rounded(strides.first), _rounded(strides.second)]

    def score_fn() -> list[Any]:
        negative = student.library("importlib.import_module", "numpy").keep_attribute("negative")
        return [_preference(learned(trainer, [[1.0, 0.0, 1.0]], score_fn=negative)[0, 1])]

    parts = [lambda: _bookkeeping(run_scripted(trainer, np.random.default_rng(5))), steps]
    return collected([*parts, lambda: same_run(trainer), lambda: _choices(trainer), score_fn])


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
        return [bool(abs(found - each).max() < 0.3) for each in wanted]

    parts = [lambda: _bookkeeping(run_scripted(trainer, np.random.default_rng(5))), push, values]
    return collected([*parts, lambda: _choices(trainer)])


def _bookkeeping(run: Scripted) -> list[Any]:
    """Kind and length of the result, whether the means are right, steps taken, and where seeds went."""
    seeds = [seed for probe in run.probes for seed in probe.seeds]
    where = [index for index, seed in enumerate(seeds) if seed is not None]
    kind = type(run.received).__name__
    means: Any = None
    if isinstance(run.received, list) and all(is_number(each) for each in run.received):
        right = run.script.totals[: 2 * EPOCHS].reshape(EPOCHS, 2).mean(axis=1)
        means = len(run.received) == EPOCHS and bool(
            np.allclose([float(each) for each in run.received], right, rtol=1e-4)
        )
    return [kind, means, len(run.steps), len(where) if len(where) < 2 else "many"]


def _choices(trainer: Trainer) -> list[Any]:
    try:
        one = learned(trainer, [[0.0, 0.0, 1.0]])[0, 2]
        two = learned(trainer, [[-1.0, -3.0], [-3.0, -1.0]], epochs=16)
    except StudentRaised as error:
        return [error.type_name]
    return [_preference(one), _preference(float(np.min(_right(two))))]


def _right(found: Floats) -> Floats:
    return np.array([found[0, 0], found[1, 1]])


def _preference(probability: float) -> str:
    return "taken" if probability > 0.8 else "avoided" if probability < 0.02 else "neither"


def _rounded(stride: float) -> Any:
    return round(stride, 1) if np.isfinite(stride) else "no number"
