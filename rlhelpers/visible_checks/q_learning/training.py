"""Visible checks of train_q_learning, in a corridor of two steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from rlhelpers.language import translate as _
from rlhelpers.visible_checks.case import Case, Comparison, Notebook, equal, first_failure, that

EPISODES, ALPHA, GAMMA, SEED = 3, 0.5, 0.5, 7
TERMINATING = ((0.25,), (0.875,), (0.0,))
TRUNCATING = ((0.2578125,), (0.955078125,), (0.0,))


def _train(notebook: Notebook, epsilon: float = 0.1, **options: Any) -> tuple[Any, Any]:
    """Trains in a corridor; returns the table and the environment."""
    import gymnasium as gym

    from rlhelpers.visible_checks.q_learning.probes import Corridor, probe

    with probe(Corridor) as env_id:
        env = gym.make(env_id, **options)
        return notebook.train_q_learning(env, ALPHA, EPISODES, GAMMA, epsilon, SEED), env.unwrapped


def _table(received: Any, expected: np.ndarray) -> Comparison:
    if not isinstance(received, np.ndarray):
        return that(False, _("a NumPy array"), type(received).__name__)
    form = _("{dtype} of shape {shape}")
    came, wanted = (form.format(dtype=each.dtype, shape=list(each.shape)) for each in (received, expected))
    if came != wanted:
        return that(False, wanted, came)
    same = bool(np.allclose(received, expected))
    return that(same, str(expected.tolist()), str(received.round(4).tolist()))


def _terminating(notebook: Notebook) -> Comparison:
    return _table(_train(notebook)[0], np.array(TERMINATING))


def _truncating(notebook: Notebook) -> Comparison:
    return _table(_train(notebook, truncates=True)[0], np.array(TRUNCATING))


def _tuples(notebook: Notebook) -> Comparison:
    return _table(_train(notebook, tuples=True)[0], np.array([TERMINATING, np.zeros((3, 1))]))


def _course(notebook: Notebook) -> Comparison:
    told, wanted = _("{episodes} episodes, {overruns} steps after an end"), {"episodes": EPISODES, "overruns": 0}
    comparisons = []
    for truncates in (False, True):
        _q, env = _train(notebook, truncates=truncates)
        came = {"episodes": len([each for each in env.episodes if each]), "overruns": env.overruns}
        comparisons.append(that(came == wanted, told.format(**wanted), told.format(**came)))
    return first_failure(*comparisons)


def _seeds(notebook: Notebook) -> Comparison:
    seeds = _train(notebook)[1].seeds
    return equal(seeds, [SEED] + [None] * (max(len(seeds), 1) - 1))


def _explores(notebook: Notebook) -> Comparison:
    """With epsilon 1 four actions are alike: six choices of them are hardly ever the same one."""
    runs = [_train(notebook, epsilon=1.0, actions=50)[1].episodes for _ in range(2)]
    chosen, same = {action for episode in runs[0] for action in episode}, runs[0] == runs[1]
    told = _("several actions, the same in both runs"), _("one action"), _("other actions in the second run")
    return that(len(chosen) > 1 and same, told[0], told[0] if len(chosen) > 1 and same else told[1 if same else 2])


TRAINING_CASES: tuple[Case, ...] = (
    Case(
        "two states in a row, then a reward of 1 and the end; 3 episodes, alpha and gamma 0.5: the table",
        _terminating,
        "Zeros at first, one row per state; an update for every step, the last one included; alpha stays as it is.",
    ),
    Case(
        "the same, but the last step leads back to the first state and truncates the episode",
        _truncating,
        "Truncation is not termination: q_update gets `terminated` alone, and the first state's value counts.",
    ),
    Case(
        "the first again, with states shown as tuples (0, 0), (0, 1), (0, 2)",
        _tuples,
        "The table has an axis for each number of a tuple: np.zeros((*observation_sizes(env), env.action_space.n)).",
    ),
    Case(
        "3 episodes are played, each to its end",
        _course,
        "An episode is over when it is terminated or truncated; reset then.",
    ),
    Case("seeds of the resets", _seeds, "env.reset(seed=seed) at the first reset, env.reset() at all others."),
    Case(
        "with epsilon 1, the actions of two runs with the same seed",
        _explores,
        "One generator, default_rng(seed), for the whole run; epsilon stays as it is.",
    ),
)
