"""Learning curves as they are drawn."""

import matplotlib as mpl
import numpy as np
import pytest

from rlhelpers import plot_learning_curves


@pytest.fixture(autouse=True)
def no_windows():
    mpl.use("Agg")
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


def points(line):
    return np.asarray(line.get_xydata())


def test_one_run_is_its_episodes_and_their_moving_mean():
    run = [(100, 1.0), (100, 3.0), (200, 4.0), (300, 9.0)]
    axes = plot_learning_curves({"PPO": [run]})
    dots, line = axes.lines
    assert points(dots).tolist() == [list(map(float, pair)) for pair in run]
    assert points(line).tolist() == [[100.0, 2.0], [200.0, 4.0], [300.0, 9.0]]


def test_the_moving_mean_covers_a_twentieth_of_the_episodes():
    run = [(step, float(step % 2)) for step in range(1, 41)]
    means = points(plot_learning_curves({"PPO": [run]}).lines[1])[:, 1]
    assert means[0] == 1.0
    np.testing.assert_allclose(means[1:], 0.5)


def test_several_runs_are_their_mean_and_a_band_of_one_standard_deviation():
    axes = plot_learning_curves({"PPO": [[(0, 0.0), (100, 10.0)], [(0, 4.0), (100, 14.0)], []]})
    (line,) = axes.lines
    np.testing.assert_allclose(points(line)[:, 1], np.linspace(2.0, 12.0, len(points(line))))
    (band,) = axes.collections
    heights = np.asarray(band.get_paths()[0].vertices)[:, 1]
    assert (heights.min(), heights.max()) == pytest.approx((0.0, 14.0))
    assert line.get_label() == "PPO (mean of 2 runs)"


def test_a_reference_is_a_grey_band_that_leaves_the_view_to_the_curves():
    reference = [(0, 1.0, 2.0), (1000, 5.0, 9.0)]
    axes = plot_learning_curves({"PPO": [[(0, 0.0), (100, 10.0)]]}, reference=reference, xlabel="epochs")
    (band,) = axes.collections
    corners = {tuple(map(float, corner)) for corner in np.asarray(band.get_paths()[0].vertices)}
    assert corners == {(0.0, 1.0), (0.0, 2.0), (1000.0, 5.0), (1000.0, 9.0)}
    assert axes.get_xlim()[1] < 200
    assert axes.get_xlabel() == "epochs"
    assert band.get_label() == "reference"


def test_entries_have_colours_of_their_own():
    run = [(0, 1.0), (1, 2.0)]
    axes = plot_learning_curves({"a": [run], "b": [run]})
    assert axes.lines[1].get_color() != axes.lines[3].get_color()


@pytest.mark.parametrize("curves", [{}, {"PPO": []}, {"PPO": [[]]}])
def test_without_a_finished_episode_the_plot_says_so(curves):
    axes = plot_learning_curves(curves, title="HalfCheetah-v5")
    assert "no episode has ended yet" in axes.texts[0].get_text()
    assert axes.get_title() == "HalfCheetah-v5"
    axes.figure.canvas.draw()
