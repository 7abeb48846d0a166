"""Fingerprints: what an exercise does with hidden inputs, as plain data by which known mistakes are recognised.

A fingerprint first asks for what the exercise is about. Only where that is right it goes on to matters of
form (dtypes, shapes, arguments left alone, gradients that must not flow): a student who both forgets to
bootstrap and returns float32 is told about the bootstrap.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autograder.sandbox.student import Student
from autograder.sandbox.wire import Tensor, tensor
from autograder.suites.fingerprint import Print, attempt
from autograder.suites.hidden_values import exact, kept
from autograder.suites.ppo import oracles
from autograder.suites.ppo.actor_fingerprint import actor_print
from autograder.suites.ppo.hidden_inputs import EXAMPLE, Rollout, Surprises
from autograder.suites.ppo.probes import ACTION_DIM, ENDINGS, OBS_DIM, Script, ScriptedEnvironment
from autograder.suites.ppo.trainer_fingerprint import trainer_print

ENV_ID = "Hidden-v0"


def _is_right(found: Print, right: list[Any]) -> bool:
    """Whether results agree with the oracle; a pair of results is compared as a stack."""
    for received, wanted in zip(found, right, strict=True):
        parts = [
            each.array for each in (received if isinstance(received, list) else [received]) if isinstance(each, Tensor)
        ]
        shapes = {part.shape for part in parts}
        values = parts[0] if len(parts) == 1 else np.stack(parts) if len(parts) > 1 and len(shapes) == 1 else None
        if values is None or values.shape != np.shape(wanted) or not np.allclose(values, wanted, rtol=1e-4, atol=1e-5):
            return False
    return True


def _returns_print(
    student: Student, rng: np.random.Generator, name: str, oracle: Callable[..., Any], other: dict[str, float]
) -> Print:
    def ask(rollout: Rollout, *dtypes: str, **discounts: float) -> Any:
        return attempt(lambda: student.call(name, *rollout.tensors(*dtypes), **discounts))

    rollouts = [Rollout.draw(rng, 7, 3), Rollout.draw(rng, 6, 2), Rollout.draw(rng, 5, 4).with_dones(0.0)]
    found = [ask(rollout) for rollout in rollouts]
    if not _is_right(found, [oracle(each.rewards, each.values, each.dones) for each in rollouts]):
        return found
    first = rollouts[0]
    found += [ask(EXAMPLE), ask(first, **other), ask(first, "float32", "bool"), ask(first, "float32", "int64")]
    found += [ask(first, "float64"), *(ask(part) for part in first.thin_parts())]
    inside = [kept(student, each) for each in first.tensors()]
    found.append(attempt(lambda: student.call(name, *inside)))
    return found + [each.value() for each in inside]


def one_step_print(student: Student, rng: np.random.Generator) -> Print:
    """Fingerprint of ``one_step_returns``."""
    return _returns_print(
        student, rng, "one_step_returns", lambda r, v, d: oracles.one_step_returns(r, v, d, 0.99), {"gamma": 0.5}
    )


def multi_step_print(student: Student, rng: np.random.Generator) -> Print:
    """Fingerprint of ``multi_step_returns``."""
    return _returns_print(
        student, rng, "multi_step_returns", lambda r, v, d: oracles.multi_step_returns(r, v, d, 0.99), {"gamma": 0.5}
    )


def gae_print(student: Student, rng: np.random.Generator) -> Print:
    """Fingerprint of ``compute_gae``."""

    def oracle(rewards: Any, values: Any, dones: Any) -> np.ndarray:
        advantages = oracles.gae_advantages(rewards, values, dones, 0.99, 0.95)
        return np.stack([advantages + values[:-1], advantages])

    return _returns_print(student, rng, "compute_gae", oracle, {"gamma": 0.5, "gae_lambda": 0.6})


def _loss_print(student: Student, name: str, arguments: list[np.ndarray], trained: int) -> Print:
    """A loss, its kind, and its gradients with respect to each argument, that of ``trained`` first."""
    leaves = [student.leaf(each) for each in arguments]

    def gradients(of: int) -> Any:
        sent = [leaf if i == of else tensor(each) for i, (leaf, each) in enumerate(zip(leaves, arguments, strict=True))]
        return student.gradients(of=student.request("call", True, target=name, args=sent, kwargs={}), wrt=[leaves[of]])

    others = [i for i in range(len(arguments)) if i != trained]
    return [attempt(partial(gradients, i)) for i in (trained, *others)]


def critic_print(student: Student, rng: np.random.Generator) -> Print:
    """Fingerprint of ``critic_loss``."""
    arguments = [exact(rng.normal(1.0, 2.0, 9)), exact(rng.normal(0.0, 2.0, 9))]
    found = [attempt(lambda: student.critic_loss(*(tensor(each) for each in arguments)))]
    return found + _loss_print(student, "critic_loss", arguments, trained=1)


def actor_loss_print(student: Student, rng: np.random.Generator) -> Print:
    """Fingerprint of ``actor_loss``."""
    drawn = Surprises.draw(rng, 18, 0.2)
    found = [attempt(lambda: student.actor_loss(*drawn.tensors()))]
    arguments = [drawn.new, drawn.old, drawn.advantages]
    found += _loss_print(student, "actor_loss", arguments, trained=0)
    inside = [kept(student, each) for each in drawn.tensors()]
    found.append(attempt(lambda: student.actor_loss(*inside, eps=0.05)))
    return found + [each.value() for each in inside]


def entropy_print(student: Student, rng: np.random.Generator) -> Print:
    """Fingerprint of ``entropy_loss``."""
    mean, std = exact(rng.normal(0.0, 1.0, (4, 3))), exact(rng.uniform(0.3, 2.0, (4, 3)))
    std[0] /= 16.0  # narrow ones have a negative entropy
    student.seed(7)
    leaf = student.leaf(std)
    distribution = student.keep.Normal(tensor(mean), leaf)
    found = [attempt(lambda: student.entropy_loss(distribution))]
    return [*found, attempt(lambda: student.gradients(of=student.keep.entropy_loss(distribution), wrt=[leaf]))]


def make_env_print(student: Student, rng: np.random.Generator) -> Print:
    """Fingerprint of ``make_env``."""
    script = Script.draw(rng, episodes=1, steps=5)
    student.environment(ENV_ID, lambda: ScriptedEnvironment(script, bound=0.5))
    env = student.keep.make_env(ENV_ID)
    found = [attempt(lambda: env.reset(seed=0)[0])]
    for pair in ([2.5, -7.0], [-0.5, 0.25], [0.75, 0.125]):
        found.append(attempt(partial(env.step, np.array(pair, dtype=np.float32))))
    found += [step.action for probe in student.environments_made(ENV_ID) for step in probe.steps]
    return [*found, attempt(lambda: student.keep.make_env("Pendulum-v1", "rgb_array").attribute("render_mode"))]


def rollout_print(student: Student, rng: np.random.Generator) -> Print:
    """Fingerprint of ``rollout``."""
    found: Print = []
    for ending in ENDINGS:
        found += _one_rollout(student, Script.draw(rng, episodes=4, steps=5, endings=(ending,)))
    return found


def _one_rollout(student: Student, script: Script) -> Print:
    student.environment(ENV_ID, lambda: ScriptedEnvironment(script))
    env = student.keep.make_env(ENV_ID).keep_attribute("unwrapped")
    actor = student.keep.Actor(OBS_DIM, ACTION_DIM, 8)
    found = [attempt(lambda: student.rollout(env, actor, 2, "cpu"))]
    probe = student.environments_made(ENV_ID)[-1]
    found += [list(probe.seeds), len(probe.steps), probe.overruns]
    greedy = [actor.get_action(tensor([step.before]), greedy=True) for step in probe.steps]
    return found + [
        [_near(step.action, each), _near(step.action, greedy[0])]
        for step, each in zip(probe.steps, greedy, strict=True)
    ]


def evaluate_print(student: Student, rng: np.random.Generator) -> Print:
    """Fingerprint of ``evaluate``."""
    script = Script.draw(rng, episodes=7, steps=3)
    student.environment(ENV_ID, lambda: ScriptedEnvironment(script, bound=1e-6))
    actor = student.keep.Actor(OBS_DIM, ACTION_DIM, 8)
    found = [attempt(lambda: student.evaluate(actor, 4, 3, "cpu", env_id=ENV_ID))]
    probes = student.environments_made(ENV_ID)
    actions = [step.action for probe in probes for step in probe.steps]
    clipped = all(bool(np.abs(action).max() < 1e-5) for action in actions)
    return [*found, [seed for probe in probes for seed in probe.seeds], len(actions), clipped]


def _near(action: np.ndarray, wanted: Any) -> bool:
    return isinstance(wanted, Tensor) and bool(np.allclose(np.ravel(action), np.ravel(wanted.array), atol=1e-4))


FINGERPRINTS: dict[str, Callable[[Student, np.random.Generator], Print]] = {
    "make_env": make_env_print,
    "Actor": actor_print,
    "one_step_returns": one_step_print,
    "multi_step_returns": multi_step_print,
    "compute_gae": gae_print,
    "critic_loss": critic_print,
    "actor_loss": actor_loss_print,
    "entropy_loss": entropy_print,
    "rollout": rollout_print,
    "evaluate": evaluate_print,
    "PPOTrainer": trainer_print,
}
"""By exercise."""
