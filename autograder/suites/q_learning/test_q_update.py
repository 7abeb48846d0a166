"""Checks of ``q_update``, on tables drawn at random."""

from dataclasses import replace

import numpy as np
import pytest

from autograder.message import message
from autograder.suites import expect
from autograder.suites.q_learning import oracles
from autograder.suites.q_learning.hidden_inputs import INTEGERS, TUPLES, Update, table

pytestmark = pytest.mark.exercise("q_update")
WHAT = message("the table after q_update")


def applied(student, update):
    """The table after the update."""
    return table(update.apply(student), update.q.shape, WHAT)


def expect_right(student, update, what):
    """Compares the number that belongs to state and action."""
    where = (*np.atleast_1d(update.seen.before).tolist(), update.seen.action)
    right = oracles.updated(update.q, update.seen, update.alpha, update.gamma)
    expect.close(applied(student, update)[where], right[where], what, rtol=1e-9, atol=1e-9)


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "q[state][action] += alpha * (target - q[state][action]), target = reward + gamma * max of q[next_state], in place."
)
def test_moves_to_the_target(student, rng):
    """The value goes a part of the way to the reward plus the discounted best value of the next state."""
    for _ in range(4):
        expect_right(student, Update.draw(rng, INTEGERS), "the updated value")


@pytest.mark.points(0.03125)
@pytest.mark.hint("Update after a terminating step as after any other: its reward is often the only one there is.")
def test_the_last_reward_counts(student, rng):
    """A terminating step moves the value to its reward; the row of the next state is zero, as it stays in training."""
    for _ in range(2):
        update = Update.draw(rng, INTEGERS, terminated=True)
        update.q[update.seen.after] = 0.0
        expect_right(student, update, "the updated value of a terminating step into a row of zeros")


@pytest.mark.points(0.03125)
@pytest.mark.hint("If terminated, the target is the reward alone: next_state has no future, whatever the table holds.")
def test_nothing_follows_termination(student, rng):
    """After a terminating step the target is the reward."""
    for _ in range(3):
        expect_right(student, Update.draw(rng, INTEGERS, terminated=True), "the updated value of a terminating step")


@pytest.mark.points(0.03125)
@pytest.mark.hint("Write into the table that is given, at one place: q = ... only gives another name to a new array.")
def test_changes_one_number_in_place(student, rng):
    """The table itself changes, at the state and action and nowhere else."""
    for terminated in (False, True):
        update = Update.draw(rng, INTEGERS, terminated=terminated)
        expect_one_change(student, update)


def expect_one_change(student, update):
    """Fails unless just the number of state and action has changed."""
    changed = applied(student, update) != update.q
    expect.that(bool(changed.any()), "q_update: the table that was given has not changed")
    where = (*np.atleast_1d(update.seen.before).tolist(), update.seen.action)
    expect.that(bool(changed[where]), "q_update: the value of the state and action has not changed")
    expect.that(int(changed.sum()) == 1, "q_update: other values of the table have changed, too")


@pytest.mark.points(0.03125)
@pytest.mark.hint("With alpha 0 nothing changes, with alpha 1 the value becomes the target; use the argument.")
def test_alpha_is_the_part_of_the_way(student, rng):
    """With alpha 0 the old value stays, with 1 the target takes its place."""
    for alpha in (0.0, 1.0, 0.05):
        expect_right(student, Update.draw(rng, INTEGERS, alpha=alpha), "the updated value with another alpha")


@pytest.mark.points(0.03125)
@pytest.mark.hint("gamma multiplies the value of the next state, not the reward; use the argument.")
def test_gamma_is_the_discount(student, rng):
    """With gamma 0 only the reward counts, with 1 the next value counts in full."""
    for gamma in (0.0, 1.0, 0.35):
        expect_right(student, Update.draw(rng, INTEGERS, gamma=gamma), "the updated value with another gamma")


@pytest.mark.points(0.03125)
@pytest.mark.hint("Also where the state stays the same, the target holds the values from before the update.")
def test_a_state_may_follow_itself(student, rng):
    """Where the next state is the state itself, its best value before the update is in the target."""
    for _ in range(2):
        update = Update.draw(rng, INTEGERS, stays=True)
        best = update.q[update.seen.before].argmax()
        for action in {int(best), update.seen.action}:
            one = replace(update, seen=replace(update.seen, action=action))
            expect_right(student, one, "the updated value of a state that follows itself")


@pytest.mark.points(0.125)
@pytest.mark.hint("q[state] is the row of a state, be it an integer or a tuple; q[state, action] takes a tuple apart.")
def test_tuples_are_states(student, rng):
    """With tuples as states the same holds."""
    for _ in range(4):
        expect_right(student, Update.draw(rng, TUPLES), "the updated value, with tuples as states")


@pytest.mark.points(0.0625)
@pytest.mark.hint("If terminated, the target is the reward alone, for tuples as well.")
def test_nothing_follows_termination_with_tuples(student, rng):
    """With tuples as states, too, the target of a terminating step is the reward."""
    for _ in range(2):
        update = Update.draw(rng, TUPLES, terminated=True)
        expect_right(student, update, "the updated value of a terminating step, with tuples as states")


@pytest.mark.points(0.0625)
@pytest.mark.hint("Write into the table at one place, q[state][action]: q[state] is a view of it.")
def test_changes_one_number_with_tuples(student, rng):
    """With tuples as states, too, just one number changes, in place."""
    for terminated in (False, True):
        expect_one_change(student, Update.draw(rng, TUPLES, terminated=terminated))
