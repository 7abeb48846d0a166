"""The visible checks of returns and losses tell right implementations from wrong ones."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from autograder.suites.ppo import oracles
from rlhelpers.inline_checks import run_checks
from rlhelpers.visible_checks.ppo import returns as cases


def table(exercise, solved, implementation):
    return run_checks("ppo", exercise, solved | {exercise: implementation})


def test_the_numbers_in_the_checks_are_those_of_the_definitions():
    vector = cases.REWARDS, cases.VALUES, cases.DONES, cases.GAMMA
    np.testing.assert_allclose(cases.ONE_STEP, oracles.one_step_returns(*vector), atol=1e-6)
    np.testing.assert_allclose(cases.MULTI_STEP, oracles.multi_step_returns(*vector), atol=1e-6)
    advantages = oracles.gae_advantages(*vector, 0.95)
    np.testing.assert_allclose(cases.GAE_ADVANTAGES, advantages, atol=1e-6)
    np.testing.assert_allclose(cases.GAE_RETURNS, advantages + np.array(cases.VALUES[:-1]), atol=1e-6)


def test_the_known_vector_of_the_course_is_among_them():
    np.testing.assert_allclose(cases.MULTI_STEP, [0.7733, 0.6802, 0.4850, 0.5, 3.5, -0.5050], atol=1e-4)


# Returns


def backwards(rewards, values, dones, gamma, first=None, step=None):
    out, following = torch.zeros_like(rewards), values[-1] if first is None else first
    for t in reversed(range(len(rewards))):
        following = step(rewards, values, 1 - dones.to(rewards.dtype), gamma, t, following)
        out[t] = following
    return out


def wrong_returns(step, first=None):
    return lambda r, v, d, gamma=0.99: backwards(r, v, d, gamma, first, step)


WRONG_MULTI_STEP = {
    "ignores dones": wrong_returns(lambda r, v, c, g, t, f: r[t] + g * f),
    "starts from zero": wrong_returns(lambda r, v, c, g, t, f: r[t] + g * c[t] * f, first=torch.zeros(())),
    "cuts the reward of the last step": wrong_returns(lambda r, v, c, g, t, f: c[t] * (r[t] + g * f)),
    "cuts one step late": wrong_returns(lambda r, v, c, g, t, f: r[t] + g * (c[t - 1] if t else 1) * f),
    "no discount": wrong_returns(lambda r, v, c, g, t, f: r[t] + c[t] * f),
    "one-step": lambda r, v, d, gamma=0.99: r + gamma * (1 - d.to(r.dtype)) * v[1:],
    "bool dones fail": lambda r, v, d, gamma=0.99: wrong_returns(lambda r, v, c, g, t, f: r[t] + g * (1 - d[t]) * f)(
        r, v, d, gamma
    ),
    "float64": lambda r, v, d, gamma=0.99: wrong_returns(lambda r, v, c, g, t, f: r[t] + g * c[t] * f)(
        r.double(), v.double(), d, gamma
    ),
    "writes into rewards": lambda r, v, d, gamma=0.99: r.copy_(
        wrong_returns(lambda r, v, c, g, t, f: r[t] + g * c[t] * f)(r, v, d, gamma)
    ),
    "list": lambda r, v, d, gamma=0.99: [0.0] * len(r),
}


@pytest.mark.parametrize("mistake", WRONG_MULTI_STEP)
def test_wrong_multi_step_returns_are_seen(mistake, solved):
    assert not table("multi_step_returns", solved, WRONG_MULTI_STEP[mistake]).passed


def test_the_row_says_where_the_values_differ(solved):
    row = table("multi_step_returns", solved, WRONG_MULTI_STEP["ignores dones"]).rows[0]
    assert row.expected.startswith("[0.7733, 0.680")
    assert row.received.endswith(", -0.505]")
    assert row.hint.startswith("Differs at index 0, 1, 2, 3.")


def test_a_last_axis_too_many_is_named(solved):
    right = solved["one_step_returns"]
    row = table("one_step_returns", solved, lambda *args: right(*args).unsqueeze(-1)).rows[0]
    assert (row.expected, row.received) == ("shape [6]", "shape [6, 1]")
    assert "squeeze(-1)" in row.hint


@pytest.mark.parametrize(
    "wrong",
    [
        lambda r, v, d, gamma=0.99: r + gamma * v[1:],
        lambda r, v, d, gamma=0.99: r + gamma * (1 - d.to(r.dtype)) * v[:-1],
        lambda r, v, d, gamma=0.99: r + gamma * d.to(r.dtype) * v[1:],
        lambda r, v, d, gamma=0.99: r + 0.99 * (1 - d.to(r.dtype)) * v[1:],
    ],
)
def test_wrong_one_step_returns_are_seen(wrong, solved):
    assert not table("one_step_returns", solved, wrong).passed


def gae(rewards, values, dones, gamma=0.99, gae_lambda=0.95, cut_error=True, cut_sum=True, swap=False):
    continues = 1 - dones.to(rewards.dtype)
    errors = rewards + gamma * (continues if cut_error else 1) * values[1:] - values[:-1]
    advantages, following = torch.zeros_like(rewards), torch.zeros_like(values[-1])
    for t in reversed(range(len(rewards))):
        following = errors[t] + gamma * gae_lambda * (continues[t] if cut_sum else 1) * following
        advantages[t] = following
    return (advantages, advantages + values[:-1]) if swap else (advantages + values[:-1], advantages)


@pytest.mark.parametrize("mistake", [{}, {"cut_error": False}, {"cut_sum": False}, {"swap": True}])
def test_wrong_advantages_are_seen(mistake, solved):
    passed = table("compute_gae", solved, lambda *args: gae(*args, **mistake)).passed
    assert passed == (mistake == {})


# Losses


def ratio(new, old):
    return torch.exp(new - old)


WRONG_LOSSES: dict[str, list[Any]] = {
    "critic_loss": [
        lambda target, pred: F.mse_loss(pred, target),
        lambda target, pred: F.mse_loss(pred, target.detach(), reduction="sum"),
        lambda target, pred: 0.5 * F.mse_loss(pred, target.detach()),
        lambda target, pred: F.l1_loss(pred, target.detach()),
        lambda target, pred: F.mse_loss(pred.detach(), target),
        lambda target, pred: ((pred[:, None] - target.detach()) ** 2).mean(),
    ],
    "actor_loss": [
        lambda n, o, a, eps=0.2: -(ratio(n, o.detach()) * a.detach()).mean(),
        lambda n, o, a, eps=0.2: -(ratio(n, o.detach()).clamp(1 - eps, 1 + eps) * a.detach()).mean(),
        lambda n, o, a, eps=0.2: torch.minimum(ratio(n, o) * a, ratio(n, o).clamp(1 - eps, 1 + eps) * a).mean(),
        lambda n, o, a, eps=0.2: -torch.minimum(ratio(o, n) * a, ratio(o, n).clamp(1 - eps, 1 + eps) * a).mean(),
        lambda n, o, a, eps=0.2: -torch.maximum(ratio(n, o) * a, ratio(n, o).clamp(1 - eps, 1 + eps) * a).mean(),
        lambda n, o, a, eps=0.2: -torch.minimum(ratio(n, o) * a, ratio(n, o).clamp(1 - eps, 1 + eps) * a).mean(),
        lambda n, o, a, eps=0.2: -torch.minimum(ratio(n, o) * a, ratio(n, o).clamp(1 - eps, 1 + eps) * a).detach(),
    ],
    "entropy_loss": [
        lambda dist: dist.entropy().mean(),
        lambda dist: -dist.entropy().sum(-1).mean(),
        lambda dist: -dist.entropy(),
        lambda dist: -dist.entropy().mean().detach(),
    ],
}


@pytest.mark.parametrize(
    ("exercise", "number"), [(e, n) for e, wrong in WRONG_LOSSES.items() for n in range(len(wrong))]
)
def test_wrong_losses_are_seen(exercise, number, solved):
    assert not table(exercise, solved, WRONG_LOSSES[exercise][number]).passed
