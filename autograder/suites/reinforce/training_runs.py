"""Runs of a student's ``train`` and ``train_with_baseline`` on probes, and what they leave behind as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.message import message
from autograder.sandbox.student import Handle, Student
from autograder.sandbox.wire import Tensor
from autograder.suites import expect
from autograder.suites.hidden_values import Floats
from autograder.suites.reinforce.policy import probabilities
from autograder.suites.reinforce.probes import (
    ACTIONS,
    ENV_ID,
    OBS_DIM,
    OneStepEnvironment,
    Script,
    ScriptedEnvironment,
    played,
)

GAMMA = 0.5
Weights = dict[str, Tensor]


@dataclass(frozen=True)
class Trainer:
    """One of the two functions, called alike.

    Attributes:
        student: Whose it is.
        name: ``train`` or ``train_with_baseline``.
    """

    student: Student
    name: str

    def networks(self, obs_dim: int, actions: int, seed: int = 1) -> list[Handle]:
        """The networks that it trains, new ones: the actor, and the value network if there is a baseline."""
        self.student.seed(seed)
        actor = expect.handle(self.student.keep.Actor(obs_dim, actions, 32), "Actor(...)")
        if self.name == "train":
            return [actor]
        return [actor, expect.handle(self.student.keep.ValueNetwork(obs_dim, 32), "ValueNetwork(...)")]

    def run(self, networks: list[Handle], lr: float, epochs: int, episodes: int, seed: int = 0, **options: Any) -> Any:
        """One run in ``ENV_ID``; returns what the function returns."""
        discount = [] if self.name == "train" else [GAMMA]
        return self.student.call(self.name, *networks, ENV_ID, lr, epochs, episodes, *discount, seed=seed, **options)


# What is returned, and how the environment is reset


@dataclass(frozen=True)
class Scripted:
    """A run of three epochs of two episodes with known rewards."""

    received: Any
    script: Script
    probes: list[ScriptedEnvironment]
    seed: int

    @property
    def steps(self) -> list[int]:
        """The episode of each step, in all environments together."""
        return [step.episode for probe in self.probes for step in probe.steps]


SCRIPT_LENGTHS = (3, 1, 2, 4, 2, 3, 2)
EPOCHS, EPISODES = 3, 2


def run_scripted(trainer: Trainer, rng: np.random.Generator) -> Scripted:
    """Trains in scripted episodes; there is one more of them than is needed."""
    script, seed = Script.draw(rng, SCRIPT_LENGTHS), int(rng.integers(1000, 9000))
    trainer.student.environment(ENV_ID, lambda: ScriptedEnvironment(script))
    received = trainer.run(trainer.networks(OBS_DIM, ACTIONS), 0.01, EPOCHS, EPISODES, seed)
    return Scripted(received, script, played(trainer.student, script), seed)


def expect_means(run: Scripted, name: str) -> None:
    """Fails unless one mean return per epoch came back, as a list of floats."""
    received = run.received
    what = message("what {name} returns", name=name)
    expect.that(
        isinstance(received, list) and all(is_number(each) for each in received),
        message("{what}: expected a list of floats, received {kind}", what=what, kind=_kind(received)),
    )
    steps = run.script.totals[: EPOCHS * EPISODES]
    expect.that(
        len(received) == EPOCHS and len(run.steps) == sum(SCRIPT_LENGTHS[: EPOCHS * EPISODES]),
        message(
            "{name}: expected {epochs} epochs of {episodes} episodes and one number for each epoch, received others",
            name=name,
            epochs=EPOCHS,
            episodes=EPISODES,
        ),
    )
    means = np.array([float(each) for each in received])
    expect.close(means, steps.reshape(EPOCHS, EPISODES).mean(axis=1), "the mean returns of the epochs", rtol=1e-4)


def is_number(value: Any) -> bool:
    """Whether it is a number of Python or NumPy."""
    return isinstance(value, float | int) or (isinstance(value, np.ndarray) and value.shape == ())


def _kind(received: Any) -> str:
    if isinstance(received, list) and received:
        return message("a list with {kind} in it", kind=expect.kind(received[0]))
    return expect.kind(received)


def expect_one_seed(run: Scripted, name: str) -> None:
    """Fails unless the first reset has the seed and no other one has any."""
    seeds = [seed for probe in run.probes for seed in probe.seeds]
    expect.that(bool(seeds), message("{name}: it does not play in the environment of env_id", name=name))
    expect.that(seeds[0] == run.seed, message("{name}: the first reset does not get the seed", name=name))
    again = [seed for seed in seeds[1:] if seed is not None]
    expect.that(not again, message("{name}: resets after the first one get a seed as well", name=name))


# How far the optimizer goes


@dataclass(frozen=True)
class Strides:
    """The largest change of a parameter, in units of the learning rate.

    Attributes:
        first: After one epoch; Adam's first step is 1 wherever there is a gradient.
        second: After two, the second of which pays nothing, so that its gradient is zero: 1 + 0.09 / 0.19 /
            sqrt(0.000999 / 0.001999) = 1.67 for Adam (Kingma and Ba 2015, algorithm 1).
        has_gradient: Whether the actor is left with a gradient after one epoch.
    """

    first: float
    second: float
    has_gradient: bool


def run_strides(trainer: Trainer, rng: np.random.Generator) -> Strides:
    """Trains the same actor for one epoch, then again for two. The zeros of the second need scores without baseline."""
    script, lr = Script.draw(rng, (2, 3, 2, 3, 2, 3), paying=3), 0.003
    networks = trainer.networks(OBS_DIM, ACTIONS)
    before = [each.parameters() for each in networks]
    strides, gradients = [], []
    for epochs in (1, 2):
        for network, weights in zip(networks, before, strict=True):
            network.set_parameters(weights)
        trainer.student.environment(ENV_ID, lambda: ScriptedEnvironment(script))
        trainer.run(networks, lr, epochs, 3)
        strides.append(largest_change(before[0], networks[0].parameters()) / lr)
        parameters = networks[0].keep.parameters()
        gradients.append(trainer.student.library("torch.nn.utils.clip_grad_norm_", parameters, 1.0).value())
    return Strides(strides[0], strides[1], has_gradient=bool(float(gradients[0].array) > 0.0))


def largest_change(before: Weights, after: Weights) -> float:
    """The largest absolute difference of two sets of weights; infinite where one is no number."""
    changes = [abs(after[name].array - each.array).max() for name, each in before.items()]
    largest = float(max(changes, default=0.0))
    return largest if np.isfinite(changes).all() else float("inf")


# What is learned


def learned(
    trainer: Trainer, pays: Any, *, lr: float = 0.05, epochs: int = 10, episodes: int = 8, **options: Any
) -> Floats:
    """Probabilities [situations, actions] after training in a ``OneStepEnvironment``."""
    trainer.student.environment(ENV_ID, lambda: OneStepEnvironment(pays))
    networks = trainer.networks(OneStepEnvironment.observations.shape[1], len(pays[0]))
    trainer.run(networks, lr, epochs, episodes, **options)
    return probabilities(networks[0], OneStepEnvironment.observations[: len(pays)], len(pays[0]))


def same_run(trainer: Trainer) -> list[bool]:
    """Whether another run with the same seed ends with the same actor, and one with another seed with another actor."""
    trainer.student.environment(ENV_ID, lambda: OneStepEnvironment([[1.0, 0.0, -1.0], [0.0, 2.0, 1.0]]))
    networks = trainer.networks(2, 3)
    before, ends = [each.parameters() for each in networks], []
    for seed, disturbance in ((11, 1), (11, 2), (12, 3)):
        for network, weights in zip(networks, before, strict=True):
            network.set_parameters(weights)
        trainer.student.seed(disturbance)
        trainer.run(networks, 0.01, 2, 6, seed)
        ends.append(networks[0].parameters())
    return [largest_change(ends[0], each) < 1e-7 for each in ends[1:]]
