"""Updates of a student's PPOTrainer on data made by the grader, and what they leave behind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from autograder.sandbox.student import Handle, Student
from autograder.sandbox.wire import Tensor, tensor
from autograder.suites import expect
from autograder.suites.hidden_values import Floats, exact, kept
from autograder.suites.ppo.policy import Policy
from autograder.suites.ppo.probes import OBS_DIM, Script, ScriptedEnvironment
from autograder.suites.ppo.trainer_runs import ENV_ID, make_trainer

ROWS, EPOCHS, BATCH_SIZE = 128, 2, 64
WIDE = 16  # components of an action: with few of them, a policy that goes anywhere often goes the right way
NO_EPS = 5.0  # so wide that nothing is clipped
STEPS_TO_LEARN = 8  # of two environments together


@dataclass(frozen=True)
class Batch:
    """Arguments of ``update_epochs``; actions on the side of a hidden direction had advantages.

    Attributes:
        before: The actor's outputs for the observations before any update.
        observations: Shape [N, OBS_DIM].
        actions: Shape [N, action_dim].
        returns: Shape [N].
        advantages: Shape [N].
        drift: Subtracted from the recorded log-probabilities, as if the policy had moved since.
    """

    before: Policy
    observations: Floats
    actions: Floats
    returns: Floats
    advantages: Floats
    drift: float = 0.0

    @classmethod
    def draw(cls, actor: Handle, rng: np.random.Generator) -> Batch:
        """Samples actions of the actor in observations near each other, where values are as far from 0 as may be.

        Returns are farther from 0 still: values that only shrink do not come nearer to them.
        """
        centres = rng.normal(0.0, 1.0, (16, OBS_DIM))
        values = expect.tensor(actor.get_value(tensor(centres)), "the values")
        expect.shape(values, (len(centres),), "the values")
        observations = exact(centres[abs(values).argmax()] + rng.normal(0.0, 0.3, (ROWS, OBS_DIM)))
        before = Policy.of(actor, observations)
        noise = rng.normal(0.0, 1.0, before.mean.shape)
        direction = rng.choice([-1.0, 1.0], noise.shape[1]) * rng.uniform(0.7, 1.3, noise.shape[1])
        returns = exact(before.values + np.sign(before.values.mean()))
        return cls(before, observations, exact(before.mean + before.std * noise), returns, exact(noise @ direction))

    def tensors(self) -> list[Tensor]:
        """The arguments in order."""
        log_probs = self.before.log_probs(self.actions) - self.drift
        return [tensor(each) for each in (self.observations, self.actions, log_probs, self.returns, self.advantages)]

    def noise(self) -> Floats:
        """Distances [N, action_dim] of the actions from the mean, in standard deviations."""
        distances: Floats = (self.actions - self.before.mean) / self.before.std
        return distances

    def disguised(self) -> Batch:
        """The same batch with advantages of another mean, by which they drown if it is not taken off again."""
        return replace(self, advantages=exact(self.advantages + 100.0))

    def drifted(self, drift: float) -> Batch:
        """The same batch as if the policy had moved since."""
        return replace(self, drift=drift)

    def log_std_gradient(self, rows: list[int]) -> Floats:
        """The gradient [action_dim] of the actor's loss on some rows with respect to ``log_std``, at the beginning."""
        normalised = (self.advantages - self.advantages.mean()) / self.advantages.std()
        gradient: Floats = -(normalised[rows, None] * (self.noise()[rows] ** 2 - 1.0)).mean(axis=0)
        return gradient


@dataclass(frozen=True)
class Update:
    """One call of ``update_epochs`` of a new trainer.

    Attributes:
        student: To whom the handles belong.
        seed: Of the trainer.
        trainer: The trainer.
        actor: Its actor.
        batch: What it was given.
        inside: The tensors that it was given, in order; empty where nobody looks.
        calls: Those of the actor's methods, by method; empty where nobody looks.
    """

    student: Student
    seed: int
    trainer: Handle
    actor: Handle
    batch: Batch
    inside: list[Handle]
    calls: list[list[dict[str, Any]]]

    @cached_property
    def narrow(self) -> Update:
        """An update of a trainer of the same kind that clips at once; the batch's advantages are disguised."""
        return self.again(self.batch.disguised(), eps=1e-4)

    def again(self, batch: Batch, eps: float = NO_EPS, **optional: Any) -> Update:
        """An update of a trainer that begins like this one, on another batch."""
        return run_update(self.student, np.random.default_rng(0), eps=eps, batch=batch, seed=self.seed, **optional)

    @cached_property
    def after(self) -> Policy:
        """The actor's outputs for the batch's observations after the update."""
        return Policy.of(self.actor, self.batch.observations)

    @cached_property
    def changes(self) -> Floats:
        """By how much the batch's actions have become likelier, shape [N], as changes of log-probabilities."""
        return self.after.log_probs(self.batch.actions) - self.batch.before.log_probs(self.batch.actions)

    @cached_property
    def shift(self) -> Floats:
        """By how much the means have moved, shape [N, action_dim]."""
        return self.after.mean - self.batch.before.mean

    def agreement(self) -> float:
        """Correlation of the changes with the advantages; 0 where nothing has changed."""
        still = abs(self.changes).max() <= 1e-6
        return 0.0 if still else float(np.corrcoef(self.changes, self.batch.advantages)[0, 1])

    def gain(self) -> float:
        """How much likelier an action has become for each unit of its advantage."""
        advantages = self.batch.advantages - self.batch.advantages.mean()
        return float(self.changes @ advantages / (advantages @ advantages))

    def restraint(self) -> float:
        """How much shorter the way of the narrow update is: 0 where eps makes no difference, 1 where it does not go."""
        gain = self.gain()
        return 1.0 - self.narrow.gain() / gain if gain > 0.0 else 0.0

    def values_learned(self) -> float:
        """By how much the squared error of the values has shrunk: 1 is all of it, negative is worse."""
        before, after = (np.mean((each.values - self.batch.returns) ** 2) for each in (self.batch.before, self.after))
        return float(1.0 - after / before)

    def likeness(self) -> float:
        """Correlation over components of where this update and the narrow one, with disguised advantages, went."""
        one, other = (each.shift.mean(axis=0) for each in (self, self.narrow))
        return float(np.corrcoef(one, other)[0, 1]) if np.ptp(one) and np.ptp(other) else 0.0

    def steps_taken(self) -> int:
        """How many steps the environments have seen so far."""
        return sum(len(probe.steps) for probe in self.student.environments_made(ENV_ID))

    def freshness(self) -> float:
        """How much less the gradient of ``log_std`` resembles the sum over all batches than that of the last batch.

        It is a difference of correlations, that with the last batch being 0.9 at least, since the policy has moved
        meanwhile; 2 where no gradient is left: what is forgotten is in no use.
        """
        received = self.actor.keep_attribute("log_std").attribute("grad")
        gradient = None if received is None else expect.as_array(received, "the gradient of log_std")
        if gradient is None or not gradient.any() or not self.visits:
            return 2.0
        expect.shape(gradient, self.batch.actions.shape[1:], "the gradient of log_std")
        groups = (self.visits[-1], [row for visit in self.visits for row in visit])
        last, total = (np.corrcoef(gradient, self.batch.log_std_gradient(rows))[0, 1] for rows in groups)
        return float(max(last, 0.9) - total)

    @cached_property
    def visits(self) -> list[list[int]]:
        """Which rows of the batch each call of the actor was given, in order."""
        return [self._rows(call) for call in max(self.calls, key=len)]

    def _rows(self, call: dict[str, Any]) -> list[int]:
        received = [*call["args"], *call["kwargs"].values()][:1]
        rows = expect.as_array(received[0] if received else None, "what the actor is given in update_epochs")
        expect.shape(rows, (len(np.atleast_1d(rows)), OBS_DIM), "what the actor is given in update_epochs")
        nearest: list[int] = abs(self.batch.observations - rows[:, None]).sum(axis=2).argmin(axis=1).tolist()
        return nearest


def run_update(
    student: Student,
    rng: np.random.Generator,
    *,
    eps: float = NO_EPS,
    batch: Batch | None = None,
    seed: int | None = None,
    spied: bool = False,
    **optional: Any,
) -> Update:
    """Lets a new trainer update once, on a new batch or on that of another trainer that began with the same seed."""
    seed = int(rng.integers(1 << 20)) if seed is None else seed
    script = Script.draw(rng, episodes=1, steps=2 * STEPS_TO_LEARN)
    student.environment(ENV_ID, lambda: ScriptedEnvironment(script, action_dim=WIDE))
    student.seed(seed)
    sizes = {"total": STEPS_TO_LEARN, "envs": 2, "steps": STEPS_TO_LEARN // 4, "batch_size": BATCH_SIZE}
    trainer, actor = make_trainer(student, epochs=EPOCHS, eps=eps, seed=seed, max_grad_norm=1e9, **sizes, **optional)
    batch = batch or Batch.draw(actor, rng)
    inside = [kept(student, each) for each in batch.tensors()] if spied else []
    spies = [actor.spy(method) for method in ("forward", "get_action_dist")] if spied else []
    student.seed(seed + 1)
    trainer.update_epochs(*(inside or batch.tensors()))
    return Update(student, seed, trainer, actor, batch, inside, [student.spied(spy) for spy in spies])
