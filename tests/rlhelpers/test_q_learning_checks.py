"""The visible checks of Q-learning tell right implementations from wrong ones."""

import re
from pathlib import Path

import numpy as np
import pytest

from autograder.suites.q_learning import oracles
from autograder.suites.q_learning.misconceptions import MISCONCEPTIONS
from autograder.suites.q_learning.probes import Seen
from rlhelpers.inline_checks import run_checks
from rlhelpers.stub import STUB_MESSAGE
from rlhelpers.visible_checks.q_learning import CASES, training, update
from solutions import q_learning
from tests.course.q_learning_variants import VARIANTS

SOLUTION = re.compile(r"^( *)# BEGIN SOLUTION\n.*?# END SOLUTION", re.DOTALL | re.MULTILINE)
# What a few small cases cannot show; the grader's checks do.
LEFT_TO_THE_GRADER = {
    "epsilon_greedy": set[str](),
    "q_update": set[str](),
    "train_q_learning": {
        "never_greedy",
        "chooses_before_the_update",
        "epsilon_decays",
        "ignores_epsilon",
        "generator_of_one_seed",
        "new_generator_for_every_episode",
        "alpha_and_gamma_swapped",
    },
    "select_alpha": {
        "sorts_alphas",
        "last_seed_only",
        "numbers_its_own_seeds",
        "fixed_gamma",
        "learns_while_evaluating",
    },
}


def table(exercise, *cells):
    """The table of an exercise after the solutions and then these cells."""
    names = dict(vars(q_learning))
    for cell in cells:
        exec(compile(cell, "cell 1", "exec"), names)
    return run_checks("q_learning", exercise, names)


@pytest.mark.parametrize("exercise", CASES)
def test_the_solutions_pass(exercise):
    assert table(exercise).passed


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.id)
def test_right_solutions_of_another_kind_pass(variant):
    for exercise in variant.cells:
        found = table(exercise, *variant.cells.values())
        assert found.passed, str(found)


@pytest.mark.parametrize("misconception", MISCONCEPTIONS, ids=lambda each: f"{each.exercise}.{each.id}")
def test_known_mistakes_are_seen(misconception):
    passed = table(misconception.exercise, misconception.source).passed
    assert passed == (misconception.id in LEFT_TO_THE_GRADER[misconception.exercise])


def test_unwritten_exercises_are_named():
    stub = f'raise NotImplementedError("{STUB_MESSAGE}")'
    source = SOLUTION.sub(lambda match: match[1] + stub, Path(q_learning.__file__).read_text(encoding="utf-8"))
    names = {"__name__": "notebook"}
    exec(compile(source, "notebook", "exec"), names)
    for exercise in CASES:
        assert {row.verdict for row in run_checks("q_learning", exercise, names).rows} == {"not written"}


def test_the_tables_in_the_checks_are_those_of_the_definition():
    before = np.array(update.TABLE)
    for expected, seen in (
        (update.UPDATED, Seen(0, 1, 0.0, 1, False, False)),
        (update.TERMINATED, Seen(0, 1, -2.0, 1, True, False)),
        (update.ITSELF, Seen(0, 1, -2.5, 0, False, False)),
    ):
        np.testing.assert_allclose(oracles.updated(before, seen, 0.25, 0.75), expected)
    first = Seen(0, 0, 0.0, 1, False, False)
    terminating, truncating = Seen(1, 0, 1.0, 2, True, False), Seen(1, 0, 1.0, 0, False, True)
    for table_expected, last in ((training.TERMINATING, terminating), (training.TRUNCATING, truncating)):
        steps = [first, last] * training.EPISODES
        replayed = oracles.replayed((3, 1), steps, training.ALPHA, training.GAMMA)
        np.testing.assert_allclose(replayed[-1], table_expected)
