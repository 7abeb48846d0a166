"""Figures, measured in the drawing: what is where, and what is not drawn."""

from __future__ import annotations

import base64
import math
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.outlets.axis import Axis, round_step
from autograder.outlets.figures import MAX_VIDEO_BYTES, episode_returns, figures, learning_curve, video

STEPS = [1_000.0 * number for number in range(1, 51)]
RETURNS = [100.0 + 30.0 * number + 20.0 * math.sin(number) for number in range(50)]
BAND = {"steps": STEPS, "low": [each - 200 for each in RETURNS], "high": [each + 200 for each in RETURNS]}


def points(drawing: str, tag: str) -> np.ndarray:
    listed = re.findall(rf'<{tag} class="\w+" points="([^"]+)"', drawing)[0]
    return np.array([[float(number) for number in pair.split(",")] for pair in listed.split()])


def test_a_curve_is_drawn_to_scale_and_upwards() -> None:
    figure = learning_curve({"kind": "learning_curve", "steps": STEPS, "returns": RETURNS})
    assert figure is not None
    drawn = points(figure.drawing, "polyline")
    for places, values, sign in ((drawn[:, 0], STEPS, 1), (drawn[:, 1], RETURNS, -1)):  # SVG counts downwards
        slope, start = np.polyfit(values, places, 1)
        assert np.sign(slope) == sign
        np.testing.assert_allclose(places, start + slope * np.array(values), atol=0.11)
    assert "<polygon" not in figure.drawing
    assert not figure.has_band


def test_the_band_encloses_the_curve_that_lies_in_it() -> None:
    figure = learning_curve({"steps": STEPS, "returns": RETURNS, "band": BAND})
    assert figure is not None
    upper, lower = np.split(points(figure.drawing, "polygon"), 2)
    curve = points(figure.drawing, "polyline")
    np.testing.assert_allclose(upper[:, 0], curve[:, 0])
    np.testing.assert_allclose(lower[::-1, 0], curve[:, 0])
    assert (upper[:, 1] < curve[:, 1]).all()
    assert (lower[::-1, 1] > curve[:, 1]).all()


def test_the_caption_tells_the_end_of_the_run_and_the_reference_there() -> None:
    figure = learning_curve({"steps": STEPS, "returns": RETURNS, "band": BAND})
    assert figure is not None
    end, low, high = np.mean(RETURNS[-5:]), RETURNS[-1] - 200, RETURNS[-1] + 200
    assert (
        f"about {end:,.0f}; most runs of the reference lie between {low:,.0f} and {high:,.0f} there" in figure.caption
    )


def test_a_reference_whose_runs_all_end_alike_has_no_two_edges_in_the_caption() -> None:
    figure = learning_curve(
        {"steps": [1, 2], "returns": [0.5, 0.9], "band": {"steps": [1, 2], "low": [0, 1.02], "high": [1, 1]}}
    )
    assert figure is not None
    assert "; most runs of the reference reach 1 there" in figure.caption


def test_a_run_longer_than_the_references_is_compared_where_those_end() -> None:
    figure = learning_curve(
        {"steps": STEPS, "returns": RETURNS, "band": {"steps": [5e3, 2e4], "low": [0, 1], "high": [2, 3]}}
    )
    assert figure is not None
    end, there = np.mean(RETURNS[-5:]), np.mean(RETURNS[18:20])
    assert f"At the end about {end:,.0f}. After 20,000 transitions" in figure.caption
    assert f"about {there:,.0f}; most of those lie between 1 and 3 there" in figure.caption


def test_a_run_shorter_than_the_references_is_not_compared() -> None:
    figure = learning_curve(
        {"steps": STEPS, "returns": RETURNS, "band": {"steps": [6e4, 7e4], "low": [0, 1], "high": [2, 3]}}
    )
    assert figure is not None
    assert "<polygon" in figure.drawing
    assert figure.caption.endswith(f"At the end about {np.mean(RETURNS[-5:]):,.0f}.")


@pytest.mark.parametrize(
    "fact",
    [
        {},
        {"steps": [], "returns": []},
        {"steps": [1], "returns": [1]},
        {"steps": "1,2", "returns": [1, 2]},
        {"steps": [1, None], "returns": [1, 2]},
        {"steps": [1, 2], "returns": [math.nan, math.inf]},
        {"steps": [1, 2], "returns": [True, "2"]},
        {"steps": [1, 2], "returns": [1e300, 10**400]},
    ],
)
def test_what_is_no_curve_is_not_drawn(fact: dict[str, Any]) -> None:
    assert learning_curve(fact) is None


@pytest.mark.parametrize(
    "band", [None, "none", {}, {"steps": [1], "low": [2]}, {"steps": [1, 2], "low": [1, 2], "high": [3]}]
)
def test_a_band_that_does_not_fit_is_left_out_and_the_curve_stays(band: object) -> None:
    figure = learning_curve({"steps": STEPS, "returns": RETURNS, "band": band})
    assert figure is not None
    assert "<polyline" in figure.drawing
    assert "<polygon" not in figure.drawing


@pytest.mark.parametrize("returns", [[5.0] * 30, [-3.0], [0.0, 0.0]])
def test_runs_without_any_spread_are_drawn_too(returns: list[float]) -> None:
    assert episode_returns({"returns": returns, "threshold": returns[0]}) is not None
    if len(returns) > 1:
        assert learning_curve({"steps": list(range(len(returns))), "returns": returns}) is not None


def test_divergence_and_entropy_are_drawn_each_in_a_panel_of_its_own() -> None:
    fact = {"kind": "training_updates", "steps": [100, 200, 300], "kl": [0.01, 0.02, 0.01], "entropy": [1.0, "x", 0.5]}
    kl, entropy = figures([fact], None)
    assert [each.drawing.count('class="curve"') for each in (kl, entropy)] == [1, 1]
    assert "divergence" in kl.caption
    assert "Entropy" in entropy.caption
    assert figures([fact | {"kl": None, "entropy": [1.0]}], None) == []


def test_every_episode_is_a_dot_on_the_right_side_of_the_threshold() -> None:
    rng = random.Random(0)
    returns = [rng.gauss(475.0, 60.0) for _ in range(100)]
    figure = episode_returns({"returns": returns, "threshold": 475.0})
    assert figure is not None
    dots = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', figure.drawing)]
    (threshold,) = re.findall(r'class="threshold" x1="([\d.]+)"', figure.drawing)
    assert len(dots) == 100
    width = 8.0  # a pile of dots is as wide, so that those beside the line may fall on either side
    below, above = (
        sum(side)
        for side in ([d < float(threshold) - width for d in dots], [d < float(threshold) + width for d in dots])
    )
    assert below <= sum(each < 475.0 for each in returns) <= above
    heights = {(x, y) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', figure.drawing)}
    assert len(heights) == 100  # none hides another


def test_a_film_stands_in_the_page_byte_for_byte(tmp_path: Path) -> None:
    (tmp_path / "rollout.mp4").write_bytes(b"a film")
    figure = video({"kind": "video", "path": "rollout.mp4"}, tmp_path)
    assert figure is not None
    (data,) = re.findall(r'src="data:video/mp4;base64,([^"]+)"', figure.drawing)
    assert base64.b64decode(data) == b"a film"


def test_films_that_are_large_missing_or_elsewhere_are_not_shown(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    folder.mkdir()
    (tmp_path / "other.mp4").write_bytes(b"of another student")
    (folder / "link.mp4").symlink_to(tmp_path / "other.mp4")
    (folder / "large.mp4").write_bytes(b"x" * (MAX_VIDEO_BYTES + 1))
    (folder / "page.html").write_text("<script>")
    for path in (
        "none.mp4",
        "../other.mp4",
        str(tmp_path / "other.mp4"),
        "link.mp4",
        "large.mp4",
        "page.html",
        "\0.mp4",
        7,
    ):
        assert video({"kind": "video", "path": path}, folder) is None


def test_other_evidence_is_no_figure_and_texts_of_evidence_are_captions(tmp_path: Path) -> None:
    facts: list[dict[str, Any]] = [
        {"kind": "note", "text": "Cell 9 failed."},
        {"kind": "episode_returns", "text": "Twenty episodes.", "returns": [1.0, 2.0]},
        {"kind": "learning_curve", "steps": None},
    ]
    found = figures(facts, tmp_path)
    assert [(figure.kind, figure.caption) for figure in found] == [("episode_returns", "Twenty episodes.")]


@pytest.mark.parametrize(
    ("low", "high", "expected"), [(0, 200_000, [0, 50_000, 100_000, 150_000, 200_000]), (-0.3, 0.3, [-0.2, 0, 0.2])]
)
def test_ticks_are_round_numbers_on_the_axis(low: float, high: float, expected: list[float]) -> None:
    assert Axis(low, high, 0, 1).ticks(4) == pytest.approx(expected)


@pytest.mark.parametrize("span", [1e-6, 0.3, 1.0, 7.0, 123.0, 98765.0])
@pytest.mark.parametrize("most", [3, 4, 12])
def test_a_step_is_the_smallest_round_one(span: float, most: int) -> None:
    steps = sorted(10.0**power * digit for power in range(-9, 7) for digit in (1, 2, 2.5, 5))
    assert round_step(span, most) == pytest.approx(min(step for step in steps if span / step <= most + 1e-9))


@pytest.mark.parametrize(
    ("language", "labels"), [("en", ["0.2", "0.4", "0.6", "0.8", "1"]), ("ru", ["0,2", "0,4", "0,6", "0,8", "1"])]
)
def test_numbers_at_an_axis_are_short_and_of_the_pages_language(language: str, labels: list[str]) -> None:
    figure = learning_curve({"steps": [1_000, 200_000], "returns": [0.13, 1.0]}, language)
    assert figure is not None
    written = re.findall(r"<text[^>]*>([^<]+)</text>", figure.drawing)
    assert [each for each in written if each in labels] == labels
    assert {len(each) for each in written} <= set(range(1, 10))


def test_figures_of_the_agent_come_before_those_of_checks() -> None:
    curve = {"kind": "learning_curve", "steps": STEPS, "returns": RETURNS}
    agent = {"kind": "episode_returns", "returns": [1.0, 2.0]}
    shown = figures([curve | {"check": "ppo.PPOTrainer.learns"}, agent, curve], None)
    assert [figure.kind for figure in shown] == ["episode_returns", "learning_curve", "learning_curve"]
    assert "against transitions" in shown[1].caption
    assert "in the course of training" in shown[2].caption
