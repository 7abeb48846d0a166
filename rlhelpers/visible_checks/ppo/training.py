"""Visible checks of the PPOTrainer, on episodes of one step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial, partialmethod
from typing import Any

from rlhelpers.language import translate as _
from rlhelpers.visible_checks.case import Case, Comparison, Notebook, close, first_failure, that, unchanged

STEPS, ENVS, GAMMA, BATCH = 8, 2, 0.5, 16


def _trainer(notebook: Notebook, env_id: str, **kwargs: Any) -> Any:
    return notebook.PPOTrainer(
        env_id, 2 * STEPS * ENVS, ENVS, STEPS, 2, BATCH, GAMMA, 0.2, scale_rewards=False, **kwargs
    )


def _learn(notebook: Notebook, truncates: bool) -> tuple[Any, Any, list[dict[str, Any]]]:
    """Lets a trainer learn and listens to its update_epochs.

    Returns:
        The trainer, what learn returned, and per update: returns, and the value of the (only) observation before it.
    """
    import torch

    from rlhelpers.visible_checks.ppo.probes import OneStepEnv, probe

    heard: list[dict[str, Any]] = []
    with probe(partial(OneStepEnv, truncates)) as env_id:
        trainer = _trainer(notebook, env_id)
        update = trainer.update_epochs

        def listen(observations: Any, actions: Any, log_probs: Any, returns: Any, advantages: Any) -> None:
            with torch.no_grad():
                value = trainer.actor.get_value(torch.zeros(1, 2)).item()
            heard.append({"returns": returns.detach().clone(), "value": value, "shape": tuple(observations.shape)})
            update(observations, actions, log_probs, returns, advantages)

        trainer.update_epochs = listen
        with _no_progress_bars():
            result = trainer.learn()
    return trainer, result, heard


@contextmanager
def _no_progress_bars() -> Iterator[None]:
    """A check shows its table, not the bars of the training within it."""
    from unittest.mock import patch

    from tqdm.auto import tqdm

    with patch.object(tqdm, "__init__", partialmethod(tqdm.__init__, disable=True)):
        yield


def _length(notebook: Notebook) -> Comparison:
    trainer, result, heard = _learn(notebook, truncates=False)
    shapes = [list(each["shape"]) for each in heard]
    return first_failure(
        that(
            shapes == [[16, 2]] * 2,
            _("2 updates with observations [16, 2]"),
            _("shapes {shapes}").format(shapes=shapes),
        ),
        that(result is trainer.actor, _("learn returns trainer.actor"), type(result).__name__),
    )


def _terminated(notebook: Notebook) -> Comparison:
    _, _, heard = _learn(notebook, truncates=False)
    return first_failure(*(close(each["returns"], [1.0] * BATCH) for each in heard)) if heard else _no_update()


def _truncated(notebook: Notebook) -> Comparison:
    _, _, heard = _learn(notebook, truncates=True)
    if not heard:
        return _no_update()
    return first_failure(*(close(each["returns"], [1.0 + GAMMA * each["value"]] * BATCH) for each in heard))


def _no_update() -> Comparison:
    return that(False, _("calls of self.update_epochs"), _("none"))


def _experience(trainer: Any) -> tuple[Any, ...]:
    """One observation, sampled actions, and advantages that grow with the action."""
    import torch

    observations = torch.zeros(BATCH, 2)
    with torch.no_grad():
        dist = trainer.actor.get_action_dist(observations)
        actions = dist.sample()
        log_probs = dist.log_prob(actions).sum(-1)
    advantages = (actions - dist.mean).squeeze(-1)
    return observations, actions, log_probs, torch.full((BATCH,), 10.0), advantages


def _fresh(notebook: Notebook) -> Any:
    from rlhelpers.visible_checks.ppo.probes import OneStepEnv, probe

    with probe(partial(OneStepEnv, False)) as env_id:
        return _trainer(notebook, env_id, seed=3, learning_rate=1e-2)


def _direction(notebook: Notebook) -> Comparison:
    import torch

    trainer, obs = _fresh(notebook), torch.zeros(1, 2)
    experience = _experience(trainer)
    dist, value = trainer.actor(obs)
    before = dist.mean.item(), value.item()
    trainer.update_epochs(*experience)
    dist, value = trainer.actor(obs)
    rose = dist.mean.item() > before[0], value.item() > before[1]
    risen = [name for name, each in zip((_("mean action"), _("value")), rose, strict=True) if each]
    received = _("risen: {names}").format(names=", ".join(risen)) if risen else _("neither rises")
    return that(all(rose), _("mean action and value both rise"), received)


def _normalised(notebook: Notebook) -> Comparison:
    weights = []
    for scale, shift in ((1.0, 0.0), (10.0, 3.0)):
        trainer = _fresh(notebook)
        *rest, advantages = _experience(trainer)
        trainer.update_epochs(*rest, scale * advantages + shift)
        weights.append(list(trainer.actor.state_dict().values()))
    apart = max((a - b).abs().max().item() for a, b in zip(*weights, strict=True))
    same, received = _("the same weights"), _("weights up to {apart:.2g} apart").format(apart=apart)
    return that(apart < 1e-4, same, same if apart < 1e-4 else received)


def _unchanged(notebook: Notebook) -> Comparison:
    trainer = _fresh(notebook)
    arguments = _experience(trainer)
    copies = [each.clone() for each in arguments]
    trainer.update_epochs(*arguments)
    names = ("observations", "actions", "log_probs", "returns", "advantages")
    changed = [n for n, now, old in zip(names, arguments, copies, strict=True) if not now.equal(old)]
    return unchanged(changed)


TRAINER_CASES: tuple[Case, ...] = (
    Case(
        "update_epochs makes better actions likelier and moves values to the returns",
        _direction,
        "loss = actor_loss + critic_weight * critic_loss + ...; zero_grad, backward, step; mind the argument order.",
    ),
    Case(
        "update_epochs normalises advantages: 10 A + 3 gives the same weights as A",
        _normalised,
        "Subtract the mean and divide by the standard deviation, over all N, before the epochs.",
    ),
    Case("update_epochs leaves its arguments unchanged", _unchanged, "Make new tensors: no +=, -= or /= on arguments."),
    Case(
        "learn: 32 transitions with T=8, B=2 are two updates of 16",
        _length,
        "total_timesteps counts transitions over all environments; flatten [T, B, ...] to [T * B, ...].",
    ),
    Case(
        "one-step episodes with reward 1 that terminate: returns",
        _terminated,
        "A terminated state has no future: the return is the reward.",
    ),
    Case(
        "one-step episodes with reward 1 that are truncated, gamma 0.5: returns are 1 + 0.5 V(final observation)",
        _truncated,
        'Add gamma * V(infos["final_obs"]) to the reward of a truncated step; its `dones` stays 1.',
    ),
)
