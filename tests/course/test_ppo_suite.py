"""What is particular to the hidden suite of PPO; tests of every suite are in test_suites.py."""

import pytest

from autograder.suites.check_plugin import collect_checks, points_per_exercise
from autograder.suites.diagnosis import agree
from tests.course.judged_suite import COURSE, JudgedSuite

PPO = JudgedSuite("ppo")
EXERCISES = PPO.exercises


def test_a_wrong_actor_does_not_take_the_points_of_what_only_needs_some_actor():
    wide = next(each for each in PPO.misconceptions("Actor") if each.id == "fixed_width")
    assert PPO.names(PPO.judge(wide.source), "failed", "blocked") == ["Actor.hidden_dim_is_the_width"]


def test_points_are_those_of_the_homework():
    points = points_per_exercise("ppo")
    assert points == {
        "make_env": 0.25,
        "Actor": 0.75,
        "one_step_returns": 0.25,
        "multi_step_returns": 0.75,
        "compute_gae": 1.0,
        "critic_loss": 0.25,
        "actor_loss": 0.75,
        "entropy_loss": 0.25,
        "rollout": 0.25,
        "evaluate": 0.25,
        "PPOTrainer": 0.75,
    }
    agent = COURSE.assignment("ppo").policy
    assert agent is not None
    assert sum(points.values()) + agent.points == 6.0


def test_checks_are_many():
    assert len(collect_checks("ppo")) >= 40


ANOTHER_WITHOUT_BOOTSTRAP = """
def multi_step_returns(rewards, values, dones, gamma=0.99):
    out, running = [], 0
    for r, d in zip(reversed(list(rewards)), reversed(list(dones))):
        running = r + gamma * running * (1 - d)
        out.append(running)
    return torch.stack(out[::-1])
"""


def test_a_mistake_is_recognised_in_other_words():
    known = next(each for each in PPO.misconceptions("multi_step_returns") if each.id == "no_bootstrap")
    found = PPO.take("multi_step_returns", ANOTHER_WITHOUT_BOOTSTRAP)
    assert agree(found, PPO.take("multi_step_returns", known.source))
    assert [
        each.id
        for each in PPO.misconceptions("multi_step_returns")
        if agree(found, PPO.take(each.exercise, each.source))
    ] == ["no_bootstrap"]


STRANGE = (
    "None",
    "'text'",
    "(torch.ones(3), torch.ones(3))",
    "torch.zeros(0)",
    "{'a': [None, object()]}",
    "10**400",
)
FUNCTIONS = [name for name in EXERCISES if name[0].islower()]
METHODS = {
    "Actor": ("get_action_dist", "get_value", "forward", "get_action"),
    "PPOTrainer": ("learn", "update_epochs"),
}


@pytest.mark.parametrize("value", STRANGE)
def test_whatever_a_student_returns_is_no_fault_of_the_grader(value):
    functions = "".join(f"def {name}(*args, **kwargs): return {value}\n" for name in FUNCTIONS)
    classes = [
        f"class {name}({name}):\n    def {method}(self, *args, **kwargs): return {value}\n"
        for name, methods in METHODS.items()
        for method in methods
    ]
    attributes = [
        f"class PPOTrainer(PPOTrainer):\n    actor = property(lambda self: {value}, lambda self, new: None)\n"
    ]
    for cell in (functions, *classes, *attributes):
        outcomes = PPO.judge(cell)
        assert PPO.names(outcomes, "error", "timeout") == [], cell
        assert PPO.names(outcomes, "failed") != [], cell
