"""Visible checks of policy_gradient_loss, on a few numbers."""

from __future__ import annotations

from typing import Any

from rlhelpers.language import translate as _
from rlhelpers.visible_checks.case import Case, Comparison, Notebook, close, first_failure, that, unchanged

LOG_PROB, SCORE = (-1.0, -2.0, -0.5), (3.0, -1.0, 4.0)
LOSS, GRADIENT = 1.0, (-1.0, 1 / 3, -4 / 3)


def _tensors(*values: Any) -> list[Any]:
    import torch

    return [torch.tensor(each) for each in values]


def _value(notebook: Notebook) -> Comparison:
    return close(notebook.policy_gradient_loss(*_tensors(LOG_PROB, SCORE)), LOSS)


def _gradient(notebook: Notebook) -> Comparison:
    import torch

    log_prob, score = _tensors(LOG_PROB, SCORE)
    loss = notebook.policy_gradient_loss(log_prob.requires_grad_(), score)
    if not isinstance(loss, torch.Tensor) or not loss.requires_grad:
        return that(False, _("a tensor with a gradient"), _("no gradient"))
    return first_failure(close(loss, LOSS), close(torch.autograd.grad(loss, log_prob)[0], GRADIENT))


def _one_step(notebook: Notebook) -> Comparison:
    return close(notebook.policy_gradient_loss(*_tensors([-2.0], [-40.0])), -80.0)


def _double(notebook: Notebook) -> Comparison:
    loss = notebook.policy_gradient_loss(*(each.double() for each in _tensors(LOG_PROB, SCORE)))
    dtype = str(getattr(loss, "dtype", type(loss).__name__))
    return that(dtype == "torch.float64", "torch.float64", dtype)


def _untouched(notebook: Notebook) -> Comparison:
    arguments = _tensors(LOG_PROB, SCORE)
    copies = [each.clone() for each in arguments]
    notebook.policy_gradient_loss(*arguments)
    pairs = zip(("log_prob", "score"), arguments, copies, strict=True)
    return unchanged([name for name, now, before in pairs if not now.equal(before)])


LOSS_CASES: tuple[Case, ...] = (
    Case(
        "log-probabilities -1, -2, -0.5 and scores 3, -1, 4",
        _value,
        "The products are -3, 2, -2, their mean is -1, and the loss is minus that. Scores are used as they are.",
    ),
    Case("the gradient: -score / N", _gradient, "Return a tensor that hangs on log_prob: no .item(), no .detach()."),
    Case("one step, log-probability -2, score -40", _one_step, "Scores are neither standardised nor clipped here."),
    Case("float64 stays float64", _double, "No .float(): arithmetic keeps the dtype by itself."),
    Case("arguments are left unchanged", _untouched, "Methods ending in _ and -=, *= work in place."),
)
