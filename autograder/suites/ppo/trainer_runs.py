"""Runs of a student's PPOTrainer on probes, and what they leave behind as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.message import message
from autograder.sandbox.student import Handle, Student
from autograder.sandbox.wire import tensor
from autograder.suites import expect
from autograder.suites.hidden_values import Floats
from autograder.suites.ppo.policy import Policy
from autograder.suites.ppo.probes import ACTION_DIM, OBS_DIM, Ending, Script, ScriptedEnvironment, Seen, in_turn

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
    seed: int = 3,
    **optional: Any,
) -> tuple[Handle, Handle]:
    """Makes a trainer for ``ENV_ID``; optional arguments are given only to those who take them.

    Returns:
        The trainer and its actor.
    """
    known = student.signature("PPOTrainer") if optional else []
    extra = {name: value for name, value in optional.items() if name in known}
    trainer = expect.handle(
        student.keep.PPOTrainer(ENV_ID, total, envs, steps, epochs, batch_size, GAMMA, eps, seed=seed, **extra),
        "PPOTrainer(...)",
    )
    expect.that(trainer.has_attribute("actor"), "PPOTrainer: expected an attribute actor, received none")
    return trainer, trainer.keep_attribute("actor")


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

    def rows(self, *endings: Ending | None) -> NDArray[np.bool_]:
        """Marks [N] of the steps that ended their episode in one of these ways; None: that did not end it."""
        return np.array([step.ended in endings for step in self.seen])

    def rewards(self) -> Floats:
        """Rewards [N], as the environments paid them."""
        return np.array([step.reward for step in self.seen])


def draw_scripts(rng: np.random.Generator) -> list[Script]:
    """Episodes of one step in every other environment, of two steps in the others; they are cut off in turn.

    Where a script truncates an episode, its last reward is 0; where it terminates one, 1, 0 or -1. Rewards before the
    last step are 0: whatever a trainer divides rewards by, a return is gamma times what follows.
    """
    scripts = []
    for steps in (1, 2, 1, 2):
        script = Script.draw(rng, episodes=12, steps=steps, endings=("terminated", "truncated"))
        script.rewards[:, :-1] = 0.0
        script.rewards[0::2, -1] = np.tile(rng.permutation([1.0, 0.0, -1.0]), 2)
        script.rewards[1::2, -1] = 0.0
        scripts.append(script)
    return scripts


def record(student: Student, rng: np.random.Generator, *, steps: int = 6) -> Recording:
    """Lets a trainer learn from two scripted environments, ``steps`` steps of each, one update.

    The policy is made wide before, so that many actions are beyond the bounds, -1 and 1.
    """
    scripts = draw_scripts(rng)
    probes = [ScriptedEnvironment(script) for script in scripts]
    student.environment(ENV_ID, in_turn(probes))
    options = {"total": 2 * steps, "envs": 2, "steps": steps, "batch_size": 2 * steps}
    trainer, actor = make_trainer(student, scale_rewards=False, **options)
    actor.set_parameters({"log_std": tensor(np.ones(ACTION_DIM))})
    script_observations = np.concatenate([script.observations.reshape(-1, OBS_DIM) for script in scripts])
    untrained = Policy.of(actor, script_observations)
    spy = trainer.spy("update_epochs")
    trainer.learn()
    calls = handed_over(student, spy)
    rows = np.concatenate([call["observations"] for call in calls])
    seen = match(rows, [step for probe in probes for step in probe.steps])[: len(calls[0]["observations"])]
    views = (rows_of(script_observations, [getattr(step, side) for step in seen]) for side in ("before", "after"))
    before, after = (Policy(*(each[rows] for each in vars(untrained).values())) for rows in views)
    return Recording(calls[0], seen, before, after)


def handed_over(student: Student, spy: Handle) -> list[dict[str, Floats]]:
    """The arguments of each call of ``update_epochs`` by name, their shapes checked."""
    calls = [_arguments(call) for call in student.spied(spy)]
    expect.that(bool(calls), "learn: expected it to call self.update_epochs, received no call")
    return calls


def _arguments(call: dict[str, Any]) -> dict[str, Floats]:
    received = dict(zip(ARGUMENTS, call.get("args", []), strict=False)) | dict(call.get("kwargs", {}))
    missing = [name for name in ARGUMENTS if name not in received]
    expect.that(
        not missing,
        message(
            "update_epochs: expected {names}, received none of {missing}", names=", ".join(ARGUMENTS), missing=missing
        ),
    )
    arrays = {name: expect.finite(received[name], name).astype(np.float64) for name in ARGUMENTS}
    rows = len(np.atleast_1d(arrays["observations"]))
    wanted = {"observations": (rows, OBS_DIM), "actions": (rows, ACTION_DIM)}
    for name, array in arrays.items():
        expect.shape(
            array, wanted.get(name, (rows,)), message("{name}, as learn hands them to update_epochs", name=name)
        )
    return arrays


def match(observations: Floats, seen: list[Seen]) -> list[Seen]:
    """The step in which each recorded observation was the one at hand; each of the steps once."""
    rows = len(observations)
    text = message(
        "learn: {steps} steps were taken in the environments, but {transitions} transitions recorded",
        steps=len(seen),
        transitions=rows,
    )
    expect.that(rows == len(seen), text)
    matches = rows_of(np.array([step.before for step in seen]), list(observations))
    expect.that(len(set(matches)) == rows, "learn: a transition is recorded more than once, another one not at all")
    return [seen[match] for match in matches]


def rows_of(table: Floats, observations: list[Floats]) -> list[int]:
    """Which row of a table each observation is."""
    distances = abs(table - np.array(observations)[:, None]).max(axis=2)
    text = message("learn: a recorded observation is none in which the environment took a step")
    expect.that(bool((distances.min(axis=1) < 1e-4).all()), text)
    nearest: list[int] = distances.argmin(axis=1).tolist()
    return nearest
