"""Visible checks of train_with_baseline."""

from __future__ import annotations

from typing import Any

import numpy as np

from rlhelpers.language import translate as _
from rlhelpers.visible_checks.case import Case, Comparison, Notebook, that
from rlhelpers.visible_checks.probe import probe
from rlhelpers.visible_checks.reinforce import training
from rlhelpers.visible_checks.reinforce.probes import ACTIONS, Episodes, linear_actor, linear_values, weights_of

GAMMA = 0.5
TWO_STEPS = ((-1.0, 4.0),)
VALUES = (1.0, 4.0)
KNOWN = (0.0, 3.0), -2.0
"""Weights and bias with which a linear network gives ``VALUES`` for the observations [1, 1] and [1, 2]."""


def with_baseline(notebook: Notebook, env_id: str, lr: float, epochs: int, episodes: int, **options: Any) -> Any:
    """Runs ``train_with_baseline`` with linear networks; returns the actor and what came back."""
    actor, values = linear_actor(2, 2 if episodes > 2 else ACTIONS), linear_values(2)
    arguments = (actor, values, env_id, lr, epochs, episodes, GAMMA)
    return actor, notebook.train_with_baseline(*arguments, **{"seed": training.SEED} | options)


def _after(notebook: Notebook, values: Any, lr: float, epochs: int) -> Any:
    """The actor, after training in the episode of ``TWO_STEPS``."""
    actor = linear_actor(2, ACTIONS)
    with probe(lambda **_options: Episodes(TWO_STEPS)) as env_id:
        notebook.train_with_baseline(actor, values, env_id, lr, epochs, 2, GAMMA, seed=training.SEED)
    return actor


def _knows(notebook: Notebook) -> Comparison:
    """Adam's step is no longer than the learning rate, and exactly 0 where the gradient is."""
    actor = _after(notebook, linear_values(2, *KNOWN), 0.01, 1)
    changed = float(abs(weights_of(actor)).max())
    return that(changed < 1e-6, _("the actor stays as it is"), _("changes by {number}").format(number=f"{changed:.2g}"))


def _learns_values(notebook: Notebook) -> Comparison:
    import torch

    values = linear_values(2)
    _after(notebook, values, 0.1, 150)
    found = values(torch.tensor([[1.0, 1.0], [1.0, 2.0]])).detach().numpy()
    right = bool(np.allclose(found, VALUES, atol=0.5))
    return that(right, _("about {numbers}").format(numbers=list(VALUES)), str(found.round(2).tolist()))


def _changes_values(notebook: Notebook) -> Comparison:
    values = linear_values(2)
    _after(notebook, values, 0.01, 1)
    changed = bool(weights_of(values).any())
    told = _("the value network changes"), _("it stays as it was")
    return that(changed, told[0], told[0] if changed else told[1])


BASELINE_CASES: tuple[Case, ...] = (
    Case(
        training.RETURNS_MEANS,
        training.means(with_baseline),
        'As in train: info["mean_return"] of each epoch, undiscounted.',
    ),
    Case(training.SEEDS, training.seeds(with_baseline), "env.reset(seed=seed), once, before the first epoch."),
    Case(training.REPEATS, training.repeats(with_baseline), "torch.manual_seed(seed), once, at the start."),
    Case(
        training.STEP,
        training.one_step(with_baseline),
        "One step of torch.optim.Adam(actor.parameters(), lr=lr) per epoch.",
    ),
    Case(
        "after one epoch, the value network",
        _changes_values,
        "Its optimizer holds value_network.parameters(): zero_grad(), backward() on the squared error, step().",
    ),
    Case(
        "a value network that knows the returns-to-go exactly: one epoch, gamma 0.5",
        _knows,
        "Scores are returns-to-go minus values; here all of them are 0, and so is the actor's gradient.",
    ),
    Case(
        "rewards -1, 4, gamma 0.5: the values of the two states after 150 epochs",
        _learns_values,
        "The targets are the discounted returns-to-go, [N], as are the values: -1 + 0.5 * 4 = 1, and 4.",
    ),
    Case(
        training.LEARNS,
        training.learns(with_baseline),
        "Better than expected becomes likelier: returns minus values, not the other way round.",
    ),
)
