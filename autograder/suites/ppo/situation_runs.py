"""Runs of a student's PPOTrainer over several rounds, in environments whose right actions and values are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograder.sandbox.student import Handle, Student
from autograder.sandbox.wire import tensor
from autograder.suites import expect
from autograder.suites.hidden_values import Floats
from autograder.suites.ppo.probes import SituationEnvironment, Situations, in_turn
from autograder.suites.ppo.trainer_runs import ENV_ID, make_trainer
from autograder.suites.training_check import Curve

ENVS, STEPS = 4, 16


@dataclass(frozen=True)
class Learned:
    """What came of one run.

    Attributes:
        situations: Where it took place.
        actions: The greedy actions in all situations, before and after, shape [2, 16].
        values: The values of all situations, before and after, shape [2, 16].
        rewards: Of each environment, in order.
    """

    situations: Situations
    actions: Floats
    values: Floats
    rewards: list[list[float]]

    def share_learned(self) -> float:
        """By how much the squared distance from the targets has shrunk: 1 is all of it, negative is worse."""
        before, after = np.mean([self.situations.distances(each) for each in self.actions], axis=1)
        return float(1.0 - after / before)

    def value_agreement(self) -> float:
        """Correlation of the change of values with what situations are worth; 0 where nothing has changed."""
        change = self.values[1] - self.values[0]
        return float(np.corrcoef(change, self.situations.worths)[0, 1]) if np.ptp(change) > 1e-6 else 0.0

    def curve(self) -> Curve:
        """Mean rewards of one part of the run after the other, by transitions in all environments together."""
        per_env = min(map(len, self.rewards))
        parts = np.array_split(np.array([each[:per_env] for each in self.rewards]).T, max(1, per_env // STEPS))
        steps = np.cumsum([part.size for part in parts])
        return Curve(tuple(steps.tolist()), tuple(round(float(part.mean()), 4) for part in parts))


def learned(student: Student, rng: np.random.Generator, situations: Situations, rounds: int, epochs: int) -> Learned:
    """Lets a new trainer learn for a number of rounds of 64 transitions, in batches of 16."""
    seed = int(rng.integers(1 << 20))
    spread = len(situations.worths) // ENVS
    probes = [SituationEnvironment(situations, first=spread * number) for number in range(ENVS)]
    student.environment(ENV_ID, in_turn(probes))
    student.seed(seed)
    sizes = {"total": rounds * ENVS * STEPS, "envs": ENVS, "steps": STEPS, "epochs": epochs, "batch_size": 16}
    trainer, actor = make_trainer(student, seed=seed, learning_rate=3e-3, **sizes)
    before = _asked(actor, situations)
    trainer.keep.learn()
    after = _asked(actor, situations)
    rewards = [probe.rewards for probe in probes if probe.rewards]
    expect.that(bool(rewards), "learn: it takes no step in the environments of env_id")
    return Learned(situations, np.stack([before[0], after[0]]), np.stack([before[1], after[1]]), rewards)


def _asked(actor: Handle, situations: Situations) -> tuple[Floats, Floats]:
    observations, count = tensor(situations.observations), len(situations.observations)
    actions, values = actor.get_action(observations, greedy=True), actor.get_value(observations)
    expect.shape(actions, (count, 1), "the greedy actions")
    expect.shape(values, (count,), "the values")
    pair = (expect.finite(actions, "the greedy actions")[:, 0], expect.finite(values, "the values"))
    return pair[0].astype(np.float64), pair[1].astype(np.float64)
