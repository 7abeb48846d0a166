"""Checks of ``multi_step_returns``."""

from dataclasses import replace

import numpy as np
import pytest

from autograder.message import message
from autograder.suites import expect
from autograder.suites.hidden_values import exact, kept, values_of
from autograder.suites.ppo import oracles
from autograder.suites.ppo.hidden_inputs import Rollout, known

pytestmark = pytest.mark.exercise("multi_step_returns")
WHAT = message("the multi-step returns")
GAMMA = 0.99


def expect_right(received, rollout, gamma, what=WHAT, **tolerance: float):
    """Compares with the definition."""
    expect.tensor(received, what)
    right = oracles.multi_step_returns(rollout.rewards, rollout.values, rollout.dones, gamma)
    expect.close(received, right, what, **tolerance)


@pytest.mark.points(0.125)
@pytest.mark.hint(
    "Go backwards: return = reward + gamma * (return of the next step), which is 0 after an episode's end."
)
def test_known_vector(student, rng):
    """Six steps with one episode's end, small enough to be followed by hand."""
    for rollout in known(rng):
        expect_right(student.multi_step_returns(*rollout.tensors(), gamma=GAMMA), rollout, GAMMA)


@pytest.mark.points(0.125)
@pytest.mark.hint("Time is the first axis; every environment has its own column and its own ends of episodes.")
def test_random_matrices(student, rng):
    """Several environments side by side, drawn at random."""
    rollout = Rollout.draw(rng, 9, 4)
    expect_right(student.multi_step_returns(*rollout.tensors(), gamma=GAMMA), rollout, GAMMA)


@pytest.mark.points(0.0625)
@pytest.mark.hint("Multiply the return that you carry backwards by 1 - dones[t] before you add it to rewards[t].")
def test_episodes_do_not_leak(student, rng):
    """What happens after an episode's end leaves the returns before it alone."""
    before = Rollout.draw(rng, 8, 2)
    end = int(np.argmax(before.dones[:, 0]))
    rewards = before.rewards.copy()
    rewards[end + 1 :] = exact(rng.normal(9.0, 1.0, rewards[end + 1 :].shape))
    after = replace(before, rewards=rewards, values=exact(before.values + 5.0))
    one, other = (student.multi_step_returns(*each.tensors(), gamma=GAMMA) for each in (before, after))
    one, other = expect.tensor(one, WHAT), expect.tensor(other, WHAT)
    for received in (one, other):
        expect.shape(received, rewards.shape, WHAT)
    unchanged = np.allclose(one[: end + 1, 0], other[: end + 1, 0], rtol=1e-5, atol=1e-5)
    expect.that(unchanged, "the multi-step returns: those of an episode depend on what comes after its end")


@pytest.mark.points(0.125)
@pytest.mark.hint("An episode still running at the end of the rollout goes on with gamma * values[-1].")
def test_bootstraps_from_the_last_value(student, rng):
    """Without rewards and ends, returns are the last value, discounted once per step."""
    drawn = Rollout.draw(rng, 5, 2).with_dones(0.0)
    rollout = replace(drawn, rewards=np.zeros_like(drawn.rewards))
    what = message("the returns of a rollout without rewards")
    expect_right(student.multi_step_returns(*rollout.tensors(), gamma=GAMMA), rollout, GAMMA, what)


@pytest.mark.points(0.03125)
@pytest.mark.hint(
    "Multi-step returns use the rewards that came, not the critic's guesses on the way; those are for one-step returns."
)
def test_only_the_last_value_counts(student, rng):
    """Other values than the last one make no difference."""
    one = Rollout.draw(rng, 6, 2).with_dones(0.0)
    values = exact(one.values + rng.normal(0.0, 3.0, one.values.shape))
    values[-1] = one.values[-1]
    received = student.multi_step_returns(*replace(one, values=values).tensors(), gamma=GAMMA)
    expect_right(received, one, GAMMA, "the returns with other values on the way")


@pytest.mark.points(0.03125)
@pytest.mark.hint("With gamma 0, or where the episode ended, nothing of the future may be left.")
def test_no_future_leaves_the_rewards(student, rng):
    """With gamma 0, and with every step the last of its episode, returns are the rewards."""
    rollout = Rollout.draw(rng, 6, 3)
    myopic = student.multi_step_returns(*rollout.tensors(), gamma=0.0)
    expect.close(myopic, rollout.rewards, "the returns with gamma 0")
    ended = student.multi_step_returns(*rollout.with_dones(1.0).tensors(), gamma=0.9)
    expect.close(ended, rollout.rewards, "the returns where every step ends an episode")


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "Keep the default of the signature, gamma: float = 0.99, and use the argument, not a number or a global."
)
def test_gamma_is_an_argument(student, rng):
    """The discount is the one given, or 0.99."""
    rollout = Rollout.draw(rng, 5, 2).with_dones(0.0)
    expect_right(student.multi_step_returns(*rollout.tensors()), rollout, 0.99, "the returns without a gamma")
    given = student.multi_step_returns(*rollout.tensors(), gamma=0.5)
    expect_right(given, rollout, 0.5, "the returns with another gamma")


@pytest.mark.points(0.03125)
@pytest.mark.hint(
    "Make the result like the rewards: torch.zeros_like(rewards), dones.to(rewards.dtype), and no .float()."
)
def test_keeps_the_dtype_of_rewards(student, rng):
    """Rewards of double precision give returns of double precision, others not."""
    rollout = Rollout.draw(rng, 5, 2).with_dones(0.0)
    double = student.multi_step_returns(*rollout.tensors("float64"), gamma=GAMMA)
    expect.dtype(double, "float64", "the returns of float64 rewards")
    expect_right(double, rollout, GAMMA, "the returns in float64", rtol=1e-12, atol=1e-12)
    single = student.multi_step_returns(*rollout.tensors("float32", "float64"), gamma=GAMMA)
    expect.dtype(single, "float32", "the returns of float32 rewards with float64 dones")


@pytest.mark.points(0.03125)
@pytest.mark.hint("torch refuses 1 - dones for a bool tensor; 1 - dones.to(rewards.dtype) works for every dtype.")
def test_dones_of_any_dtype(student, rng):
    """Marks of an episode's end may be integers or truth values."""
    rollout = Rollout.draw(rng, 6, 2)
    for dtype in ("int64", "bool"):
        received = student.multi_step_returns(*rollout.tensors(dones_dtype=dtype), gamma=GAMMA)
        expect.dtype(received, "float32", message("the returns with dones of {dtype}", dtype=dtype))
        expect_right(received, rollout, GAMMA, message("the returns with dones of {dtype}", dtype=dtype))


@pytest.mark.points(0.03125)
@pytest.mark.hint("Write into a new tensor; returns = rewards only gives the same tensor a second name.")
def test_leaves_its_arguments_unchanged(student, rng):
    """Rewards, values and dones are the same after the call."""
    sent = Rollout.draw(rng, 5, 2).tensors()
    inside = [kept(student, each) for each in sent]
    student.multi_step_returns(*inside, gamma=GAMMA)
    for name, received, before in zip(("rewards", "values", "dones"), values_of(student, inside), sent, strict=True):
        expect.same(
            received, before, message("{name}: expected to be left as given, received changed values", name=name)
        )


@pytest.mark.points(0.03125)
@pytest.mark.hint("The result has the shape of rewards; squeeze() drops axes of size 1 that have a meaning.")
def test_one_environment_or_one_step(student, rng):
    """Axes of size 1 stay: rewards [T, 1] and [1, B] give returns [T, 1] and [1, B]."""
    for rollout in Rollout.draw(rng, 5, 3).with_dones(0.0).thin_parts():
        what = message("the returns of rewards of shape {shape}", shape=list(rollout.rewards.shape))
        expect_right(student.multi_step_returns(*rollout.tensors(), gamma=GAMMA), rollout, GAMMA, what)


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "Rewards [T] of a single environment are not a matrix: index the first axis only, and let the carried return have "
    "any shape."
)
def test_a_single_trajectory(student, rng):
    """A rollout of one environment without an axis for it, rewards [T], works as well."""
    rollout = Rollout.draw(rng, 12)
    expect_right(student.multi_step_returns(*rollout.tensors(), gamma=GAMMA), rollout, GAMMA)
