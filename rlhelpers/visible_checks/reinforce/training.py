"""Visible checks of train, in short episodes with known rewards; those of train_with_baseline build on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rlhelpers.language import translate as _
from rlhelpers.visible_checks.case import Case, Comparison, Notebook, equal, first_failure, that
from rlhelpers.visible_checks.probe import probe
from rlhelpers.visible_checks.reinforce.probes import ACTIONS, Choices, Episodes, linear_actor, weights_of

REWARDS = ((1.0, 2.0), (4.0,), (2.0, -1.0, 4.0), (7.0,))
MEANS = [3.5, 6.0]
SEED, LR = 7, 0.01
Train = Callable[..., tuple[Any, Any]]


def with_scores(notebook: Notebook, env_id: str, lr: float, epochs: int, episodes: int, **options: Any) -> Any:
    """Runs ``train`` with a linear actor; returns the actor and what came back."""
    actor = linear_actor(2, 2 if episodes > 2 else ACTIONS)
    return actor, notebook.train(actor, env_id, lr, epochs, episodes, **{"seed": SEED} | options)


def run(train: Train, notebook: Notebook, epochs: int = 2, lr: float = LR, **options: Any) -> tuple[Any, Any, Episodes]:
    """Trains for epochs of two episodes; returns the actor, what came back, and the probe, played so far."""
    made: list[Episodes] = []

    def factory(**_options: Any) -> Episodes:
        made.append(Episodes(REWARDS))
        return made[-1]

    with probe(factory) as env_id:
        actor, received = train(notebook, env_id, lr, epochs, 2, **options)
    return actor, received, max(made, key=lambda each: len(each.actions), default=Episodes(REWARDS))


def means(train: Train) -> Callable[[Notebook], Comparison]:
    """Whether the list holds the means of the epochs."""

    def judge(notebook: Notebook) -> Comparison:
        _actor, received, env = run(train, notebook)
        if not isinstance(received, list):
            return that(False, str(MEANS), f"{type(received).__name__}: {received!r}"[:120])
        told, right = _("{steps} steps played"), sum(len(each) for each in REWARDS)
        return first_failure(
            equal([round(float(each), 4) for each in received], MEANS),
            that(len(env.actions) == right, told.format(steps=right), told.format(steps=len(env.actions))),
        )

    return judge


def seeds(train: Train) -> Callable[[Notebook], Comparison]:
    """Whether the first reset, and no other one, has the seed."""

    def judge(notebook: Notebook) -> Comparison:
        found = run(train, notebook)[2].seeds
        return equal(found, [SEED] + [None] * (max(len(found), 1) - 1))

    return judge


def repeats(train: Train) -> Callable[[Notebook], Comparison]:
    """Whether the seed decides which actions are sampled."""

    def judge(notebook: Notebook) -> Comparison:
        import torch

        taken = []
        for disturbance, seed in ((1, SEED), (2, SEED), (3, SEED + 1)):
            torch.manual_seed(disturbance)
            actions = run(train, notebook, epochs=6, lr=0.001, seed=seed)[2].actions
            taken.append([int(each) for each in actions])
        told = _("the same actions"), _("other actions")
        both = _("with the same seed {first}, with another one {second}")
        came = [told[taken[0] != each] for each in taken[1:]]
        wanted, received = (both.format(first=pair[0], second=pair[1]) for pair in (told, came))
        return that(wanted == received, wanted, received)

    return judge


def one_step(train: Train) -> Callable[[Notebook], Comparison]:
    """Whether an epoch moves the actor's weights by the learning rate."""

    def judge(notebook: Notebook) -> Comparison:
        actor = run(train, notebook, epochs=1)[0]
        largest = float(abs(weights_of(actor)).max())
        return that(abs(largest - LR) < 0.05 * LR, str(LR), f"{largest:.4g}")

    return judge


def learns(train: Train) -> Callable[[Notebook], Comparison]:
    """Whether it finds out what to do in each of two situations: of 600 runs of right trainers none was below 0.9."""

    def judge(notebook: Notebook) -> Comparison:
        import torch

        with probe(lambda **_options: Choices()) as env_id:
            actor, _received = train(notebook, env_id, 0.2, 40, 8)
        right = float(actor(torch.eye(2)).probs.diagonal().min().detach())
        return that(right > 0.8, _("above {number}").format(number=0.8), f"{right:.2f}")

    return judge


def _score_fn(notebook: Notebook) -> Comparison:
    heard: list[list[float]] = []

    def listen(rewards: Any) -> Any:
        heard.append([float(each) for each in rewards])
        return rewards

    run(with_scores, notebook, score_fn=listen)
    return equal(heard, [list(each) for each in REWARDS])


RETURNS_MEANS = "two epochs of two episodes, whose returns are 3, 4 and then 5, 7: what comes back"
SEEDS = "seeds of the resets"
REPEATS = "the actions that are taken"
STEP = "after one epoch with lr 0.01: the largest change of a weight of the actor"
LEARNS = "two situations, each with a better action: its probability after 40 epochs"

TRAINING_CASES: tuple[Case, ...] = (
    Case(
        RETURNS_MEANS,
        means(with_scores),
        'In each epoch: new episodes, batch_episodes of them; append info["mean_return"] to the list.',
    ),
    Case(SEEDS, seeds(with_scores), "env.reset(seed=seed), once, before the first epoch."),
    Case(REPEATS, repeats(with_scores), "torch.manual_seed(seed), once, at the start."),
    Case(
        STEP,
        one_step(with_scores),
        "One step of torch.optim.Adam(actor.parameters(), lr=lr) per epoch: zero_grad(), backward(), step().",
    ),
    Case(
        LEARNS,
        learns(with_scores),
        "Log-probabilities [N] of the actions that were taken, times scores [N]; mind the sign and the shapes.",
    ),
    Case("score_fn is called with the rewards of each episode", _score_fn, "Hand it on to collect_experience."),
)
