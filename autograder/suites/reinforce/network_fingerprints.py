"""Fingerprints of ``Actor`` and ``ValueNetwork``: properties that depend neither on layers nor on how they start."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autograder.errors import CheckFailed, ReplyRejected, StudentRaised
from autograder.sandbox.student import Handle, Student
from autograder.sandbox.wire import Tensor, tensor
from autograder.suites.fingerprint import Print, attempt
from autograder.suites.hidden_values import Floats, exact
from autograder.suites.reinforce import oracles

OBS_DIM, ACTIONS, HIDDEN_DIM = 5, 3, 8
DRAWS = 200


def collected(parts: list[Callable[[], list[Any]]]) -> Print:
    """What each part found, or the name of what it raised."""
    found: Print = []
    for part in parts:
        try:
            found.append(part())
        except (StudentRaised, ReplyRejected, CheckFailed, AttributeError, ValueError, TypeError, LookupError) as error:
            found.append(error.type_name if isinstance(error, StudentRaised) else type(error).__name__)
    return found


def shaken(network: Handle, spread: float, seed: int = 2) -> None:
    """Overwrites all parameters."""
    rng = np.random.default_rng(seed)
    shapes = sorted((name, each.shape) for name, each in network.parameters().items())
    network.set_parameters({name: tensor(rng.normal(0.0, spread, shape)) for name, shape in shapes})


def widths(network: Handle) -> bool:
    """Whether there is a layer of 64 units."""
    return any(64 in each.shape for each in network.parameters().values())


def observations() -> Floats:
    """Shape [12, OBS_DIM]."""
    return exact(np.random.default_rng(3).normal(0.0, 1.0, (12, OBS_DIM)))


def actor_print(student: Student, rng: np.random.Generator) -> Print:
    """Kinds, shapes, which parameters learn, how actions are chosen."""
    actor, sure = (student.keep.Actor(OBS_DIM, ACTIONS, HIDDEN_DIM) for _ in range(2))
    shaken(actor, 0.7)
    shaken(sure, 20.0)
    default = attempt(lambda: student.keep.Actor(OBS_DIM, ACTIONS).type_name)
    parts = (_actor_kinds, _actor_learning, _actor_rows, _actor_choices)
    return [default, widths(actor), *collected([lambda part=part: part(student, actor, sure) for part in parts])]  # type: ignore[misc]


def _logits(actor: Handle, obs: Floats) -> Floats:
    return np.asarray(actor(tensor(obs)).attribute("logits").array, dtype=np.float64)


def _actor_kinds(student: Student, actor: Handle, sure: Handle) -> list[Any]:
    obs = observations()
    kinds: list[Any] = []
    for rows in (12, 1):
        received = actor(tensor(obs[:rows]))
        kinds.append(received.type_name if isinstance(received, Handle) else type(received).__name__)
        kinds.append(attempt(partial(_logits_shape, received)))
    for dtype in (np.float32, np.float64):
        kinds.append(attempt(partial(_kind_of_action, actor, obs[0].astype(dtype))))
    return kinds


def _logits_shape(distribution: Any) -> list[int]:
    return list(distribution.attribute("logits").array.shape)


def _kind_of_action(actor: Handle, obs: Floats) -> str:
    return type(actor.get_action(obs, greedy=True)).__name__


def _actor_learning(student: Student, actor: Handle, sure: Handle) -> list[Any]:
    log_prob = actor(tensor(observations())).keep.log_prob(tensor(np.arange(12) % 2, "int64"))
    gradients = actor.parameter_gradients(of=log_prob)
    reached = {name for name, each in gradients.items() if each is not None and each.array.any()}
    return [bool(actor.parameters()), bool(reached), len(reached) < len(actor.parameters())]


def _actor_rows(student: Student, actor: Handle, sure: Handle) -> list[Any]:
    obs = observations()
    together, again, alone = (oracles.softmax(_logits(actor, each)) for each in (obs, obs, obs[:1]))
    same = [bool(np.allclose(*pair, atol=1e-5)) for pair in ((together, again), (together[:1], alone))]
    log_odds = np.ptp(_logits(sure, obs), axis=1)
    certain = bool(np.median(oracles.softmax(_logits(sure, obs)).max(axis=1)) > 0.9)
    return [*same, certain, bool(log_odds.max() > 1.05)]


def _actor_choices(student: Student, actor: Handle, sure: Handle) -> list[Any]:
    obs = observations()
    alone = np.concatenate([oracles.softmax(_logits(actor, each[None])) for each in obs])
    row = int(np.argmin(abs(alone.max(axis=1) - 0.7)))
    student.seed(7)
    drawn = {}
    for greedy in (False, True):
        arguments: dict[str, Any] = {"args": [obs[row].astype(np.float32)], "kwargs": {"greedy": greedy}}
        asked = student.request("repeated", target=actor.keep_attribute("get_action"), times=DRAWS, **arguments)
        values = [float(np.ravel(each.array if isinstance(each, Tensor) else each)[0]) for each in asked]
        drawn[greedy] = np.bincount(np.asarray(values, dtype=np.int64), minlength=ACTIONS) / DRAWS
    likeliest, rarest = int(alone[row].argmax()), int(alone[row].argmin())
    near = bool((abs(drawn[False] - alone[row]) < 0.15).all())
    even = bool((abs(drawn[False] - 1 / ACTIONS) < 0.15).all())
    always = [drawn[False].max(), drawn[True][likeliest], drawn[True][rarest]]
    return [near, even, *(bool(each == 1.0) for each in always)]


def value_print(student: Student, rng: np.random.Generator) -> Print:
    """Kinds, shapes, bounds, which parameters learn."""
    network, large = (student.keep.ValueNetwork(OBS_DIM, HIDDEN_DIM) for _ in range(2))
    shaken(network, 0.7)
    shaken(large, 20.0)
    default = attempt(lambda: student.keep.ValueNetwork(OBS_DIM).type_name)
    parts = (_value_kinds, _value_learning, _value_rows)
    return [default, widths(network), *collected([lambda part=part: part(network, large) for part in parts])]  # type: ignore[misc]


def _value_kinds(network: Handle, large: Handle) -> list[Any]:
    received = [network(tensor(observations()[:rows])) for rows in (12, 1)]
    return [[list(each.array.shape), each.requires_grad] for each in received]


def _value_learning(network: Handle, large: Handle) -> list[Any]:
    gradients = network.parameter_gradients(of=network.keep.forward(tensor(observations())))
    reached = {name for name, each in gradients.items() if each is not None}
    return [bool(network.parameters()), bool(reached), len(reached) < len(network.parameters())]


def _value_rows(network: Handle, large: Handle) -> list[Any]:
    obs = observations()
    together, again, alone = (network(tensor(each)).array for each in (obs, obs, obs[:1]))
    same = [bool(np.allclose(*pair, atol=1e-5)) for pair in ((together, again), (together[:1], alone))]
    crowd = exact(np.random.default_rng(4).normal(0.0, 1.0, (60, OBS_DIM)))
    bounds = []
    for seed in range(6):
        shaken(large, 20.0, seed)
        bounds.append(large(tensor(crowd)).array)
    highest, lowest = np.max(bounds), np.min(bounds)
    return [*same, bool(np.ptp(together) < 1e-5), bool(highest > 2.0), bool(lowest < -2.0), bool(lowest < -0.5)]
