"""Fingerprint of ``Actor``: properties that do not depend on its layers or on how they are initialised."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograder.errors import ReplyRejected, StudentRaised
from autograder.sandbox.student import Handle, Student
from autograder.sandbox.wire import Tensor, tensor

OBS_DIM, ACTION_DIM, HIDDEN_DIM = 5, 3, 8
DRAWS = 500


def actor_print(student: Student, rng: np.random.Generator) -> list[Any]:
    """Shapes, kinds, which parameters learn, and how actions scatter."""
    actor = student.keep.Actor(OBS_DIM, ACTION_DIM, HIDDEN_DIM)
    shaken = {name: tensor(rng.normal(0.0, 0.5, each.shape)) for name, each in sorted(actor.parameters().items())}
    if "log_std" in shaken and shaken["log_std"].shape == (ACTION_DIM,):
        shaken["log_std"] = tensor([-1.0, 0.5, 1.0])
    actor.set_parameters(shaken)
    obs = tensor(np.random.default_rng(3).normal(0.0, 1.0, (6, OBS_DIM)))
    found: list[Any] = []
    for part in (_shapes, _learning, _consistency, _scatter):
        try:
            found.append(part(student, actor, obs))
        except (StudentRaised, ReplyRejected, AttributeError, ValueError, TypeError, LookupError) as error:
            found.append(type(error).__name__)
    return found


def _shapes(student: Student, actor: Handle, obs: Tensor) -> list[Any]:
    found: list[Any] = []
    for rows in (6, 1):
        some = tensor(obs.array[:rows])
        distribution = actor.keep.get_action_dist(some)
        found += [distribution.type_name, distribution.attribute("batch_shape")]
        outputs = [
            actor.get_value(some),
            actor.get_action(some),
            actor.get_action(some, greedy=True),
            *_pair(actor(some)),
        ]
        found += [_kind(output) for output in outputs]
    log_std = actor.attribute("log_std") if actor.has_attribute("log_std") else None
    wide = [each.shape for each in actor.parameters().values() if 64 in each.shape]
    return [*found, _kind(log_std), "log_std" in actor.parameters(), bool(wide)]


def _learning(student: Student, actor: Handle, obs: Tensor) -> list[Any]:
    distribution = actor.keep.get_action_dist(obs)
    policy = actor.parameter_gradients(of=distribution.keep.log_prob(tensor(np.ones((len(obs.array), ACTION_DIM)))))
    value = actor.parameter_gradients(of=actor.keep.get_value(obs))
    reached = [{name for name, each in part.items() if each is not None} for part in (policy, value)]
    missed = set(actor.parameters()) - reached[0] - reached[1]
    return [bool(reached[0]), bool(reached[1]), bool(missed), reached[1] <= reached[0]]


def _consistency(student: Student, actor: Handle, obs: Tensor) -> list[Any]:
    distribution = actor.keep.get_action_dist(obs)
    mean, std = distribution.attribute("mean"), distribution.attribute("stddev")
    again = actor.keep.get_action_dist(obs).attribute("mean")
    alone = actor.keep.get_action_dist(tensor(obs.array[:1])).attribute("mean")
    greedy = actor.get_action(obs, greedy=True)
    log_std = actor.parameters().get("log_std")
    ratio = None if log_std is None else np.mean(std.array / np.exp(log_std.array), axis=0)
    same = [np.allclose(mean.array, again.array), np.allclose(mean.array[:1], alone.array, atol=1e-5)]
    return [*(bool(each) for each in same), _agree(greedy, mean), ratio]


def _scatter(student: Student, actor: Handle, obs: Tensor) -> list[Any]:
    crowd = tensor(np.tile(obs.array[:1], (DRAWS, 1)))
    distribution = actor.keep.get_action_dist(crowd)
    mean, std = distribution.attribute("mean").array, distribution.attribute("stddev").array
    student.seed(11)
    samples = actor.get_action(crowd).array
    spread = (samples - mean).std(axis=0)
    inside, greedy = bool(abs(samples).max() <= 1.0), actor.get_action(tensor(20.0 * obs.array), greedy=True).array
    # Rounded so coarsely that another architecture's samples give the same numbers.
    right = bool(np.allclose(spread, std[0], rtol=0.25))
    return [
        right,
        bool(np.allclose(spread, 1.0, rtol=0.25)),
        bool((spread < 1e-3).all()),
        inside,
        bool((samples == 1.0).any()),
        len(greedy),
    ]


def _pair(received: Any) -> list[Any]:
    return received if isinstance(received, list) else [received]


def _kind(output: Any) -> Any:
    if isinstance(output, Tensor):
        return [list(output.shape), output.requires_grad]
    return output.type_name if isinstance(output, Handle) else type(output).__name__


def _agree(one: Any, other: Any) -> bool:
    alike = isinstance(one, Tensor) and isinstance(other, Tensor) and one.shape == other.shape
    return alike and bool(np.allclose(one.array, other.array, atol=1e-5)) and math.isfinite(float(one.array.sum()))
