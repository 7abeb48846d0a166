"""Runs of a student's ``train_with_baseline`` that show what its baseline learns, and what it is used for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograder.sandbox.wire import Tensor, tensor
from autograder.suites import expect
from autograder.suites.hidden_values import Floats
from autograder.suites.reinforce import oracles
from autograder.suites.reinforce.policy import distribution_of
from autograder.suites.reinforce.probes import (
    ACTIONS,
    ENV_ID,
    OBS_DIM,
    Script,
    ScriptedEnvironment,
    TwoStepEnvironment,
    played,
)
from autograder.suites.reinforce.training_runs import GAMMA, Trainer, Weights, largest_change

REWARDS = (1.0, -1.0)
RIGHT_VALUES = np.array([REWARDS[0] + GAMMA * REWARDS[1], REWARDS[1]])


def learned_values(trainer: Trainer) -> Floats:
    """Values [2] of the two states of a ``TwoStepEnvironment`` with many actions, after training."""
    trainer.student.environment(ENV_ID, lambda: TwoStepEnvironment(REWARDS, actions=16))
    networks = trainer.networks(2, 16)
    trainer.run(networks, 0.05, 30, 3)
    received = networks[1](tensor(TwoStepEnvironment.observations[:2]))
    expect.shape(received, (2,), "the values")
    return expect.finite(received, "the values").astype(np.float64)


def idle_change(trainer: Trainer) -> float:
    """How far the value network moves, in learning rates, in an epoch in which all returns and all values are 0.

    Its squared error is least as it is; only a loss of the actor that reaches into it can move it.
    """
    trainer.student.environment(ENV_ID, lambda: TwoStepEnvironment((0.0, 0.0), actions=4))
    actor, value_network = trainer.networks(2, 4)
    before = {name: tensor(np.zeros(each.shape)) for name, each in value_network.parameters().items()}
    value_network.set_parameters(before)
    trainer.run([actor, value_network], 0.01, 1, 3)
    return largest_change(before, value_network.parameters()) / 0.01


@dataclass(frozen=True)
class Push:
    """The direction of an actor's first step, beside those that several kinds of scores give.

    Attributes:
        agreement: By kind of scores, the part of the gradient (by absolute value) whose sign the step follows.
        stride: The largest change of one of the actor's parameters, in units of the learning rate.
        value_changed: Whether the value network has changed.
    """

    agreement: dict[str, float]
    stride: float
    value_changed: bool


def run_push(trainer: Trainer, rng: np.random.Generator) -> Push:
    """One epoch of six episodes, with a value network whose values are larger than the returns."""
    script, lr = Script.draw(rng, (3, 2, 4, 3, 2, 4)), 0.001
    trainer.student.environment(ENV_ID, lambda: ScriptedEnvironment(script))
    actor, value_network = trainer.networks(OBS_DIM, ACTIONS, seed=int(rng.integers(1 << 20)))
    scale = {name: tensor(rng.normal(0.0, 2.0, each.shape)) for name, each in value_network.parameters().items()}
    value_network.set_parameters(scale)
    before = [each.parameters() for each in (actor, value_network)]
    trainer.run([actor, value_network], lr, 1, len(script.rewards))
    after = [each.parameters() for each in (actor, value_network)]
    steps = [step for probe in played(trainer.student, script) for step in probe.steps]
    expect.that(len(steps) == 18, "train_with_baseline: an epoch does not play batch_episodes episodes")
    actor.set_parameters(before[0])
    value_network.set_parameters(before[1])
    observations = np.array([step.before for step in steps])
    values = expect.as_array(value_network(tensor(observations)), "the values").astype(np.float64)
    expect.shape(values, (18,), "the values")
    log_prob = distribution_of(actor, observations).keep.log_prob(tensor([step.action for step in steps], "int64"))
    agreement = {}
    for kind, scores in _kinds_of_scores(script, values).items():
        gradient = actor.parameter_gradients(of=log_prob.keep.mul(tensor(scores)))
        agreement[kind] = _agreement(gradient, before[0], after[0])
    stride = largest_change(before[0], after[0]) / lr
    return Push(agreement, stride, largest_change(before[1], after[1]) > 0.0)


def _kinds_of_scores(script: Script, values: Floats) -> dict[str, Floats]:
    returns = np.concatenate([oracles.returns_to_go(each, GAMMA) for each in script.rewards])
    advantages = returns - values
    return {
        "advantage": advantages,
        "standardised advantage": (advantages - advantages.mean()) / advantages.std(),
        "return": returns,
        "standardised return": (returns - returns.mean()) / returns.std(),
        "sum": returns + values,
        "values": values - returns,
    }


def _agreement(gradient: dict[str, Tensor | None], before: Weights, after: Weights) -> float:
    found = [
        (each.array.astype(np.float64).ravel(), (after[name].array - before[name].array).ravel())
        for name, each in gradient.items()
        if each is not None
    ]
    pull, change = (np.concatenate([pair[side] for pair in found]) for side in (0, 1))
    return float(abs(pull)[np.sign(pull) == np.sign(change)].sum() / max(abs(pull).sum(), 1e-12))
