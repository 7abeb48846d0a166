"""Visible checks of the Actor."""

from __future__ import annotations

from typing import Any

from rlhelpers.language import translate as _
from rlhelpers.visible_checks.case import Case, Comparison, Notebook, close, first_failure, shape, that

OBS_DIM, ACTION_DIM, HIDDEN_DIM, BATCH = 4, 3, 8, 5


def _actor(notebook: Notebook, hidden_dim: int = HIDDEN_DIM) -> Any:
    return notebook.Actor(OBS_DIM, ACTION_DIM, hidden_dim)


def _observations(batch: int = BATCH) -> Any:
    import torch

    return torch.linspace(-1.0, 1.0, batch * OBS_DIM).reshape(batch, OBS_DIM)


def _distribution(notebook: Notebook) -> Comparison:
    import torch

    dist = _actor(notebook).get_action_dist(_observations())
    if not isinstance(dist, torch.distributions.Normal):
        return that(False, "torch.distributions.Normal", type(dist).__name__)
    return shape(dist.mean, [BATCH, ACTION_DIM])


def _values(notebook: Notebook) -> Comparison:
    return shape(_actor(notebook).get_value(_observations()), [BATCH])


def _single(notebook: Notebook) -> Comparison:
    actor, obs = _actor(notebook), _observations(1)
    return first_failure(shape(actor.get_value(obs), [1]), shape(actor.get_action(obs), [1, ACTION_DIM]))


def _forward(notebook: Notebook) -> Comparison:
    actor, obs = _actor(notebook), _observations()
    dist, values = actor(obs)
    return first_failure(
        close(dist.mean, actor.get_action_dist(obs).mean.detach()), close(values, actor.get_value(obs).detach())
    )


def _greedy(notebook: Notebook) -> Comparison:
    actor, obs = _actor(notebook), _observations()
    return close(actor.get_action(obs, greedy=True), actor.get_action_dist(obs).mean.detach())


def _sampled(notebook: Notebook) -> Comparison:
    actor, obs = _actor(notebook), _observations()
    first, second = actor.get_action(obs), actor.get_action(obs)
    differ = not first.equal(second)
    return first_failure(
        that(differ, _("two different samples"), _("different") if differ else _("the same action twice")),
        that(not first.requires_grad, "requires_grad False", f"requires_grad {first.requires_grad}"),
    )


def _trainable(notebook: Notebook) -> Comparison:
    actor, obs = _actor(notebook), _observations()
    dist, values = actor(obs)
    (dist.log_prob(dist.mean.detach() + 0.1).sum() + values.sum()).backward()
    idle = [name for name, parameter in actor.named_parameters() if parameter.grad is None]
    has_std = dist.stddev.requires_grad
    missing = _("none for {names}").format(names=", ".join(idle))
    return first_failure(
        that(has_std, _("a learned standard deviation"), _("learned") if has_std else _("a constant one")),
        that(not idle, _("gradients for all parameters"), missing if idle else _("for all")),
    )


def _state_independent_std(notebook: Notebook) -> Comparison:
    stddev = _actor(notebook).get_action_dist(_observations()).stddev.detach()
    return close(stddev, stddev[:1].expand_as(stddev))


def _hidden_dim(notebook: Notebook) -> Comparison:
    sizes = [sum(p.numel() for p in _actor(notebook, hidden).parameters()) for hidden in (HIDDEN_DIM, 2 * HIDDEN_DIM)]
    return that(sizes[1] > sizes[0], _("more parameters for hidden_dim 16 than for 8"), f"{sizes[1]}, {sizes[0]}")


ACTOR_CASES: tuple[Case, ...] = (
    Case(
        "get_action_dist: a Normal of batch shape [5, 3]",
        _distribution,
        "One mean per observation and action component.",
    ),
    Case("get_value: shape [5] for 5 observations", _values, "The last layer gives [B, 1]; the value is [B]."),
    Case("a batch of one observation", _single, "squeeze(-1), not squeeze(): the batch axis stays, even if it is 1."),
    Case("forward: the pair (distribution, values)", _forward, "Return what the two methods return."),
    Case("get_action, greedy: the mean", _greedy, "greedy=True takes no sample."),
    Case("get_action: samples, without gradient", _sampled, "dist.sample(), and torch.no_grad() around it."),
    Case(
        "every parameter is used, the standard deviation is learned",
        _trainable,
        "log_std must be an nn.Parameter; use its exp().",
    ),
    Case(
        "the standard deviation does not depend on the observation",
        _state_independent_std,
        "One log_std per action component.",
    ),
    Case("hidden_dim sets the width", _hidden_dim, "Use hidden_dim in the layers, not a number."),
)
