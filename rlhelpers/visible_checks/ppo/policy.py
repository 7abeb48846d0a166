"""Visible checks of the trained agent: does the file fit a new Actor, and how well does it run?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rlhelpers.language import translate as _
from rlhelpers.visible_checks.case import Case, Comparison, Notebook, that

FILE = "policy.safetensors"
ENV_ID, OBS_DIM, ACTION_DIM = "HalfCheetah-v5", 17, 6
EPISODES, SEED, FULL_RETURN = 3, 90_000, 3000


def _fits(notebook: Notebook) -> Comparison:
    actor, reason = _loaded(notebook)
    return that(actor is not None, _("the weights of a new Actor"), reason)


def _runs(notebook: Notebook) -> Comparison:
    from rlhelpers.evaluation import evaluate_policy

    wanted = _("a mean return of {full} or more").format(full=FULL_RETURN)
    actor, reason = _loaded(notebook)
    if actor is None:
        return that(False, wanted, reason)
    with notebook.make_env(ENV_ID) as env:
        mean = evaluate_policy(env, actor, EPISODES, seed=SEED).mean()
    return that(bool(mean >= FULL_RETURN), wanted, f"{mean:.0f}")


def _loaded(notebook: Notebook) -> tuple[Any, str]:
    """A new actor with the weights of the file, as the grader makes it; or None, and why there is none."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    from rlhelpers.policy_file import likely_widths

    file = Path(FILE)
    if not file.is_file():
        return None, _("no {file} beside the notebook; the cell above saves it").format(file=FILE)
    reason = ""
    try:
        weights = load(file.read_bytes())
    except SafetensorError as error:
        return None, str(error)
    for width in likely_widths(weights):
        actor = notebook.Actor(OBS_DIM, ACTION_DIM, width)
        try:
            actor.load_state_dict(weights)
        except RuntimeError as error:
            reason = reason or str(error)[:300]
        else:
            return actor, ""
    return None, reason


POLICY_CASES: tuple[Case, ...] = (
    Case(
        "policy.safetensors fits a new Actor",
        _fits,
        "Save the trained agent again after every change of the Actor: its weights go into a new one.",
    ),
    Case(
        "the greedy policy's mean return over three episodes",
        _runs,
        "Train longer, or look for a mistake in the trainer; the grader's ten episodes have other seeds.",
    ),
)
