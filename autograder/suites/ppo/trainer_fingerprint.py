"""Fingerprint of ``PPOTrainer``: kinds of behaviour, none of which depends on seeds, layers or step sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from autograder.errors import CheckFailed, ReplyRejected, StudentRaised
from autograder.sandbox.student import Student
from autograder.sandbox.wire import tensor
from autograder.suites.ppo import oracles
from autograder.suites.ppo.probes import SignEnvironment, Situations
from autograder.suites.ppo.situation_runs import learned
from autograder.suites.ppo.trainer_rounds import Rounds, discount, run_rounds
from autograder.suites.ppo.trainer_runs import ENV_ID, GAMMA, Recording, make_trainer, record
from autograder.suites.ppo.trainer_updates import ROWS, Update, run_update

FRESH = -0.03  # as good as what calibration.json has: a fingerprint needs no more than a line between kinds


def trainer_print(student: Student, rng: np.random.Generator) -> list[Any]:
    """What updates do to policy, values and arguments, what runs record, and whether they learn."""
    runs = _Runs(student)
    updates = (_update, _visits, _gradients, _narrowness, _old_policy, _run)
    later = (_entropy, _discount, _rounds, _own_transitions, _far_away, _values)
    parts: tuple[Callable[[_Runs], list[Any]], ...] = (*updates, _records, _ends, _cuts, _learning, *later)
    found: list[Any] = []
    for part in parts:
        try:
            found.append(part(runs))
        except (StudentRaised, ReplyRejected, CheckFailed, AttributeError, ValueError, TypeError, LookupError) as error:
            found.append(type(error).__name__)
    return found


class _Runs:
    """Runs that several parts of the fingerprint look at."""

    def __init__(self, student: Student) -> None:
        self.student = student

    @cached_property
    def update(self) -> Update:
        return run_update(self.student, np.random.default_rng(17), spied=True)

    @cached_property
    def rounds(self) -> Rounds:
        return run_rounds(self.student, np.random.default_rng(17))

    @cached_property
    def recording(self) -> Recording:
        return record(self.student, np.random.default_rng(17), steps=8)


def _direction(number: float, bound: float) -> str:
    return "up" if number > bound else "down" if number < -bound else "neither"


def _update(runs: _Runs) -> list[Any]:
    update = runs.update
    errors = [float(np.mean((each.values - update.batch.returns) ** 2)) for each in (update.batch.before, update.after)]
    sent = zip(update.inside, update.batch.tensors(), strict=True)
    left = [np.array_equal(handle.value().array, each.array) for handle, each in sent]
    still = bool(abs(update.changes).max() < 1e-6)
    return [still, _direction(update.agreement(), 0.65), _direction(errors[0] - errors[1], 1e-3 * errors[0]), left]


def _visits(runs: _Runs) -> list[Any]:
    visits = runs.update.visits
    order = [row for visit in visits for row in visit]
    sizes = sorted({len(visit) for visit in visits})
    return [sizes, len(order), order[:ROWS] == list(range(ROWS)), len(set(order))]


def _gradients(runs: _Runs) -> list[Any]:
    slow = run_update(runs.student, np.random.default_rng(17), spied=True, learning_rate=1e-5)
    return [slow.freshness() > FRESH]


def _narrowness(runs: _Runs) -> list[Any]:
    if abs(runs.update.shift).max() < 1e-7:
        return ["still"]
    return [runs.update.likeness() > 0.6, runs.update.restraint() > 0.15]


def _old_policy(runs: _Runs) -> list[Any]:
    drifted = runs.update.again(runs.update.batch.drifted(2.0))
    return [np.array_equal(drifted.shift, runs.update.shift)]


def _run(runs: _Runs) -> list[Any]:
    update = runs.update
    before, learned = update.steps_taken(), update.trainer.keep.learn().parameters()
    same = all(np.array_equal(each.array, learned[name].array) for name, each in update.actor.parameters().items())
    return [update.steps_taken() - before, same]


def _records(runs: _Runs) -> list[Any]:
    recording = runs.recording
    actions, log_probs = recording.given["actions"], recording.given["log_probs"]
    arrived = np.array([np.ravel(step.action) for step in recording.seen])
    each = oracles.normal_log_prob(actions, recording.before.mean, recording.before.std)
    kinds = [np.allclose(log_probs, right, atol=1e-3) for right in (each.sum(-1), each.mean(-1))]
    return [bool(abs(actions).max() > 1.0), np.allclose(np.clip(actions, -1.0, 1.0), arrived, atol=1e-5), *kinds]


def _ends(runs: _Runs) -> list[Any]:
    recording, terminal = runs.recording, runs.recording.rows("terminated")
    last = recording.rows("terminated", "truncated")
    returns, advantages, rewards = (recording.given["returns"], recording.given["advantages"], recording.rewards())
    signs = np.sign(np.where(abs(returns) < 1e-5, 0.0, returns))
    unpaid = terminal & (rewards == 0.0)
    expected = (returns - recording.before.values, returns)
    kinds = [bool(np.corrcoef(advantages[last], each[last])[0, 1] > 0.999) for each in expected]
    bootstrapped = np.allclose(returns[unpaid], GAMMA * recording.after.values[unpaid], atol=1e-4)
    without_future = bool((signs[terminal] == 0.0).any())
    return [np.array_equal(signs[terminal], rewards[terminal]), bootstrapped, without_future, *kinds]


def _cuts(runs: _Runs) -> list[Any]:
    recording = runs.recording
    cut = recording.rows("truncated")
    returns = recording.given["returns"][cut]
    beginnings = GAMMA * recording.before.values
    elsewhere = np.isclose(returns[:, None], beginnings[None], atol=1e-4).any(axis=1)
    final = np.isclose(returns, GAMMA * recording.after.values[cut], atol=1e-4)
    # The last steps of the rollout are followed by episodes that are not in the record.
    return [bool(np.allclose(returns, 0.0, atol=1e-6)), bool(final.all()), int(elsewhere.sum()) >= len(returns) // 2]


def _learning(runs: _Runs) -> list[Any]:
    runs.student.environment(ENV_ID, SignEnvironment)
    trainer, actor = make_trainer(runs.student, total=16, envs=4, steps=4, epochs=1, batch_size=16)
    obs = tensor(SignEnvironment.observations)
    actions = [actor.get_action(obs, greedy=True).array]
    trainer.learn()
    actions.append(actor.get_action(obs, greedy=True).array)
    turns = [float(each[0, 0] - each[1, 0]) for each in actions]
    return [_direction(turns[1] - turns[0], 1e-6)]


def _entropy(runs: _Runs) -> list[Any]:
    if "entropy_weight" not in runs.student.signature("PPOTrainer"):
        return ["up"]  # what cannot be asked is taken to be right
    batch = runs.update.batch
    update = runs.update.again(replace(batch, advantages=np.zeros_like(batch.advantages)), entropy_weight=1.0)
    return [_direction(float(np.log(update.after.std / batch.before.std).mean()), 1e-5)]


def _discount(runs: _Runs) -> list[Any]:
    gamma, error = discount(runs.recording)
    return [error < 1e-3, round(gamma, 2)]


def _rounds(runs: _Runs) -> list[Any]:
    return [runs.rounds.goes_on, runs.rounds.is_stale()]


def _own_transitions(runs: _Runs) -> list[Any]:
    runs.rounds.expect_own_transitions()
    return [True]


def _far_away(runs: _Runs) -> list[Any]:
    rng = np.random.default_rng(17)
    return [learned(runs.student, rng, Situations.with_targets(rng), rounds=2, epochs=8).share_learned() < -1.0]


def _values(runs: _Runs) -> list[Any]:
    rng = np.random.default_rng(17)
    return [learned(runs.student, rng, Situations.with_worths(rng), rounds=2, epochs=2).value_agreement() > 0.6]
