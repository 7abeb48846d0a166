"""What is particular to the Q-learning notebook; tests of every notebook are in test_notebooks.py."""

import re

import gymnasium as gym
import jupytext
import pytest

from rlhelpers.exact_blackjack import OBSERVATIONS
from rlhelpers.tabular_model import TabularModel, greedy_probabilities
from solutions import q_learning
from tests.course.judged_suite import COURSE

SOURCE = COURSE.source(COURSE.assignment("q_learning"))


@pytest.fixture(scope="module")
def executed(executed_notebook):
    return executed_notebook("q_learning")


@pytest.mark.parametrize("drawing", ["draw_lake(", "plot_scores(alphas", "draw_blackjack("])
def test_policies_and_scores_are_pictures(executed, drawing):
    assert executed.images(drawing)


def test_exact_values_are_told(executed):
    printed = "".join(output.get("text", "") for output in executed.outputs("print("))
    assert re.search(r"reaches the goal with probability 0\.\d{4}, the best one with 0\.7442\n", printed)
    assert re.search(r"exact mean return of a game: learned -0\.\d{4}, best -0\.0431, at random -0\.3942\n", printed)


def test_importing_the_source_does_not_train():
    assert not {"lake", "lake_q", "scores", "blackjack_q"} & set(vars(q_learning))


def test_the_header_shares_the_points_out_to_two_games():
    header = jupytext.read(SOURCE).cells[0].source
    rows = re.findall(r"^\| `\w+` \| .* \| *([\d.]*) *\| *([\d.]*) *\| ([\d.]+) \|$", header, re.MULTILINE)
    shares = [[float(cell or 0) for cell in row] for row in rows]
    assert all(lake + blackjack == points for lake, blackjack, points in shares)
    assert [sum(column) for column in zip(*shares, strict=True)] == [1.0, 1.0, 2.0]


def test_tables_have_the_shapes_that_the_text_says():
    for env_id, sizes in (("FrozenLake-v1", (16,)), ("Blackjack-v1", OBSERVATIONS)):
        with gym.make(env_id) as env:
            assert q_learning.observation_sizes(env) == sizes


def test_the_success_that_the_text_tells_is_right():
    model = TabularModel.of(gym.make("FrozenLake-v1"))
    policy = greedy_probabilities(model.optimal_q(gamma=0.99).round(9))
    (told,) = re.findall(r"without a time limit reaches (0\.\d+) with it", SOURCE.read_text(encoding="utf-8"))
    assert f"{model.expected_return(policy):.4f}" == told
