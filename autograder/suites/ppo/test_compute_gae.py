"""Checks of ``compute_gae``, a bonus exercise."""

from dataclasses import replace

import numpy as np
import pytest

from autograder.message import message
from autograder.suites import expect
from autograder.suites.hidden_values import exact, kept, values_of
from autograder.suites.ppo import oracles
from autograder.suites.ppo.hidden_inputs import Rollout, known

pytestmark = pytest.mark.exercise("compute_gae")
DISCOUNTS = {"gamma": 0.99, "gae_lambda": 0.95}


def estimate(student, tensors, **arguments: float):
    """Calls the student's function and returns ``(returns, advantages)``, two tensors."""
    received = student.compute_gae(*tensors, **arguments)
    pair, found = isinstance(received, list) and len(received) == 2, expect.kind(received)
    text = message("compute_gae: expected two tensors, returns and advantages, received {found}", found=found)
    expect.that(pair, text)
    expect.tensor(received[0], "the returns")
    expect.tensor(received[1], "the advantages")
    return received


def expect_right(received, rollout, gamma, gae_lambda, **tolerance: float):
    """Compares ``(returns, advantages)`` with the definition."""
    returns, advantages = received
    right = oracles.gae_advantages(rollout.rewards, rollout.values, rollout.dones, gamma, gae_lambda)
    expect.close(advantages, right, "the advantages", **tolerance)
    expect.close(returns, right + rollout.values[:-1], "the returns", **tolerance)


@pytest.mark.points(0.125)
@pytest.mark.hint(
    "Backwards: advantage = TD error + gamma * lambda * (advantage of the next step), which is 0 after an end."
)
def test_known_vector(student, rng):
    """Six steps with one episode's end, small enough to be followed by hand."""
    for rollout in known(rng):
        expect_right(estimate(student, rollout.tensors(), **DISCOUNTS), rollout, **DISCOUNTS)


@pytest.mark.points(0.125)
@pytest.mark.hint("Time is the first axis; every environment has its own column and its own ends of episodes.")
def test_random_matrices(student, rng):
    """Several environments side by side, drawn at random."""
    rollout = Rollout.draw(rng, 9, 4)
    expect_right(estimate(student, rollout.tensors(), **DISCOUNTS), rollout, **DISCOUNTS)


@pytest.mark.points(0.125)
@pytest.mark.hint("With lambda 1 the TD errors telescope: what is left are the multi-step returns minus the values.")
def test_lambda_one_is_multi_step(student, rng):
    """With lambda 1, advantages are multi-step returns minus values."""
    rollout = Rollout.draw(rng, 8, 3)
    _, advantages = estimate(student, rollout.tensors(), gamma=0.9, gae_lambda=1.0)
    right = oracles.multi_step_returns(rollout.rewards, rollout.values, rollout.dones, 0.9)
    expect.close(advantages, right - rollout.values[:-1], "the advantages with lambda 1", atol=1e-5)


@pytest.mark.points(0.125)
@pytest.mark.hint("With lambda 0 only the first TD error counts: reward + gamma * next value - value.")
def test_lambda_zero_is_the_td_error(student, rng):
    """With lambda 0, advantages are one-step TD errors."""
    rollout = Rollout.draw(rng, 8, 3)
    _, advantages = estimate(student, rollout.tensors(), gamma=0.9, gae_lambda=0.0)
    right = oracles.one_step_returns(rollout.rewards, rollout.values, rollout.dones, 0.9)
    expect.close(advantages, right - rollout.values[:-1], "the advantages with lambda 0", atol=1e-5)


@pytest.mark.points(0.0625)
@pytest.mark.hint("Return (returns, advantages) in this order; the returns are advantages + values[:-1].")
def test_returns_are_advantages_plus_values(student, rng):
    """The critic's targets are what it said, corrected by the advantages."""
    rollout = Rollout.draw(rng, 6, 2)
    returns, advantages = estimate(student, rollout.tensors(), **DISCOUNTS)
    expect.shape(advantages, rollout.rewards.shape, "the advantages")
    wanted = advantages.array.astype(np.float64) + rollout.values[:-1]
    expect.close(returns, wanted, "the returns, as advantages plus values", atol=1e-5)


@pytest.mark.points(0.0625)
@pytest.mark.hint("Both the bootstrap in the TD error and the carried advantage are multiplied by 1 - dones[t].")
def test_episodes_do_not_leak(student, rng):
    """What happens after an episode's end leaves the advantages before it alone."""
    before = Rollout.draw(rng, 8, 2)
    end = int(np.argmax(before.dones[:, 0]))
    rewards, values = before.rewards.copy(), before.values.copy()
    rewards[end + 1 :] = exact(rng.normal(9.0, 1.0, rewards[end + 1 :].shape))
    values[end + 1 :] = exact(rng.normal(-9.0, 1.0, values[end + 1 :].shape))
    received = []
    for rollout in (before, replace(before, rewards=rewards, values=values)):
        _, advantages = estimate(student, rollout.tensors(), **DISCOUNTS)
        expect.shape(advantages, rewards.shape, "the advantages")
        received.append(advantages.array[: end + 1, 0])
    unchanged = np.allclose(received[0], received[1], rtol=1e-5, atol=1e-5)
    expect.that(unchanged, "the advantages: those of an episode depend on what comes after its end")


@pytest.mark.points(0.0625)
@pytest.mark.hint("With gamma 0, or where the episode ended, an advantage is reward minus value.")
def test_no_future_leaves_rewards_minus_values(student, rng):
    """With gamma 0, and with every step the last of its episode, advantages are rewards minus values."""
    rollout = Rollout.draw(rng, 6, 3)
    right = rollout.rewards - rollout.values[:-1]
    _, myopic = estimate(student, rollout.tensors(), gamma=0.0, gae_lambda=0.8)
    expect.close(myopic, right, "the advantages with gamma 0")
    _, ended = estimate(student, rollout.with_dones(1.0).tensors(), gamma=0.9, gae_lambda=0.8)
    expect.close(ended, right, "the advantages where every step ends an episode")


@pytest.mark.points(0.0625)
@pytest.mark.hint("Keep the defaults of the signature, gamma = 0.99 and gae_lambda = 0.95, and use the arguments.")
def test_discounts_are_arguments(student, rng):
    """Gamma and lambda are those given, or 0.99 and 0.95."""
    rollout = Rollout.draw(rng, 5, 2).with_dones(0.0)
    expect_right(estimate(student, rollout.tensors()), rollout, 0.99, 0.95)
    expect_right(estimate(student, rollout.tensors(), gamma=0.5, gae_lambda=0.6), rollout, 0.5, 0.6)


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "Make the result like the rewards: torch.zeros_like(rewards), dones.to(rewards.dtype), and no .float()."
)
def test_keeps_the_dtype_of_rewards(student, rng):
    """Rewards of double precision give estimates of double precision, others not."""
    rollout = Rollout.draw(rng, 5, 2).with_dones(0.0)
    double = estimate(student, rollout.tensors("float64"), **DISCOUNTS)
    single = estimate(student, rollout.tensors("float32", "float64"), **DISCOUNTS)
    for (returns, advantages), dtype in ((double, "float64"), (single, "float32")):
        expect.dtype(returns, dtype, message("the returns of {dtype} rewards", dtype=dtype))
        expect.dtype(advantages, dtype, message("the advantages of {dtype} rewards", dtype=dtype))
    expect_right(double, rollout, **DISCOUNTS, rtol=1e-12, atol=1e-12)


@pytest.mark.points(0.0625)
@pytest.mark.hint("torch refuses 1 - dones for a bool tensor; 1 - dones.to(rewards.dtype) works for every dtype.")
def test_dones_of_any_dtype(student, rng):
    """Marks of an episode's end may be integers or truth values."""
    rollout = Rollout.draw(rng, 6, 2)
    for dtype in ("int64", "bool"):
        received = estimate(student, rollout.tensors(dones_dtype=dtype), **DISCOUNTS)
        expect_right(received, rollout, **DISCOUNTS)


@pytest.mark.points(0.0625)
@pytest.mark.hint("Build new tensors; +=, *= and writing into slices of the arguments change the caller's data.")
def test_leaves_its_arguments_unchanged(student, rng):
    """Rewards, values and dones are the same after the call."""
    sent = Rollout.draw(rng, 5, 2).tensors()
    inside = [kept(student, each) for each in sent]
    student.compute_gae(*inside, **DISCOUNTS)
    for name, received, before in zip(("rewards", "values", "dones"), values_of(student, inside), sent, strict=True):
        expect.same(
            received, before, message("{name}: expected to be left as given, received changed values", name=name)
        )


@pytest.mark.points(0.0625)
@pytest.mark.hint("Results have the shape of rewards; squeeze() drops axes of size 1 that have a meaning.")
def test_one_environment_or_one_step(student, rng):
    """Axes of size 1 stay: rewards [T, 1] and [1, B] give results [T, 1] and [1, B]."""
    for rollout in Rollout.draw(rng, 5, 3).with_dones(0.0).thin_parts():
        received = estimate(student, rollout.tensors(), **DISCOUNTS)
        expect_right(received, rollout, **DISCOUNTS)
