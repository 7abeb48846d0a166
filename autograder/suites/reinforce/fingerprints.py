"""Fingerprints: what an exercise does with hidden inputs, as plain data by which known mistakes are recognised."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autograder.sandbox.student import Student
from autograder.sandbox.wire import Tensor, tensor
from autograder.suites.fingerprint import Print, attempt
from autograder.suites.hidden_values import exact, kept
from autograder.suites.reinforce.network_fingerprints import actor_print, value_print
from autograder.suites.reinforce.probes import ACTIONS, ENV_ID, OBS_DIM, Script, ScriptedEnvironment, played
from autograder.suites.reinforce.training_fingerprints import baseline_print, train_print

LENGTHS = (4, 2, 5, 1, 3)


def collect_print(student: Student, rng: np.random.Generator) -> Print:
    """Fingerprint of ``collect_experience``."""
    numpy = student.library("importlib.import_module", "numpy")
    found: Print = []
    for function in (None, "cumsum"):
        script = Script.draw(rng, LENGTHS)
        options = {} if function is None else {"score_fn": numpy.keep_attribute(function)}
        found += _one_collection(student, script, options)
    return found


def _one_collection(student: Student, script: Script, options: dict[str, Any]) -> Print:
    student.environment(ENV_ID, lambda: ScriptedEnvironment(script))
    env = student.library("gymnasium.make", ENV_ID).keep_attribute("unwrapped")
    actor = student.keep.Actor(OBS_DIM, ACTIONS, 8)
    actor.set_parameters({name: tensor(np.zeros(each.shape)) for name, each in actor.parameters().items()})
    student.seed(4)
    received = attempt(lambda: student.collect_experience(env, actor, len(LENGTHS), **options))
    steps = [step for probe in played(student, script) for step in probe.steps]
    seen: Print = [len(steps), len({step.action for step in steps}) > 1]
    probe = student.environments_made(ENV_ID)[-1]
    seen += [probe.overruns, [seed for seed in probe.seeds if seed is not None]]
    if not isinstance(received, list) or len(received) != 4 or not isinstance(received[1], Tensor):
        return [*seen, received if isinstance(received, str) else type(received).__name__]
    observations, actions, scores, info = received
    taken = [step.action for step in steps]
    same = len(taken) == actions.array.size and bool((np.ravel(actions.array) == taken).all())
    return [
        *seen,
        observations,
        list(actions.shape),
        actions.array.dtype.name,
        same,
        scores,
        *(info.get(name, "none") for name in ("mean_return", "mean_len")),
    ]


def loss_print(student: Student, rng: np.random.Generator) -> Print:
    """Fingerprint of ``policy_gradient_loss``."""
    log_prob, score = exact(np.log(rng.uniform(0.1, 0.9, 7))), exact(rng.normal(1.0, 2.0, 7))
    score[0] = -1.5
    found = [attempt(lambda: student.policy_gradient_loss(tensor(log_prob), tensor(score)))]
    leaf = student.leaf(log_prob)
    found.append(
        attempt(lambda: student.gradients(of=student.keep.policy_gradient_loss(leaf, tensor(score)), wrt=[leaf]))
    )
    inside = [kept(student, tensor(each, "float64")) for each in (log_prob, score)]
    found.append(attempt(lambda: student.policy_gradient_loss(*inside)))
    return found + [each.value() for each in inside]


REWARDS = ([1.0, -2.0, 0.5, 3.0], [2.0, 1.0, 1.5, -1.0, 4.0], [3.0])


def _rewards_print(student: Student, name: str) -> Print:
    """What a function of rewards and a discount returns for lists, arrays, integers, and what it does to them."""
    found: Print = []
    for gamma in (0.5, 0.9, 1.0, 0.0):
        found += [attempt(partial(_numbers, student, name, rewards, gamma)) for rewards in REWARDS]
    integers = [3, 1, 4, 1, 5]
    for given in (integers, np.array(integers), np.array(REWARDS[1])):
        found.append(attempt(partial(_numbers, student, name, given, 0.7)))
    for maker in ("builtins.list", "numpy.array"):
        inside = student.library(maker, list(REWARDS[1]))
        attempt(partial(student.call, name, inside, 0.5))
        found.append(np.asarray(inside.value()))
    return found


def _numbers(student: Student, name: str, rewards: Any, gamma: float) -> Any:
    received = student.call(name, rewards, gamma)
    return received if received is None else np.asarray(getattr(received, "array", received), dtype=np.float64)


def discounted_print(student: Student, rng: np.random.Generator) -> Print:
    """Fingerprint of ``discounted_return``."""
    received = attempt(lambda: student.discounted_return(np.array(REWARDS[0]), 0.5))
    return [*_rewards_print(student, "discounted_return"), type(received).__name__]


def to_go_print(student: Student, rng: np.random.Generator) -> Print:
    """Fingerprint of ``returns_to_go``."""
    return _rewards_print(student, "returns_to_go")


FINGERPRINTS: dict[str, Callable[[Student, np.random.Generator], Print]] = {
    "Actor": actor_print,
    "collect_experience": collect_print,
    "policy_gradient_loss": loss_print,
    "train": train_print,
    "discounted_return": discounted_print,
    "returns_to_go": to_go_print,
    "ValueNetwork": value_print,
    "train_with_baseline": baseline_print,
}
"""By exercise."""
