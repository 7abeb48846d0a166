"""Visible checks of the three losses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlhelpers.language import translate as _
from rlhelpers.visible_checks.case import Case, Comparison, Notebook, close, first_failure, that


def _leaf(values: Any) -> Any:
    import torch

    return torch.tensor(values, requires_grad=True)


def _gradient(loss: Any, leaf: Any) -> Any:
    """The gradient, zeros where the loss does not depend on the leaf."""
    import torch

    if not loss.requires_grad:
        return torch.zeros_like(leaf)
    (gradient,) = torch.autograd.grad(loss, [leaf], allow_unused=True, retain_graph=True)
    return torch.zeros_like(leaf) if gradient is None else gradient


# critic_loss


def _critic_value(notebook: Notebook) -> Comparison:
    return close(notebook.critic_loss(_leaf([1.0, 2.0, 3.0]), _leaf([1.0, 1.0, 5.0])), 5 / 3)


def _critic_gradients(notebook: Notebook) -> Comparison:
    targets, predictions = _leaf([1.0, 2.0]), _leaf([3.0, 2.0])
    loss = notebook.critic_loss(targets, predictions)
    return first_failure(close(_gradient(loss, targets), [0.0, 0.0]), close(_gradient(loss, predictions), [2.0, 0.0]))


# actor_loss: one sample each, so that the number can be read off the formula


def _actor(ratio: float, advantage: float, expected: float, gradient: float, hint: str) -> Case:
    """A case of one sample with the old probability 1/2."""

    def run(notebook: Notebook) -> Comparison:
        import torch

        new, old = _leaf([0.5 * ratio]).detach().log().requires_grad_(), torch.tensor([0.5]).log()
        loss = notebook.actor_loss(new, old, torch.tensor([advantage]), 0.2)
        return first_failure(close(loss, expected), close(_gradient(loss, new), [gradient]))

    return Case(f"ratio {ratio:g}, advantage {advantage:g}, eps 0.2: the loss, then its gradient", run, hint)


def _actor_mean(notebook: Notebook) -> Comparison:
    import torch

    zeros = torch.zeros(4)
    return close(notebook.actor_loss(zeros, zeros, torch.tensor([1.0, 2.0, 3.0, -2.0])), -1.0)


def _actor_constants(notebook: Notebook) -> Comparison:
    new, old, advantages = _leaf([0.1, -0.1]), _leaf([0.0, 0.0]), _leaf([1.0, 2.0])
    loss = notebook.actor_loss(new, old, advantages, 0.2)
    leaking = [
        name for name, leaf in (("old_log_probs", old), ("advantages", advantages)) if bool(_gradient(loss, leaf).any())
    ]
    none = _("no gradient")
    return that(not leaking, none, _("gradient into {names}").format(names=", ".join(leaking)) if leaking else none)


# entropy_loss


def _entropy_value(notebook: Notebook) -> Comparison:
    import torch

    return close(notebook.entropy_loss(torch.distributions.Normal(torch.zeros(5, 3), torch.ones(5, 3))), -1.418939)


def _entropy_direction(notebook: Notebook) -> Comparison:
    import torch

    scales = _leaf([[1.0, 2.0]])
    loss = notebook.entropy_loss(torch.distributions.Normal(torch.zeros(1, 2), scales))
    return close(_gradient(loss, scales), [[-0.5, -0.25]])


LOSSES: Mapping[str, tuple[Case, ...]] = {
    "critic_loss": (
        Case(
            "targets 1, 2, 3 and predictions 1, 1, 5", _critic_value, "The mean of the squared differences, a scalar."
        ),
        Case(
            "gradients: none into the targets, 2 (prediction - target) / N into the predictions",
            _critic_gradients,
            "The targets are data: detach them.",
        ),
    ),
    "actor_loss": (
        Case("ratio 1 everywhere: minus the mean advantage", _actor_mean, "A loss is minimised: mind the sign."),
        _actor(1.1, 1.0, -1.1, -1.1, "Within the clip the loss is -ratio * advantage. ratio = exp(new - old)."),
        _actor(1.5, 1.0, -1.2, 0.0, "A good action that is already 1.5 times as likely: clipped, no gradient."),
        _actor(1.5, -1.0, 1.5, 1.5, "A bad action that became likelier must be pushed back: min, not clip alone."),
        _actor(0.5, -1.0, 0.8, 0.0, "A bad action that is already rare: clipped, no gradient."),
        _actor(0.5, 1.0, -0.5, -0.5, "A good action that became rarer must be pulled back: min, not clip alone."),
        Case("no gradient into old_log_probs and advantages", _actor_constants, "Both are data: detach them."),
    ),
    "entropy_loss": (
        Case("a standard normal, batch shape [5, 3]", _entropy_value, "Minus the mean over all elements, not a sum."),
        Case(
            "its gradient raises the standard deviations",
            _entropy_direction,
            "Use action_dist.entropy(); minimising the loss must make the distribution wider.",
        ),
    ),
}
