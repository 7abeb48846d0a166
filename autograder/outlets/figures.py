"""Figures: what a report shows of a training run and of the agent, as SVG and video that stand in the page itself.

Four kinds of evidence, each a plain dictionary:

- ``{"kind": "learning_curve", "steps": [...], "returns": [...], "band": {"steps": [...], "low": [...], "high":
  [...]}}``: returns of episodes while training, against transitions; the band, where runs of the reference lie, may be
  missing.
- ``{"kind": "training_updates", "steps": [...], "kl": [...], "entropy": [...]}``: of the policy, update by update.
- ``{"kind": "episode_returns", "returns": [...], "threshold": x}``: the trained agent's; the threshold may be missing.
- ``{"kind": "video", "path": "rollout.mp4"}``: relative to the folder of the report.
"""

from __future__ import annotations

import base64
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from babel.numbers import format_compact_decimal, format_decimal
from markupsafe import Markup

from autograder.language import SOURCE_LANGUAGE
from autograder.message import joined, message
from autograder.outlets.axis import Axis
from autograder.outlets.claimed_numbers import (
    Band,
    Evidence,
    Point,
    band_of,
    beside_band,
    end_of,
    number,
    numbers,
    pairs,
)
from autograder.outlets.svg import circles, labelled_grid, line, polygon, polyline, svg

MAX_VIDEO_BYTES = 400 * 1024
_WIDTH, _HEIGHT = 340.0, 196.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 318.0, 8.0, 172.0
_DOT = 4.0
_VIDEO_TYPES = {".mp4": "video/mp4", ".webm": "video/webm"}


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One picture with what it shows in words.

    Attributes:
        kind: Kind of the evidence.
        drawing: The picture.
        caption: What it shows, and what comes out of it.
        has_band: Whether the reference is drawn, so that a key is needed.
    """

    kind: str
    drawing: Markup
    caption: str
    has_band: bool = False


def figures(evidence: Sequence[Evidence], folder: Path | None, language: str = SOURCE_LANGUAGE) -> list[Figure]:
    """The figures of a report, those of the agent first, then those of checks; what cannot be drawn is left out.

    Args:
        evidence: The evidence of the report.
        folder: Where the report lies, and its video; None: no video is shown.
        language: Of numbers and captions' numbers.
    """
    found: list[Figure | None] = []
    for fact in sorted(evidence, key=lambda fact: "check" in fact):
        match fact.get("kind"):
            case "learning_curve":
                found.append(learning_curve(fact, language))
            case "training_updates":
                found += training_updates(fact, language)
            case "episode_returns":
                found.append(episode_returns(fact, language))
            case "video" if folder is not None:
                found.append(video(fact, folder))
    return [figure for figure in found if figure is not None]


def learning_curve(fact: Evidence, language: str = SOURCE_LANGUAGE) -> Figure | None:
    """Returns against transitions, before the band of the reference; None if there is nothing to draw."""
    points = pairs(fact.get("steps"), fact.get("returns"))
    if len(points) < 2:
        return None
    band = band_of(fact)
    return Figure(
        kind="learning_curve",
        drawing=curve_panel([points], band, language),
        caption=_curve_caption(fact, points, band, language),
        has_band=bool(band),
    )


def training_updates(fact: Evidence, language: str = SOURCE_LANGUAGE) -> list[Figure]:
    """Kullback-Leibler divergence and entropy, each against transitions; what has fewer than two points is left out."""
    captions = {
        "kl": message(
            "How far each update moved the policy: mean Kullback-Leibler divergence of the old one from the new."
        ),
        "entropy": message("Entropy of the policy: how much it explores. It falls as the policy makes up its mind."),
    }
    curves = {name: pairs(fact.get("steps"), fact.get(name)) for name in captions}
    return [
        Figure(
            kind="training_updates",
            drawing=curve_panel([points], [], language),
            caption=joined(" ", [*_own_text(fact), captions[name]]),
        )
        for name, points in curves.items()
        if len(points) > 1
    ]


def episode_returns(fact: Evidence, language: str = SOURCE_LANGUAGE) -> Figure | None:
    """Every episode's return as a dot, those alike above each other; the threshold as a line."""
    returns = numbers(fact.get("returns"))
    if not returns:
        return None
    threshold = number(fact.get("threshold"))
    return Figure(
        kind="episode_returns",
        drawing=dot_panel(returns, threshold, language),
        caption=_returns_caption(fact, returns, threshold, language),
    )


def video(fact: Evidence, folder: Path) -> Figure | None:
    """The film of an episode, in the page; None if it is not there, too large, or outside of the report's folder."""
    path = fact.get("path")
    if not isinstance(path, str):
        return None
    file = folder / path
    kind = _VIDEO_TYPES.get(file.suffix)
    try:
        if kind is None or file.is_symlink() or not file.resolve().is_relative_to(folder.resolve()):
            return None
        content = file.read_bytes() if file.stat().st_size <= MAX_VIDEO_BYTES else b""
    except (OSError, ValueError):
        return None
    if not content:
        return None
    data = base64.b64encode(content).decode()
    element = Markup('<video controls loop muted playsinline preload="auto" src="data:{};base64,{}"></video>')
    caption = fact.get("text") or message("An episode of your agent.")
    return Figure(kind="video", drawing=element.format(kind, data), caption=caption)


def curve_panel(curves: Sequence[Sequence[Point]], band: Sequence[Band], language: str, name: str = "curve") -> Markup:
    """Lines before a band, on common axes.

    Args:
        curves: Points (transitions, return) of each, at least two in all.
        band: Transitions, lowest and highest return; empty: none is drawn.
        language: Of the numbers.
        name: Class of the lines.
    """
    points = [point for curve in curves for point in curve]
    steps = [step for step, _ in points] + [step for step, _, _ in band]
    heights = [total for _, total in points] + [each for _, low, high in band for each in (low, high)]
    x = Axis.around([0.0, *steps], _LEFT, _RIGHT, margin=0.0)
    y = Axis.around(heights, _BOTTOM, _TOP)
    parts = [labelled_grid(x, y, lambda value: _short(value, language), rows=5)]
    if band:
        upper = [(x.place(step), y.place(high)) for step, _, high in band]
        lower = [(x.place(step), y.place(low)) for step, low, _ in reversed(band)]
        parts.append(polygon([*upper, *lower], "band"))
    parts += [polyline([(x.place(step), y.place(total)) for step, total in curve], name) for curve in curves]
    if band:  # many lines hide the area
        parts += [polyline(upper, "edge"), polyline(lower, "edge")]
    return svg(_WIDTH, _HEIGHT, parts)


def dot_panel(values: Sequence[float], threshold: float | None, language: str) -> Markup:
    """A dot for every value, those alike above each other, and a threshold as a line."""
    x = Axis.around([*values, *([] if threshold is None else [threshold])], _LEFT, _RIGHT, margin=0.06)
    piles: Counter[int] = Counter()
    places = []
    for value in sorted(values):
        pile = round(x.place(value) / (2 * _DOT))
        places.append((pile * 2 * _DOT, piles[pile]))
        piles[pile] += 1
    rise = min(2 * _DOT, 90.0 / max(piles.values()))
    base = _DOT + max(piles.values()) * rise + 8.0
    parts = [labelled_grid(x, Axis(0, 1, base, 4.0), lambda value: _short(value, language), rows=0)]
    if threshold is not None:
        parts.append(line(x.place(threshold), 2.0, x.place(threshold), base, "threshold"))
    parts.append(circles([(place, round(base - _DOT - above * rise, 1)) for place, above in places], _DOT, "dot"))
    return svg(_WIDTH, base + 28.0, parts)


def _curve_caption(fact: Evidence, points: Sequence[Point], band: Sequence[Band], language: str) -> str:
    texts = _own_text(fact)
    texts.append(
        message("Return of episodes in the course of training.")  # which a check counts in transitions or in epochs
        if "check" in fact
        else message("Return of episodes while training, against transitions.")
    )
    compared = beside_band(points, band)
    if compared is None or compared[0][0] < points[-1][0]:
        texts.append(message("At the end about {end}.", end=_round(end_of(points), language)))
    if compared is not None:
        (step, value), (_, *edges) = compared
        low, high = (_round(edge, language) for edge in edges)
        told = {
            "end": _round(value, language),
            "those": message("lie between {low} and {high}", low=low, high=high)
            if low != high
            else message("reach {low}", low=low),
        }
        texts.append(
            message("At the end about {end}; most runs of the reference {those} there.", **told)
            if step == points[-1][0]
            else message(
                "After {steps} transitions, where the reference's runs end, about {end}; most of those {those} there.",
                steps=_round(step, language),
                **told,
            )
        )
    return joined(" ", texts)


def _returns_caption(fact: Evidence, returns: Sequence[float], threshold: float | None, language: str) -> str:
    texts = _own_text(fact)
    if not texts:
        mean = _round(statistics.fmean(returns), language)
        texts.append(
            message("Return of {count} episodes of your agent, on average {mean}.", count=len(returns), mean=mean)
        )
    if threshold is not None:
        texts.append(message("The dashed line is at {threshold}.", threshold=_round(threshold, language)))
    return joined(" ", texts)


def _own_text(fact: Evidence) -> list[str]:
    """What the fact says of itself, if anything."""
    return [fact["text"]] if isinstance(fact.get("text"), str) and fact["text"] else []


def _short(value: float, language: str) -> str:
    """A number at an axis: ``200K``."""
    is_large = abs(value) >= 1000
    text: str = (
        format_compact_decimal(value, locale=language, fraction_digits=2)
        if is_large
        else format_decimal(value, locale=language, decimal_quantization=False)
    )
    return text


def _round(value: float, language: str) -> str:
    """A return in a sentence: three digits are all that it is known to."""
    text: str = format_decimal(value, "#,##0" if abs(value) >= 100 else "0.#", language)
    return text
