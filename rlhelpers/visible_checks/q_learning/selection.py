"""Visible checks of select_alpha, where the returns can be told in the head."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from rlhelpers.language import translate as _
from rlhelpers.visible_checks.case import Case, Comparison, Notebook, first_failure, that

EPISODES, EVALUATION = 30, 5


def _select(notebook: Notebook, alphas: Sequence[float], seeds: Sequence[int]) -> tuple[Any, Any, list[int]]:
    """Selects among step sizes; returns best alpha, scores, and the first actions of all episodes.

    Raises:
        ValueError: The result is no pair.
    """
    from rlhelpers.visible_checks.q_learning.probes import Arms, probe

    played: list[int] = []
    with probe(partial(Arms, played)) as env_id:
        best, scores = notebook.select_alpha(env_id, list(alphas), EPISODES, 0.0, 0.5, list(seeds), EVALUATION)
    return best, scores, played


def _scores(notebook: Notebook) -> Comparison:
    _best, scores, _played = _select(notebook, (0.5, 0.3), (1, 2))
    found = np.asarray(scores, dtype=np.float64)
    right = found.shape == (2,) and bool(np.allclose(found, 4.0))
    return that(right, "[4.0, 4.0]", str(found.round(4).tolist()))


def _best(notebook: Notebook) -> Comparison:
    """With alpha 0 nothing is learned: some of many greedy choices among equals are the worse one."""
    best, scores, _played = _select(notebook, (0.0, 0.5), range(10))
    found = np.asarray(scores, dtype=np.float64)
    order = _("scores rise") if found.shape == (2,) and found[0] < found[1] else _("scores do not rise")
    told = _("{alpha}, and {order}")
    right = told.format(alpha=0.5, order=_("scores rise"))
    came = told.format(alpha=best, order=order)
    return that(came == right, right, came)


def _episodes(notebook: Notebook) -> Comparison:
    *_results, played = _select(notebook, (0.5, 0.3), (1, 2))
    told, wanted = _("{episodes} episodes"), 4 * (EPISODES + EVALUATION)
    explored = played.count(0) > EPISODES // 2
    return first_failure(
        that(len(played) == wanted, told.format(episodes=wanted), told.format(episodes=len(played))),
        that(explored, _("exploring while training"), _("none") if not explored else _("exploring while training")),
    )


SELECTION_CASES: tuple[Case, ...] = (
    Case(
        "the better action pays 3, the other 1, then both pay 1 more; epsilon 0.5 and gamma 0: scores of two alphas",
        _scores,
        "Play greedily, with epsilon 0; add up all rewards without discount; take means over episodes and over seeds.",
    ),
    Case(
        "alphas 0 and 0.5: the best one",
        _best,
        "With alpha 0 nothing is learned. Return the alpha with the largest score, and all scores in their order.",
    ),
    Case(
        "two alphas, two seeds, 30 episodes of training and 5 of evaluation each: episodes in all",
        _episodes,
        "Train a new table for each alpha and each seed, then play eval_episodes episodes.",
    ),
)
