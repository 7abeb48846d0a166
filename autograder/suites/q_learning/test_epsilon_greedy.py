"""Checks of ``epsilon_greedy``.

Frequencies of 2,500 draws may be off by 0.055. A right solution exceeds that with a probability below 1e-6 for each
(Hoeffding), whatever it does with the generator; seeds belong to the course, so a right one that passes always passes.
"""

import numpy as np
import pytest

from autograder.suites import expect
from autograder.suites.hidden_values import kept
from autograder.suites.q_learning.hidden_inputs import actions

pytestmark = pytest.mark.exercise("epsilon_greedy")
DRAWS = 2500
TOLERANCE = 0.055
AN_ACTION = "epsilon_greedy.gives_an_action"


def generator(student, rng):
    """A generator inside the sandbox."""
    return student.library("numpy.random.default_rng", int(rng.integers(1 << 30)))


def frequencies(student, rng, values, epsilon):
    """How often each action is chosen, as a part of all."""
    chosen = actions(student, DRAWS, values, epsilon, generator(student, rng))
    return np.bincount(chosen, minlength=len(values)) / DRAWS


def distinct(rng, count):
    """Values of actions, all different, the largest one neither first nor last."""
    values = rng.normal(-1.0, 3.0, count)
    return np.roll(values, int(rng.integers(1, count - 1)) - int(values.argmax()))


@pytest.mark.points(0.03125)
@pytest.mark.hint("Return the number of the action, 0 to n_actions - 1, not its value and not an array.")
def test_gives_an_action(student, rng):
    """Whether it explores or not, a whole number comes that is one of the actions."""
    for epsilon in (0.0, 0.5, 1.0):
        for count in (2, 5):
            actions(student, 40, rng.normal(0.0, 3.0, count), epsilon, generator(student, rng))


@pytest.mark.points(0.03125)
@pytest.mark.hint("With epsilon 0 it never explores: take the action with the largest value, which may be negative.")
@pytest.mark.needs(AN_ACTION)
def test_greedy_without_epsilon(student, rng):
    """With epsilon 0 the best action is chosen every time."""
    for count in (3, 4, 6):
        values = distinct(rng, count)
        for each in (values, values - values.max() - 1.0, values - values.min() + 1.0):
            chosen = actions(student, 20, each, 0.0, generator(student, rng))
            expect.that(
                bool((chosen == each.argmax()).all()), "epsilon_greedy: with epsilon 0 it is not the best action"
            )


@pytest.mark.points(0.03125)
@pytest.mark.hint(
    "rng.integers(len(q_values)) draws from all actions with the same probability, the last one included."
)
@pytest.mark.needs(AN_ACTION)
def test_explores_all_actions_alike(student, rng):
    """With epsilon 1 all actions are equally likely, the best one among them."""
    found = frequencies(student, rng, distinct(rng, 5), 1.0)
    expect.that(bool((found > 0).all()), "epsilon_greedy: with epsilon 1 some action is never chosen")
    alike = bool(abs(found - 1 / 5).max() < TOLERANCE)
    expect.that(alike, "epsilon_greedy: with epsilon 1 the actions are not equally likely")


@pytest.mark.points(0.03125)
@pytest.mark.hint(
    "rng.random() < epsilon is true with probability epsilon. Exploring draws from all actions, so the best one is "
    "chosen with probability 1 - epsilon + epsilon / n_actions."
)
@pytest.mark.needs(AN_ACTION, "epsilon_greedy.greedy_without_epsilon")
def test_explores_with_probability_epsilon(student, rng):
    """The best action is chosen with probability 1 - epsilon + epsilon / n, every other with epsilon / n."""
    for count, epsilon in ((3, 0.5), (4, 0.2)):
        values = distinct(rng, count)
        right = np.full(count, epsilon / count)
        right[values.argmax()] += 1 - epsilon
        near = bool(abs(frequencies(student, rng, values, epsilon) - right).max() < TOLERANCE)
        expect.that(near, "epsilon_greedy: actions are not as likely as epsilon says")


@pytest.mark.points(0.0625)
@pytest.mark.hint("np.argmax always returns the first maximum: find all (np.flatnonzero(q == q.max())), then draw one.")
@pytest.mark.needs(AN_ACTION)
def test_ties_are_broken_at_random(student, rng):
    """Where several actions are best, each is as likely as the others, in a table of zeros and elsewhere."""
    tied = np.array([-1.0, 2.5, 0.0, 2.5, -3.0, 2.5])[rng.permutation(6)]
    for values in (np.zeros(4), tied, -1.0 - 1.0 * (tied < tied.max())):
        best = values == values.max()
        found = frequencies(student, rng, values, 0.0)
        expect.that(
            not found[~best].any(), "epsilon_greedy: where actions tie, one that is not among the best is chosen"
        )
        alike = bool(abs(found[best] - 1 / best.sum()).max() < TOLERANCE)
        expect.that(alike, "epsilon_greedy: where actions tie, they are not equally likely")


@pytest.mark.points(0.03125)
@pytest.mark.hint(
    "Draw from rng, the argument, only: not from np.random, not from random, not from a generator of your own."
)
@pytest.mark.needs(AN_ACTION)
def test_draws_from_rng_only(student, rng):
    """The same generator gives the same actions, whatever else is seeded; another one gives others."""
    values, seeds = np.zeros(8), [int(seed) for seed in rng.integers(1 << 30, size=2)]
    runs = []
    for seed, elsewhere in ((seeds[0], 1), (seeds[0], 2), (seeds[1], 1)):
        student.seed(elsewhere)
        drawing = student.library("numpy.random.default_rng", seed)
        runs.append([actions(student, 30, values, epsilon, drawing).tolist() for epsilon in (0.0, 1.0)])
    expect.that(runs[0] == runs[1], "epsilon_greedy: the same generator does not give the same actions")
    expect.that(runs[0] != runs[2], "epsilon_greedy: another generator gives the same actions")


@pytest.mark.points(0.015625)
@pytest.mark.hint("Wrap the result in int(...): NumPy's integers are another type.")
@pytest.mark.needs(AN_ACTION)
def test_the_action_is_a_python_int(student, rng):
    """Both the greedy and the random action are of type int."""
    drawing = generator(student, rng)
    for epsilon in (0.0, 1.0):
        for received in student.repeated(5, "epsilon_greedy", distinct(rng, 4), epsilon, drawing):
            expect.that(type(received) is int, "epsilon_greedy: expected a Python int, received a NumPy integer")


@pytest.mark.points(0.015625)
@pytest.mark.hint("q_values is a view of the table: adding noise to it, or setting elements, changes what was learned.")
def test_leaves_q_values_unchanged(student, rng):
    """The values are the same after the call."""
    for values in (np.zeros(4), rng.normal(0.0, 1.0, 5)):
        inside = kept(student, values)
        for epsilon in (0.0, 0.5, 1.0):
            student.repeated(10, "epsilon_greedy", inside, epsilon, generator(student, rng))
        expect.same(inside.value(), values, "q_values: expected to be left as given, received changed values")
