"""Several rounds of a student's PPOTrainer in one long episode, and what returns are made of within episodes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from autograder.sandbox.student import Student
from autograder.suites import expect
from autograder.suites.hidden_values import Floats
from autograder.suites.ppo.policy import Policy
from autograder.suites.ppo.probes import OBS_DIM, Script, ScriptedEnvironment, Seen
from autograder.suites.ppo.trainer_runs import ENV_ID, Recording, handed_over, make_trainer, match, record, rows_of

ROUNDS, ENVS, STEPS = 3, 2, 4
TOTAL = ROUNDS * ENVS * STEPS


@dataclass(frozen=True)
class Rounds:
    """What ``learn`` handed to ``update_epochs`` in several rounds, beside what the environments saw.

    Attributes:
        calls: The arguments of each call by name.
        played: The steps of each environment, in order.
        script: The episodes; none of them ends within these rounds.
        untrained: What the untrained actor said of all observations of the script.
    """

    calls: list[dict[str, Floats]]
    played: list[list[Seen]]
    script: Script
    untrained: Policy

    @property
    def goes_on(self) -> bool:
        """Whether each step of an environment begins where the one before it has ended."""
        pairs = (pair for steps in self.played for pair in pairwise(steps))
        return all(np.array_equal(one.after, other.before) for one, other in pairs)

    def expect_own_transitions(self) -> None:
        """Fails unless all rounds together hand over each step once."""
        observations = np.concatenate([call["observations"] for call in self.calls])
        match(observations, [step for steps in self.played for step in steps])

    def is_stale(self) -> bool:
        """Whether the log-probabilities of the last round are still those of the untrained actor."""
        last = self.calls[-1]
        rows = rows_of(self.script.observations.reshape(-1, OBS_DIM), list(last["observations"]))
        first_policy = Policy(*(each[rows] for each in vars(self.untrained).values()))
        return bool(np.allclose(last["log_probs"], first_policy.log_probs(last["actions"]), rtol=0.0, atol=2e-4))


def recorded(student: Student, rng: np.random.Generator) -> Recording:
    """One round of learning in scripted environments."""
    return record(student, rng, steps=10)


def run_rounds(student: Student, rng: np.random.Generator) -> Rounds:
    """Lets a trainer learn for three rounds of four steps in two environments."""
    script, seed = Script.draw(rng, episodes=4, steps=5 * STEPS), int(rng.integers(1 << 20))
    probes: list[ScriptedEnvironment] = []

    def factory() -> ScriptedEnvironment:
        probes.append(ScriptedEnvironment(script))
        return probes[-1]

    student.environment(ENV_ID, factory)
    student.seed(seed)
    trainer, actor = make_trainer(
        student, total=TOTAL, envs=ENVS, steps=STEPS, epochs=4, batch_size=ENVS * STEPS, seed=seed, learning_rate=3e-3
    )
    untrained = Policy.of(actor, script.observations.reshape(-1, OBS_DIM))
    spy = trainer.spy("update_epochs")
    trainer.keep.learn()
    played = [probe.steps for probe in probes if probe.steps]
    expect.that(bool(played), "learn: it takes no step in the environments of env_id")
    return Rounds(handed_over(student, spy), played, script, untrained)


def discount(recording: Recording) -> tuple[float, float]:
    """By what the future is discounted within episodes, and how far returns are from such a sum.

    Where nothing is paid, a lambda-return is gamma ((1 - lambda) V + lambda R), V and R being value and return of what
    follows (Sutton and Barto, Reinforcement Learning, 2nd edition, chapter 12), and a return of many steps is one with
    lambda = 1. The two factors are fitted; their sum is gamma.

    Returns:
        Gamma, and the largest absolute error of the fit.
    """
    returns, values = recording.given["returns"], recording.before.values
    befores = np.array([step.before for step in recording.seen])
    pairs = [
        (row, int(following[0]))
        for row, step in enumerate(recording.seen)
        if step.ended is None and len(following := np.flatnonzero((befores == step.after).all(axis=1)))
    ]
    now, then = np.array(pairs).T
    ingredients = np.stack([values[then], returns[then]], axis=1)
    factors, *_ = np.linalg.lstsq(ingredients, returns[now], rcond=None)
    return float(factors.sum()), float(abs(ingredients @ factors - returns[now]).max())
