"""What is particular to the hidden suite of Q-learning; tests of every suite are in test_suites.py."""

import numpy as np
import pytest

from autograder.suites.check_plugin import collect_checks, points_per_exercise
from autograder.suites.diagnosis import agree
from autograder.suites.judging import check_rng
from autograder.suites.q_learning import alpha_runs, oracles
from autograder.suites.q_learning.lake import draw_lake, lake_model
from autograder.suites.q_learning.probes import Map, Seen, Walk
from solutions import q_learning
from tests.course.judged_suite import JudgedSuite
from tests.course.q_learning_variants import VARIANTS

SUITE = JudgedSuite("q_learning")
STRANGE = ("None", "'text'", "(np.ones(3), 1)", "np.zeros(0)", "{'a': [None, object()]}", "10**400", "float('nan')")


def test_points_are_those_of_the_homework():
    points = points_per_exercise("q_learning")
    assert points == {"epsilon_greedy": 0.25, "q_update": 0.5, "train_q_learning": 0.75, "select_alpha": 0.5}


def test_half_of_the_points_is_for_the_lake_and_half_for_blackjack():
    def is_blackjack(check):
        return check.exercise == "select_alpha" or "tuples" in check.name or "blackjack" in check.name

    checks = collect_checks("q_learning")
    assert sum(check.points for check in checks if is_blackjack(check)) == 1.0
    assert sum(check.points for check in checks if not is_blackjack(check)) == 1.0


def test_known_mistakes_are_at_least_ten_in_each_exercise():
    assert all(len(SUITE.misconceptions(exercise)) >= 10 for exercise in SUITE.exercises)


def test_right_variants_are_at_least_twelve_in_each_exercise():
    for exercise in SUITE.exercises:
        assert len({variant.cells[exercise] for variant in VARIANTS if exercise in variant.cells}) >= 12, exercise


@pytest.mark.parametrize("value", STRANGE)
def test_whatever_a_student_returns_is_no_fault_of_the_grader(value):
    cells = [f"def {name}(*args, **kwargs): return {value}\n" for name in SUITE.exercises]
    for cell in ("".join(cells), *cells):
        outcomes = SUITE.judge(cell)
        assert SUITE.names(outcomes, "error", "timeout") == [], cell
        assert SUITE.names(outcomes, "failed") != [], cell


def test_a_mistake_is_recognised_in_other_words():
    cell = """
def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    td = reward + gamma * np.max(q[next_state]) - q[state][action]
    q[state][action] = q[state][action] + alpha * td
"""
    found = SUITE.take("q_update", cell)
    named = [each.id for each in SUITE.misconceptions("q_update") if agree(found, SUITE.take("q_update", each.source))]
    assert named == ["bootstraps_after_termination"]


def test_only_tuples_cost_the_points_of_tuples():
    wrong = next(each for each in SUITE.misconceptions("q_update") if each.id == "takes_tuples_apart")
    lost = SUITE.names(SUITE.judge(wrong.source), "failed", "blocked")
    assert all("tuples" in name or "blackjack" in name for name in lost)
    assert len(lost) == 6


@pytest.mark.parametrize(
    ("exercise", "known", "lost"),
    [
        ("epsilon_greedy", "first_of_ties", ["epsilon_greedy.ties_are_broken_at_random"]),
        ("train_q_learning", "truncation_taken_as_termination", ["train_q_learning.truncation_is_not_termination"]),
        ("train_q_learning", "another_seed_for_every_reset", ["train_q_learning.later_resets_get_no_seed"]),
        ("train_q_learning", "single_precision", ["train_q_learning.returns_the_table"]),
        (
            "q_update",
            "bootstraps_after_termination",
            [
                "q_update.nothing_follows_termination",
                "q_update.nothing_follows_termination_with_tuples",
                "train_q_learning.learns_blackjack",
            ],
        ),
    ],
)
def test_the_commonest_mistakes_cost_only_their_check(exercise, known, lost):
    wrong = next(each for each in SUITE.misconceptions(exercise) if each.id == known)
    assert SUITE.names(SUITE.judge(wrong.source), "failed", "blocked") == lost


def test_a_numpy_integer_costs_only_its_check():
    wrong = next(each for each in SUITE.misconceptions("epsilon_greedy") if each.id == "numpy_integer")
    lost = SUITE.names(SUITE.judge(wrong.source), "failed", "blocked")
    assert lost == ["epsilon_greedy.the_action_is_a_python_int"]


@pytest.mark.parametrize("alpha", alpha_runs.ALPHAS)
def test_the_arm_that_greedy_pulls_end_on_is_the_one_that_the_reference_learns(alpha):
    right = oracles.greedy_arm(alpha_runs.NOW, alpha, alpha_runs.PULLS)
    for seed in range(5):
        values, rng = np.zeros((1, len(alpha_runs.NOW))), np.random.default_rng(seed)
        for _ in range(alpha_runs.PULLS):
            arm = q_learning.epsilon_greedy(values[0], 0.0, rng)
            q_learning.q_update(values, 0, arm, alpha_runs.NOW[arm], 0, True, alpha, 0.0)
        assert values[0].argmax() == right


def test_one_step_size_is_the_best_and_it_is_in_the_middle():
    arms = [oracles.greedy_arm(alpha_runs.NOW, alpha, alpha_runs.PULLS) for alpha in alpha_runs.ALPHAS]
    scores = [alpha_runs.RETURNS[arm] for arm in arms]
    assert scores.count(max(scores)) == 1
    best = alpha_runs.ALPHAS[int(np.argmax(scores))]
    assert min(alpha_runs.ALPHAS) < best < max(alpha_runs.ALPHAS)


def test_the_oracle_updates_as_by_hand():
    q = np.array([[1.0, 2.0], [4.0, 8.0]])
    goes_on = oracles.updated(q, Seen(0, 1, 3.0, 1, False, False), 0.5, 0.25)
    ends = oracles.updated(q, Seen(0, 1, 3.0, 1, True, False), 0.5, 0.25)
    assert (goes_on[0, 1], ends[0, 1], q[0, 1]) == (3.5, 2.5, 2.0)


@pytest.mark.parametrize("seed", range(20))
def test_random_walks_end_soon_and_see_every_way_of_ending(seed):
    world = Map.draw(np.random.default_rng(seed), (7,), time_limit=60)
    walk, rng = Walk(world), np.random.default_rng(seed)
    for _ in range(15):
        walk.reset(None)
        while not (walk.episodes[-1] and (walk.episodes[-1][-1].terminated or walk.episodes[-1][-1].truncated)):
            walk.step(np.array(rng.integers(3)))
    assert walk.overruns == 0
    assert all(episode[-1].terminated for episode in walk.episodes)
    walk.step(np.array(0))
    assert walk.overruns == 1


@pytest.mark.parametrize("secret", [b"one", b"two", b"three", b"four"])
def test_every_course_has_a_lake_that_can_be_crossed_and_is_not_crossed_by_chance(secret):
    model = lake_model(draw_lake(check_rng(secret, "lake")))
    assert model.best_return() > 0.99
    assert model.expected_return(np.full(model.rewards.shape, 0.25)) < 0.45 * model.best_return()
