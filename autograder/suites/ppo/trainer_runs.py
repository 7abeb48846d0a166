"""Runs of a student's PPOTrainer on probes, and what they leave behind as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.sandbox.student import Handle, Student
from autograder.sandbox.wire import Tensor, tensor
from autograder.suites import expect
from autograder.suites.ppo import oracles
from autograder.suites.ppo.hidden_inputs import Floats, exact, kept
from autograder.suites.ppo.probes import ACTION_DIM, OBS_DIM, Script, ScriptedEnvironment, Seen, in_turn

ENV_ID = "Hidden-v0"
GAMMA = 0.9
ARGUMENTS = ("observations", "actions", "log_probs", "returns", "advantages")


def make_trainer(
    student: Student,
    *,
    total: int = 16,
    envs: int = 2,
    steps: int = 8,
    epochs: int = 1,
    batch_size: int = 16,
    eps: float = 0.2,
    **optional: Any,
) -> tuple[Handle, Handle]:
    """Makes a trainer for ``ENV_ID``; optional arguments are given only to those who take them.

    Returns:
        The trainer and its actor.
    """
    known = student.signature("PPOTrainer")
    extra = {name: value for name, value in optional.items() if name in known}
    trainer = expect.handle(
        student.keep.PPOTrainer(ENV_ID, total, envs, steps, epochs, batch_size, GAMMA, eps, seed=3, **extra),
        "PPOTrainer(...)",
    )
    expect.that(trainer.has_attribute("actor"), "PPOTrainer: expected an attribute actor, received none")
    return trainer, trainer.keep_attribute("actor")


@dataclass(frozen=True)
class Policy:
    """What an actor says about some observations.

    Attributes:
        mean: Shape [N, action_dim].
        std: Shape [N, action_dim].
        values: Shape [N].
    """

    mean: Floats
    std: Floats
    values: Floats

    @classmethod
    def of(cls, actor: Handle, observations: Floats) -> Policy:
        """Asks the actor."""
        obs = tensor(observations)
        distribution = expect.handle(actor.keep.get_action_dist(obs), "what get_action_dist returns")
        mean, std = (expect.tensor(distribution.attribute(name), name) for name in ("mean", "stddev"))
        values = expect.tensor(actor.get_value(obs), "the values")
        expect.shape(values, (len(observations),), "the values")
        return cls(*(expect.finite(each, "the actor's outputs").astype(np.float64) for each in (mean, std, values)))

    def log_probs(self, actions: Floats) -> Floats:
        """Log-probabilities [N] of actions [N, action_dim]."""
        log_probs: Floats = oracles.normal_log_prob(actions, self.mean, self.std).sum(-1)
        return log_probs


@dataclass(frozen=True)
class Batch:
    """Arguments of ``update_epochs`` made by the grader; actions on the side of ``direction`` had advantages.

    Attributes:
        before: The actor's outputs for the observations before any update.
        observations: Shape [N, OBS_DIM].
        actions: Shape [N, action_dim].
        returns: Shape [N].
        advantages: Shape [N].
    """

    before: Policy
    observations: Floats
    actions: Floats
    returns: Floats
    advantages: Floats

    @classmethod
    def draw(cls, actor: Handle, rng: np.random.Generator, rows: int = 32, surplus: float = 0.1) -> Batch:
        """Samples actions of the actor in observations near each other, where values are as far from 0 as may be.

        Returns are farther from 0 still, by ``surplus``: values that only shrink do not come nearer to them.
        """
        centres = rng.normal(0.0, 1.0, (16, OBS_DIM))
        centre = centres[abs(Policy.of(actor, centres).values).argmax()]
        observations = exact(centre + rng.normal(0.0, 0.3, (rows, OBS_DIM)))
        before = Policy.of(actor, observations)
        noise = rng.normal(0.0, 1.0, before.mean.shape)
        actions = exact(before.mean + before.std * noise)
        direction = rng.choice([-1.0, 1.0], noise.shape[1]) * rng.uniform(0.7, 1.3, noise.shape[1])
        advantages = exact(noise @ direction)
        return cls(
            before, observations, actions, exact(before.values + surplus * np.sign(before.values.mean())), advantages
        )

    def tensors(self, advantages: Floats | None = None) -> list[Tensor]:
        """The arguments in order, with other advantages if given."""
        used = self.advantages if advantages is None else advantages
        arrays = (self.observations, self.actions, self.before.log_probs(self.actions), self.returns, used)
        return [tensor(array) for array in arrays]

    def update(self, student: Student, trainer: Handle, advantages: Floats | None = None) -> None:
        """Calls ``update_epochs`` with the random generators seeded."""
        student.seed(5)
        trainer.update_epochs(*(kept(student, each) for each in self.tensors(advantages)))

    def noise(self) -> Floats:
        """Distances [N, action_dim] of the actions from the mean, in standard deviations."""
        distances: Floats = (self.actions - self.before.mean) / self.before.std
        return distances

    def surprise(self) -> Floats:
        """Squared distances [N] of the actions from the mean."""
        return exact((self.noise() ** 2).sum(-1))

    def confusing_offset(self) -> float:
        """A constant that, added to advantages and not taken off again, turns one component's gradient around."""
        noise = self.noise()
        pulls, drifts = (self.advantages[:, None] * noise).mean(axis=0), noise.mean(axis=0)
        component = abs(drifts).argmax()
        return float(-2.0 * pulls[component] / drifts[component])


def visits_of(student: Student, trainer: Handle, actor: Handle, batch: Batch) -> list[list[int]]:
    """Which rows of ``batch`` each call of the actor was given during an update, in order."""
    spies = [actor.spy(method) for method in ("forward", "get_action_dist")]
    batch.update(student, trainer)
    visits: list[list[list[int]]] = [[], []]
    for found, spy in zip(visits, spies, strict=True):
        for call in student.spied(spy):
            received = [*call.get("args", []), *call.get("kwargs", {}).values()][:1]
            rows = expect.as_array(received[0] if received else None, "what the actor is given in update_epochs")
            expect.shape(rows, (len(np.atleast_1d(rows)), OBS_DIM), "what the actor is given in update_epochs")
            found.append([int(abs(batch.observations - row).sum(axis=1).argmin()) for row in rows])
    return max(visits, key=len)


@dataclass(frozen=True)
class Recording:
    """What ``learn`` handed to its first ``update_epochs``, beside what the environments saw.

    Attributes:
        given: The arguments by name, their shapes checked.
        seen: The environments' steps, in the order of the rows of ``given``.
        before: What the untrained actor said of the observations in which these steps were taken.
        after: The same of those that the steps led to.
    """

    given: dict[str, Floats]
    seen: list[Seen]
    before: Policy
    after: Policy


def record(student: Student, scripts: list[Script], *, steps: int) -> Recording:
    """Lets a trainer learn from two scripted environments, ``steps`` steps of each, one update.

    The policy is made wide before, so that many actions are beyond the bounds, -1 and 1.
    """
    probes = [ScriptedEnvironment(script) for script in scripts]
    student.environment(ENV_ID, in_turn(probes))
    options = {"total": 2 * steps, "envs": 2, "steps": steps, "batch_size": 2 * steps}
    trainer, actor = make_trainer(student, scale_rewards=False, **options)
    actor.set_parameters({"log_std": tensor(np.ones(ACTION_DIM))})
    script_observations = np.concatenate([script.observations.reshape(-1, OBS_DIM) for script in scripts])
    untrained = Policy.of(actor, script_observations)
    spy = trainer.spy("update_epochs")
    trainer.learn()
    calls = [_arguments(call) for call in student.spied(spy)]
    expect.that(bool(calls), "learn: expected it to call self.update_epochs, received no call")
    rows = np.concatenate([call["observations"] for call in calls])
    seen = _match(rows, [step for probe in probes for step in probe.steps])[: len(calls[0]["observations"])]
    views = (_rows(script_observations, [getattr(step, side) for step in seen]) for side in ("before", "after"))
    before, after = (Policy(*(each[rows] for each in vars(untrained).values())) for rows in views)
    return Recording(calls[0], seen, before, after)


def _arguments(call: dict[str, Any]) -> dict[str, Floats]:
    received = dict(zip(ARGUMENTS, call.get("args", []), strict=False)) | dict(call.get("kwargs", {}))
    missing = [name for name in ARGUMENTS if name not in received]
    expect.that(not missing, f"update_epochs: expected {', '.join(ARGUMENTS)}, received none of {missing}")
    arrays = {name: expect.finite(received[name], name).astype(np.float64) for name in ARGUMENTS}
    rows = len(np.atleast_1d(arrays["observations"]))
    wanted = {"observations": (rows, OBS_DIM), "actions": (rows, ACTION_DIM)}
    for name, array in arrays.items():
        expect.shape(array, wanted.get(name, (rows,)), f"{name}, as learn hands them to update_epochs")
    return arrays


def _match(observations: Floats, seen: list[Seen]) -> list[Seen]:
    """The step in which each recorded observation was the one at hand."""
    rows = len(observations)
    message = f"learn: {len(seen)} steps were taken in the environments, but {rows} transitions recorded"
    expect.that(rows == len(seen), message)
    matches = _rows(np.array([step.before for step in seen]), list(observations))
    expect.that(len(set(matches)) == rows, "learn: a transition is recorded more than once, another one not at all")
    return [seen[match] for match in matches]


def _rows(table: Floats, observations: list[Floats]) -> list[int]:
    found = []
    for observation in observations:
        distances = abs(table - observation).max(axis=1)
        nearest = int(distances.argmin())
        message = "learn: a recorded observation is none in which the environment took a step"
        expect.that(bool(distances[nearest] < 1e-4), message)
        found.append(nearest)
    return found
