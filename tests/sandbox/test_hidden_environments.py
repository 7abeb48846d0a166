"""Hidden environments: stepped by the grader, a gymnasium id to the student's code."""

from typing import Any

import gymnasium
import numpy as np
import pytest
import torch

from autograder.errors import StudentRaised
from autograder.sandbox.environments import Box, Discrete, EnvironmentDesk, Tuple
from autograder.sandbox.loopback import loopback_student
from autograder.sandbox.student import Student


def student_with(**names: Any) -> Student:
    return loopback_student(names)


class Counting:
    """Counts up; the action is added to the reward."""

    observation_space = Box([-1.0], [1.0])
    action_space = Box([-1.0, -1.0], [1.0, 1.0])

    def __init__(self) -> None:
        self.seeds: list[int | None] = []
        self.actions: list[np.ndarray] = []

    def reset(self, seed: int | None) -> np.ndarray:
        self.seeds.append(seed)
        return np.zeros(1, dtype=np.float32)

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool]:
        if np.isnan(action).any():
            raise RuntimeError("cannot happen with a sane action")
        self.actions.append(action)
        count = len(self.actions)
        return np.full(1, count, dtype=np.float32), float(count + action.sum()), False, count == 3


def rollout(env_id: str, action: Any) -> list[float]:
    env = gymnasium.make(env_id)
    assert isinstance(env.action_space, gymnasium.spaces.Box)
    env.reset(seed=11)
    rewards, truncated = [], False
    while not truncated:
        _, reward, _, truncated, _ = env.step(action)
        rewards.append(float(reward))
    env.close()
    return rewards


@pytest.mark.parametrize("action", [np.array([0.5, 0.0]), torch.tensor([0.5, 0.0], requires_grad=True)])
def test_a_hidden_environment_is_stepped_by_the_grader(action: Any) -> None:
    student = student_with(rollout=lambda: rollout("Counting-v0", action))
    student.environment("Counting-v0", Counting)
    assert student.rollout() == [1.5, 2.5, 3.5]
    (environment,) = student.environments_made("Counting-v0")
    assert environment.seeds == [11]
    assert [list(action) for action in environment.actions] == [[0.5, 0.0]] * 3
    assert student.environments_made("Another-v0") == []


def test_an_action_of_a_wrong_shape_is_the_students_mistake() -> None:
    student = student_with(rollout=lambda: rollout("Counting-v0", np.zeros((1, 2))))
    student.environment("Counting-v0", Counting)
    with pytest.raises(StudentRaised, match=r"dimension mismatch. Expected \(2,\), found \(1, 2\)"):
        student.rollout()


def test_an_action_that_breaks_the_graders_environment_is_not_the_graders_fault() -> None:
    student = student_with(rollout=lambda: rollout("Counting-v0", np.full(2, np.nan)))
    student.environment("Counting-v0", Counting)
    with pytest.raises(StudentRaised, match="cannot take an action of shape"):
        student.rollout()


@pytest.mark.parametrize(
    "question",
    [
        None,
        {},
        {"question": "make", "env_id": "Unknown-v0"},
        {"question": "make", "env_id": 1},
        {"question": "reset", "number": 0, "seed": 1.5},
        {"question": "reset", "number": 1, "seed": 1},
        {"question": "reset", "number": -1, "seed": 1},
        {"question": "step", "number": 0, "action": 1},
        {"question": "step", "number": 0, "action": np.zeros(3)},
        {"question": "step", "number": 0, "action": np.zeros((1000, 1000))},
        {"question": "close", "number": 0},
    ],
)
def test_questions_that_make_no_sense_get_no_answer(question: Any) -> None:
    desk = EnvironmentDesk()
    desk.register("Counting-v0", Counting)
    desk.answer({"question": "make", "env_id": "Counting-v0"})
    with pytest.raises(ValueError, match="expected"):
        desk.answer(question)


def test_hidden_environments_come_in_vectors_too() -> None:
    def run() -> list[Any]:
        envs = gymnasium.make_vec("Counting-v0", num_envs=2, vectorization_mode="sync")
        observations, _ = envs.reset(seed=3)
        _, rewards, *_ = envs.step(np.zeros((2, 2)))
        envs.close()
        return [list(observations.shape), rewards.tolist()]

    student = student_with(run=run)
    student.environment("Counting-v0", Counting)
    assert student.run() == [[2, 1], [1.0, 1.0]]
    assert [environment.seeds for environment in student.environments_made("Counting-v0")] == [[3], [4]]


class Coin:
    """One observation, two actions."""

    observation_space = Discrete(1)
    action_space = Discrete(2)

    def reset(self, seed: int | None) -> int:
        return 0

    def step(self, action: np.ndarray) -> tuple[int, float, bool, bool]:
        return 0, float(action), True, False


def test_discrete_environments() -> None:
    def run() -> list[float]:
        env = gymnasium.make("Coin-v0")
        env.reset()
        return [float(env.step(action)[1]) for action in (0, 1, np.int64(1))]

    student = student_with(run=run)
    student.environment("Coin-v0", Coin)
    assert student.run() == [0.0, 1.0, 1.0]


class Pair:
    """Observations of two components; the action moves the second one."""

    observation_space = Tuple((Discrete(3), Discrete(5)))
    action_space = Discrete(4)

    def reset(self, seed: int | None) -> tuple[int, int]:
        return 2, 0

    def step(self, action: np.ndarray) -> tuple[tuple[int, int], float, bool, bool]:
        return (1, int(action)), 0.0, False, True


def test_observations_of_several_components_are_tuples_inside() -> None:
    def run() -> list[Any]:
        env = gymnasium.make("Pair-v0")
        first, _ = env.reset()
        second, *_ = env.step(3)
        assert isinstance(env.observation_space, gymnasium.spaces.Tuple)
        sizes = [space.n for space in env.observation_space if isinstance(space, gymnasium.spaces.Discrete)]
        inside = env.observation_space.contains(first) and env.observation_space.contains(second)
        return [type(first).__name__, *first, *second, *sizes, inside]

    student = student_with(run=run)
    student.environment("Pair-v0", Pair)
    assert student.run() == ["tuple", 2, 0, 1, 3, 3, 5, True]


def test_there_is_an_end_to_making_environments() -> None:
    def run() -> None:
        while True:
            gymnasium.make("Coin-v0")

    student = student_with(run=run)
    student.environment("Coin-v0", Coin)
    with pytest.raises(StudentRaised, match="at most 256"):
        student.run()
