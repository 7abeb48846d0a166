"""What is particular to the hidden suite of REINFORCE; tests of every suite are in test_suites.py."""

import numpy as np
import pytest
import torch

from autograder.suites.check_plugin import collect_checks, points_per_exercise
from autograder.suites.diagnosis import agree
from autograder.suites.reinforce import oracles
from autograder.suites.reinforce.probes import OVERRUN_REWARD, Script, ScriptedEnvironment
from tests.course.judged_suite import COURSE, JudgedSuite
from tests.course.reinforce_variants import KINDS

SUITE = JudgedSuite("reinforce")
STRANGE = ("None", "'text'", "(np.ones(3), 1)", "np.zeros(0)", "{'a': [None, object()]}", "10**400", "float('nan')")


def test_points_are_those_of_the_homework():
    points, bonus = points_per_exercise("reinforce"), COURSE.assignment("reinforce").bonus
    assert sum(points[exercise] for exercise in SUITE.exercises if exercise not in bonus) == 3.0
    assert [points[exercise] for exercise in bonus] == [1.0, 1.0, 0.25, 0.75]


def test_known_mistakes_are_at_least_ten_and_right_ways_twelve_in_each_exercise():
    assert all(len(SUITE.misconceptions(exercise)) >= 10 for exercise in SUITE.exercises)
    assert all(len(set(KINDS[exercise].values())) >= 12 for exercise in SUITE.exercises)


@pytest.mark.parametrize("value", STRANGE)
def test_whatever_a_student_returns_is_no_fault_of_the_grader(value):
    cells = {name: f"def {name}(*args, **kwargs): return {value}\n" for name in SUITE.exercises}
    for cell in ("".join(cells.values()), cells["collect_experience"], cells["policy_gradient_loss"], cells["Actor"]):
        outcomes = SUITE.judge(cell)
        assert SUITE.names(outcomes, "error", "timeout") == [], cell
        assert SUITE.names(outcomes, "failed") != [], cell


def test_a_mistake_is_recognised_in_other_words():
    cell = """
def returns_to_go(rewards, gamma):
    out = []
    g = 0.0
    for r in list(rewards)[::-1]:
        g = float(r) + gamma * g
        out.append(g)
    return np.array(out)
"""
    found, exercise = SUITE.take("returns_to_go", cell), "returns_to_go"
    named = [each.id for each in SUITE.misconceptions(exercise) if agree(found, SUITE.take(exercise, each.source))]
    assert named == ["wrong_way_round"]


def test_a_layer_that_lies_idle_costs_only_its_check():
    for exercise in ("Actor", "ValueNetwork"):
        wrong = next(each for each in SUITE.misconceptions(exercise) if each.id == "unused_layer")
        lost = SUITE.names(SUITE.judge(wrong.source), "failed", "blocked")
        assert lost == [f"{exercise}.every_parameter_is_trained"]


def test_the_second_stride_of_adam_is_the_one_that_checks_expect():
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.Adam([weight], lr=1.0)
    for gradient in (3.0, 0.0):
        weight.grad = torch.tensor([gradient])
        optimizer.step()
    assert abs(weight.item()) == pytest.approx(1.0 + 0.09 / 0.19 / np.sqrt(0.000999 / 0.001999), abs=1e-3)


def test_oracles_agree_with_sums_by_hand():
    assert oracles.discounted_return([1, 2, 4], 0.5) == 3.0
    assert oracles.returns_to_go([1, 2, 4], 0.5).tolist() == [3.0, 4.0, 4.0]
    assert oracles.loss([-1.0, -2.0], [3.0, 4.0]) == 5.5
    np.testing.assert_allclose(oracles.softmax([[0.0, np.log(3.0)]]), [[0.25, 0.75]])


def test_scripted_episodes_end_both_ways_and_punish_steps_after_an_end():
    script = Script.draw(np.random.default_rng(1), (2, 1))
    env = ScriptedEnvironment(script)
    env.reset(None)
    env.reset(7)  # begins the same episode once more
    ends = [env.step(np.array(0))[2:] for _ in range(2)]
    assert ends == [(False, False), (True, False)]
    assert env.step(np.array(0))[1] == OVERRUN_REWARD
    env.reset(None)
    assert env.step(np.array(1))[2:] == (False, True)
    assert ([step.episode for step in env.steps], env.seeds, env.overruns) == ([0, 0, 1], [None, 7, None], 1)


def test_checks_of_training_name_the_parts_that_they_use():
    for check in collect_checks("reinforce"):
        if check.exercise in ("train", "train_with_baseline"):
            assert {"Actor.gives_a_distribution", "collect_experience.plays_whole_episodes"} <= set(check.needs)
