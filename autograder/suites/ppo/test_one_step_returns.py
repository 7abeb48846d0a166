"""Checks of ``one_step_returns``."""

import pytest

from autograder.message import message
from autograder.suites import expect
from autograder.suites.hidden_values import kept, values_of
from autograder.suites.ppo import oracles
from autograder.suites.ppo.hidden_inputs import Rollout, known

pytestmark = pytest.mark.exercise("one_step_returns")
WHAT = message("the one-step returns")
GAMMA = 0.99


def expect_right(received, rollout, gamma, what=WHAT, **tolerance: float):
    """Compares with the definition."""
    expect.tensor(received, what)
    right = oracles.one_step_returns(rollout.rewards, rollout.values, rollout.dones, gamma)
    expect.close(received, right, what, **tolerance)


@pytest.mark.points(0.03125)
@pytest.mark.hint("Step by step: the reward, plus gamma times the value of the next state unless the episode ended.")
def test_known_vector(student, rng):
    """Six steps with one episode's end, small enough to be followed by hand."""
    for rollout in known(rng):
        expect_right(student.one_step_returns(*rollout.tensors(), gamma=GAMMA), rollout, GAMMA)


@pytest.mark.points(0.03125)
@pytest.mark.hint("values has one row more than rewards: row t + 1 belongs to the state after step t, also for [T, B].")
def test_random_matrices(student, rng):
    """Several environments side by side, drawn at random."""
    rollout = Rollout.draw(rng, 7, 4)
    expect_right(student.one_step_returns(*rollout.tensors(), gamma=GAMMA), rollout, GAMMA)


@pytest.mark.points(0.03125)
@pytest.mark.hint("With gamma 0, or where the episode ended, nothing of the next state's value may be left.")
def test_no_future_leaves_the_rewards(student, rng):
    """With gamma 0, and with every step the last of its episode, returns are the rewards."""
    rollout = Rollout.draw(rng, 6, 3)
    myopic = student.one_step_returns(*rollout.tensors(), gamma=0.0)
    expect.close(myopic, rollout.rewards, "the returns with gamma 0")
    ended = student.one_step_returns(*rollout.with_dones(1.0).tensors(), gamma=0.9)
    expect.close(ended, rollout.rewards, "the returns where every step ends an episode")


@pytest.mark.points(0.03125)
@pytest.mark.hint(
    "Keep the default of the signature, gamma: float = 0.99, and use the argument, not a number or a global."
)
def test_gamma_is_an_argument(student, rng):
    """The discount is the one given, or 0.99."""
    rollout = Rollout.draw(rng, 5, 2).with_dones(0.0)
    expect_right(student.one_step_returns(*rollout.tensors()), rollout, 0.99, "the returns without a gamma")
    given = student.one_step_returns(*rollout.tensors(), gamma=0.5)
    expect_right(given, rollout, 0.5, "the returns with another gamma")


@pytest.mark.points(0.03125)
@pytest.mark.hint("Compute in the dtype of rewards: dones.to(rewards.dtype), and no .float().")
def test_keeps_the_dtype_of_rewards(student, rng):
    """Rewards of double precision give returns of double precision, others not."""
    rollout = Rollout.draw(rng, 5, 2).with_dones(0.0)
    double = student.one_step_returns(*rollout.tensors("float64"), gamma=GAMMA)
    expect.dtype(double, "float64", "the returns of float64 rewards")
    expect_right(double, rollout, GAMMA, "the returns in float64", rtol=1e-12, atol=1e-12)
    single = student.one_step_returns(*rollout.tensors("float32", "float64"), gamma=GAMMA)
    expect.dtype(single, "float32", "the returns of float32 rewards with float64 dones")


@pytest.mark.points(0.03125)
@pytest.mark.hint("torch refuses 1 - dones for a bool tensor; 1 - dones.to(rewards.dtype) works for every dtype.")
def test_dones_of_any_dtype(student, rng):
    """Marks of an episode's end may be integers or truth values."""
    rollout = Rollout.draw(rng, 6, 2)
    for dtype in ("int64", "bool"):
        received = student.one_step_returns(*rollout.tensors(dones_dtype=dtype), gamma=GAMMA)
        expect.dtype(received, "float32", message("the returns with dones of {dtype}", dtype=dtype))
        expect_right(received, rollout, GAMMA, message("the returns with dones of {dtype}", dtype=dtype))


@pytest.mark.points(0.03125)
@pytest.mark.hint("Build a new tensor; +=, *= and writing into slices change the caller's data.")
def test_leaves_its_arguments_unchanged(student, rng):
    """Rewards, values and dones are the same after the call."""
    sent = Rollout.draw(rng, 5, 2).tensors()
    inside = [kept(student, each) for each in sent]
    student.one_step_returns(*inside, gamma=GAMMA)
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
        expect_right(student.one_step_returns(*rollout.tensors(), gamma=GAMMA), rollout, GAMMA, what)
