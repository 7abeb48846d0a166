"""Drawings of policies, and scores against step sizes."""

import gymnasium as gym
import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.text import Annotation

from rlhelpers.exact_blackjack import optimal_blackjack_q
from rlhelpers.policy_drawings import draw_blackjack, draw_lake
from rlhelpers.score_plot import confidence_half_width, plot_scores

mpl.use("agg")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def arrows(axes):
    """Where arrows begin and end."""
    found = [each for each in axes.texts if isinstance(each, Annotation)]
    return [(np.array(each.xyann), np.array(each.xy)) for each in found]


def letters(axes):
    """The letters in the cells, as rows from the bottom."""
    return np.array([text.get_text() for text in axes.texts]).reshape(10, 10)


@pytest.mark.parametrize(("action", "direction"), [(0, (-1, 0)), (1, (0, 1)), (2, (1, 0)), (3, (0, -1))])
def test_arrows_point_where_the_action_leads(action, direction):
    q = np.zeros((16, 4))
    q[:, action] = 0.5
    (axes,) = draw_lake(gym.make("FrozenLake-v1"), {"learned": q})
    found = arrows(axes)
    assert len(found) == 11  # no arrows in four holes and the goal
    assert all(np.sign(np.round(end - start, 6)).tolist() == list(direction) for start, end in found)
    assert axes.yaxis_inverted()


def test_ties_have_several_arrows_and_tables_stand_side_by_side():
    axes = draw_lake(gym.make("FrozenLake-v1"), {"one": np.zeros((16, 4)), "other": np.eye(16, 4)})
    assert [each.get_title() for each in axes] == ["one", "other"]
    assert len(arrows(axes[0])) == 4 * 11


def test_maps_of_another_shape_are_drawn():
    (axes,) = draw_lake(gym.make("FrozenLake-v1", desc=["SFF", "FFG"]), {"learned": np.zeros((6, 4))})
    assert len(arrows(axes)) == 4 * 5


def test_blackjack_shows_the_better_action_of_every_hand():
    q = optimal_blackjack_q()
    hard, soft = draw_blackjack({"exact": q})[0]
    for axes, usable in ((hard, 0), (soft, 1)):
        expected = np.where(q[12:22, 1:, usable, 0] > q[12:22, 1:, usable, 1], "S", "H")
        np.testing.assert_array_equal(letters(axes), expected)
        assert [label.get_text() for label in axes.get_yticklabels()] == [str(total) for total in range(12, 22)]
        np.testing.assert_allclose(axes.images[0].get_array(), q[12:22, 1:, usable].max(-1))
    assert (hard.get_title(), soft.get_title()) == ("exact, no usable ace", "exact, a usable ace")


def test_equal_values_are_marked():
    assert set(letters(draw_blackjack({"new": np.zeros((32, 11, 2, 2))})[0][0]).ravel()) == {"="}


def test_scores_are_drawn_with_mean_band_and_optimum():
    scores = np.array([[0.1, 0.5, 0.2], [0.3, 0.7, 0.0], [0.2, 0.6, 0.4]])
    axes = plot_scores([0.01, 0.1, 1.0], scores, "title", optimum=0.9)
    lines = {line.get_label(): line for line in axes.lines}
    heights = {label: np.asarray(line.get_ydata(), dtype=np.float64) for label, line in lines.items()}
    np.testing.assert_allclose(heights["mean of 3 runs"], [0.2, 0.6, 0.2])
    np.testing.assert_allclose(heights["the best possible"], 0.9)
    assert axes.get_xscale() == "log"
    assert len(axes.collections) == 1


def test_a_single_run_has_no_band():
    assert len(plot_scores([0.1, 1.0], [0.5, 0.6]).collections) == 0


def test_scores_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"expected shape \[runs, 3\], received \[3, 2\]"):
        plot_scores([0.01, 0.1, 1.0], np.zeros((3, 2)))


@pytest.mark.parametrize("runs", [2, 5, 20])
def test_confidence_intervals_hold_the_mean_in_95_of_100_cases(runs):
    """Of 20,000 intervals 95% within 0.7%: more than four standard errors."""
    drawn = np.random.default_rng(0).normal(3.0, 2.0, (runs, 20_000))
    covered = abs(drawn.mean(axis=0) - 3.0) <= confidence_half_width(drawn)
    assert covered.mean() == pytest.approx(0.95, abs=0.007)
