"""Visible checks of the returns and of generalised advantage estimation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlhelpers.language import translate as _
from rlhelpers.visible_checks.case import Case, Comparison, Notebook, close, first_failure, that, unchanged

REWARDS = (0.1, 0.2, -0.01, 0.5, 4.0, -1.0)
VALUES = (0.1, 0.3, 0.15, 0.3, 0.4, 0.6, 0.5)
DONES = (0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
GAMMA = 0.99

ONE_STEP = (0.397, 0.3485, 0.287, 0.5, 4.594, -0.505)
MULTI_STEP = (0.7733485, 0.68015, 0.485, 0.5, 3.50005, -0.505)
GAE_RETURNS = (0.7301783, 0.6542566, 0.4751, 0.5, 3.5547475, -0.505)
GAE_ADVANTAGES = (0.6301783, 0.3542566, 0.3251, 0.2, 3.1547475, -1.105)

_STORY = "six steps, the episode ends with step 3 (counted from 0), gamma 0.99"
_DONE = "After `done` nothing of the next episode may count: multiply what follows by (1 - dones[t])."


def _tensor(values: Any, **kwargs: Any) -> Any:
    import torch

    return torch.tensor(values, **kwargs)


def _known_vector(function: str, expected: tuple[float, ...]) -> Case:
    def run(notebook: Notebook) -> Comparison:
        call = getattr(notebook, function)
        return close(call(_tensor(REWARDS), _tensor(VALUES), _tensor(DONES), GAMMA), expected)

    return Case(_STORY, run, f"{_DONE} Compare the steps before, at and after step 3 one by one.")


def _two_environments(function: str, expected: tuple[tuple[float, float], ...]) -> Case:
    def run(notebook: Notebook) -> Comparison:
        rewards, dones = _tensor([[1.0, 2.0], [3.0, 4.0]]), _tensor([[0.0, 1.0], [0.0, 0.0]])
        values = _tensor([[9.0, 9.0], [10.0, 20.0], [30.0, 40.0]])
        return close(getattr(notebook, function)(rewards, values, dones, 0.5), expected)

    return Case(
        "two environments side by side [T=2, B=2], the second one's episode ends with step 0, gamma 0.5",
        run,
        "Time is the first axis, environments the second; the same arithmetic works on whole rows.",
    )


def _kinds_of_dones(function: str, expected: tuple[float, ...]) -> Case:
    def run(notebook: Notebook) -> Comparison:
        import torch

        call, rewards, values = getattr(notebook, function), _tensor(REWARDS), _tensor(VALUES)
        dones = _tensor(DONES)
        kinds = (torch.bool, torch.int64, torch.float64)
        results = [call(rewards, values, dones.to(kind), GAMMA) for kind in kinds]
        dtypes = {str(result.dtype) for result in results}
        same_dtype = that(dtypes == {"torch.float32"}, "torch.float32", ", ".join(sorted(dtypes)))
        return first_failure(*(close(result, expected) for result in results), same_dtype)

    return Case(
        "dones of dtype bool, int64 and float64; the result has the dtype of rewards",
        run,
        "Convert first: dones.to(rewards.dtype). `1 - dones` fails for bool.",
    )


def _inputs_untouched(function: str) -> Case:
    def run(notebook: Notebook) -> Comparison:
        inputs = [_tensor(REWARDS), _tensor(VALUES), _tensor(DONES)]
        copies = [each.clone() for each in inputs]
        getattr(notebook, function)(*inputs, GAMMA)
        names = [
            name
            for name, now, before in zip(("rewards", "values", "dones"), inputs, copies, strict=True)
            if not now.equal(before)
        ]
        return unchanged(names)

    return Case("arguments are left unchanged", run, "Write into a new tensor, such as torch.zeros_like(rewards).")


def _gae_known_vector(notebook: Notebook) -> Comparison:
    result = notebook.compute_gae(_tensor(REWARDS), _tensor(VALUES), _tensor(DONES), GAMMA, 0.95)
    if not isinstance(result, tuple) or len(result) != 2:
        return that(False, _("a pair (returns, advantages)"), type(result).__name__)
    return first_failure(close(result[1], GAE_ADVANTAGES), close(result[0], GAE_RETURNS))


def _gae_with_lambda(gae_lambda: float, expected: tuple[float, ...], hint: str) -> Case:
    def run(notebook: Notebook) -> Comparison:
        returns, _ = notebook.compute_gae(_tensor(REWARDS), _tensor(VALUES), _tensor(DONES), GAMMA, gae_lambda)
        return close(returns, expected)

    return Case(f"the same with lambda {gae_lambda:g}: the returns", run, hint)


def _cases(function: str, vector: tuple[float, ...], two: tuple[tuple[float, float], ...]) -> tuple[Case, ...]:
    return (
        _known_vector(function, vector),
        _two_environments(function, two),
        _kinds_of_dones(function, vector),
        _inputs_untouched(function),
    )


RETURNS: Mapping[str, tuple[Case, ...]] = {
    "one_step_returns": _cases("one_step_returns", ONE_STEP, ((6.0, 2.0), (18.0, 24.0))),
    "multi_step_returns": _cases("multi_step_returns", MULTI_STEP, ((10.0, 2.0), (18.0, 24.0))),
    "compute_gae": (
        Case(
            f"{_STORY}, lambda 0.95: advantages, then returns",
            _gae_known_vector,
            f"{_DONE} It cuts twice: in the TD error and in the recursion. The returns are advantages + values[:-1].",
        ),
        _gae_with_lambda(0.0, ONE_STEP, "With lambda 0 only the TD error is left: the one-step returns."),
        _gae_with_lambda(1.0, MULTI_STEP, "With lambda 1 the values cancel: the multi-step returns."),
        _inputs_untouched("compute_gae"),
    ),
}
