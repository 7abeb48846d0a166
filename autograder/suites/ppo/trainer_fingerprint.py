"""Fingerprint of ``PPOTrainer``: kinds of behaviour, none of which depends on seeds, layers or step sizes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autograder.errors import CheckFailed, ReplyRejected, StudentRaised
from autograder.sandbox.student import Student
from autograder.sandbox.wire import Tensor, tensor
from autograder.suites.ppo import oracles
from autograder.suites.ppo.hidden_inputs import Floats, exact, kept
from autograder.suites.ppo.probes import ACTION_DIM, Ending, Script, ScriptedEnvironment, SignEnvironment
from autograder.suites.ppo.trainer_runs import (
    ARGUMENTS,
    ENV_ID,
    GAMMA,
    Batch,
    Policy,
    Recording,
    make_trainer,
    record,
    visits_of,
)

WIDE = 16
Part = Callable[[Student, np.random.Generator], list[Any]]


def trainer_print(student: Student, rng: np.random.Generator) -> list[Any]:
    """What updates do to policy, values and arguments, what runs record, and whether they learn."""
    script = Script.draw(rng, episodes=1, steps=60)
    found: list[Any] = []
    parts: tuple[Part, ...] = (_update, _normalisation, _narrowness, _visits, _gradients, _run, _records, _ends, _cuts)
    for part in (*parts, _learning):
        action_dim = WIDE if part is _update else ACTION_DIM
        student.environment(ENV_ID, partial(ScriptedEnvironment, script, action_dim=action_dim))
        try:
            found.append(part(student, np.random.default_rng(17)))
        except (StudentRaised, ReplyRejected, CheckFailed, AttributeError, ValueError, TypeError, LookupError) as error:
            found.append(type(error).__name__)
    return found


def _direction(number: float, bound: float) -> str:
    return "up" if number > bound else "down" if number < -bound else "neither"


def _update(student: Student, rng: np.random.Generator) -> list[Any]:
    trainer, actor = make_trainer(student, epochs=2, batch_size=16)
    batch = Batch.draw(actor, rng, rows=64, surplus=2.0)
    sent = batch.tensors()
    inside = [kept(student, each) for each in sent]
    student.seed(5)
    trainer.update_epochs(*inside)
    after = Policy.of(actor, batch.observations)
    changes = after.log_probs(batch.actions) - batch.before.log_probs(batch.actions)
    still = bool(abs(changes).max() < 1e-6)
    agreement = 0.0 if still else float(np.corrcoef(changes, batch.advantages)[0, 1])
    errors = [float(np.mean((each.values - batch.returns) ** 2)) for each in (batch.before, after)]
    left = [np.array_equal(handle.value().array, each.array) for handle, each in zip(inside, sent, strict=True)]
    return [still, _direction(agreement, 0.65), _direction(errors[0] - errors[1], 1e-3 * errors[0]), left]


def _shift(student: Student, offsets: int = 0, eps: float = 0.2, epochs: int = 2, drift: float = 0.0) -> Floats:
    """By how much an update of the whole batch moves the policy's means.

    Args:
        student: The student.
        offsets: How many confusing offsets are added to the advantages.
        eps: Handed to the trainer.
        epochs: Handed to the trainer.
        drift: Subtracted from the recorded log-probabilities, as if the policy had moved since.
    """
    trainer, actor = make_trainer(student, epochs=epochs, batch_size=16, eps=eps)
    batch = Batch.draw(actor, np.random.default_rng(11), rows=16)
    sent = batch.tensors(exact(batch.advantages + offsets * batch.confusing_offset()))
    sent[ARGUMENTS.index("log_probs")] = tensor(batch.before.log_probs(batch.actions) - drift)
    student.seed(5)
    trainer.update_epochs(*sent)
    shift: Floats = Policy.of(actor, batch.observations).mean - batch.before.mean
    return shift


def _normalisation(student: Student, rng: np.random.Generator) -> list[Any]:
    plain, moved = _shift(student), _shift(student, offsets=1)
    return [bool(abs(moved - plain).max() < 0.1 * abs(plain).max())]


def _narrowness(student: Student, rng: np.random.Generator) -> list[Any]:
    narrow, wide = _shift(student, eps=1e-4, epochs=6), _shift(student, eps=5.0, epochs=6)
    if abs(wide).max() < 1e-7:
        return ["still"]
    limited = bool(abs(narrow).mean() < 0.8 * abs(wide).mean())
    return [limited, np.array_equal(_shift(student, drift=2.0), _shift(student))]


def _visits(student: Student, rng: np.random.Generator) -> list[Any]:
    trainer, actor = make_trainer(student, epochs=3, batch_size=8)
    batch = Batch.draw(actor, rng, rows=24)
    visits = visits_of(student, trainer, actor, batch)
    order = [row for visit in visits for row in visit]
    return [sorted({len(visit) for visit in visits}), len(order), order[:24] == list(range(24)), len(set(order))]


def _gradients(student: Student, rng: np.random.Generator) -> list[Any]:
    trainer, actor = make_trainer(student, epochs=1, batch_size=32, max_grad_norm=1e9)
    batch = Batch.draw(actor, rng)
    sizes = []
    for advantages in (batch.surprise(), -batch.surprise()):
        batch.update(student, trainer, advantages)
        gradient = actor.keep_attribute("log_std").attribute("grad")
        sizes.append(float(abs(gradient.array).sum()) if isinstance(gradient, Tensor) else 0.0)
    return [sizes[1] >= 0.5 * sizes[0]]


def _run(student: Student, rng: np.random.Generator) -> list[Any]:
    before = len(student.environments_made(ENV_ID))
    trainer, actor = make_trainer(student, total=12, envs=2, steps=3, batch_size=6)
    learned = trainer.keep.learn().parameters()
    same = all(np.array_equal(each.array, learned[name].array) for name, each in actor.parameters().items())
    return [sum(len(probe.steps) for probe in student.environments_made(ENV_ID)[before:]), same]


def _recorded(student: Student, rng: np.random.Generator, ending: Ending, rewards: list[float]) -> Recording:
    scripts = [Script.draw(rng, episodes=9, steps=1, ending=ending) for _ in range(4)]
    for script in scripts:
        script.rewards[:, 0] = rng.permutation(rewards)
    return record(student, scripts, steps=6)


def _records(student: Student, rng: np.random.Generator) -> list[Any]:
    recording = record(student, [Script.draw(rng, episodes=8, steps=2) for _ in range(4)], steps=6)
    actions, log_probs = recording.given["actions"], recording.given["log_probs"]
    arrived = np.array([np.ravel(step.action) for step in recording.seen])
    each = oracles.normal_log_prob(actions, recording.before.mean, recording.before.std)
    kinds = [np.allclose(log_probs, right, atol=1e-3) for right in (each.sum(-1), each.mean(-1))]
    return [bool(abs(actions).max() > 1.0), np.allclose(np.clip(actions, -1.0, 1.0), arrived, atol=1e-5), *kinds]


def _ends(student: Student, rng: np.random.Generator) -> list[Any]:
    recording = _recorded(student, rng, "terminated", [1.0, -1.0, 0.0] * 3)
    returns, advantages = recording.given["returns"], recording.given["advantages"]
    rewards = np.array([step.reward for step in recording.seen])
    signs = np.sign(np.where(abs(returns) < 1e-5, 0.0, returns))
    expected = (returns - recording.before.values, returns)
    kinds = [bool(np.corrcoef(advantages, each)[0, 1] > 0.999) for each in expected]
    return [np.array_equal(signs, rewards), np.array_equal(sorted(signs), sorted(rewards)), *kinds]


def _cuts(student: Student, rng: np.random.Generator) -> list[Any]:
    recording = _recorded(student, rng, "truncated", [0.0] * 9)
    returns = recording.given["returns"]
    beginnings = GAMMA * recording.before.values
    elsewhere = np.isclose(returns[:, None], beginnings[None], atol=1e-4).any(axis=1)
    final = np.isclose(returns, GAMMA * recording.after.values, atol=1e-4)
    # The last steps of the rollout are followed by episodes that are not in the record.
    return [bool(np.allclose(returns, 0.0, atol=1e-6)), bool(final.all()), int(elsewhere.sum()) >= len(returns) // 2]


def _learning(student: Student, rng: np.random.Generator) -> list[Any]:
    student.environment(ENV_ID, SignEnvironment)
    trainer, actor = make_trainer(student, total=16, envs=4, steps=4, epochs=2, batch_size=8)
    obs = tensor(SignEnvironment.observations)
    actions = [actor.get_action(obs, greedy=True).array]
    trainer.learn()
    actions.append(actor.get_action(obs, greedy=True).array)
    turns = [float(each[0, 0] - each[1, 0]) for each in actions]
    return [_direction(turns[1] - turns[0], 1e-6)]
