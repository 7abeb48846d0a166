"""Svg: the few shapes that figures are drawn with; colours are classes of the style sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from autograder.outlets.axis import Axis

Point = tuple[float, float]
_GAP = 5.0


def svg(width: float, height: float, parts: Sequence[Markup]) -> Markup:
    """A drawing; what it shows is said in words beside it."""
    head = Markup('<svg class="plot" viewBox="0 0 {:g} {:g}" aria-hidden="true">').format(width, height)
    return head + Markup("").join(parts) + Markup("</svg>")


def line(x1: float, y1: float, x2: float, y2: float, name: str) -> Markup:
    """A straight line."""
    return Markup('<line class="{}" x1="{:g}" y1="{:g}" x2="{:g}" y2="{:g}"/>').format(name, x1, y1, x2, y2)


def polyline(points: Sequence[Point], name: str) -> Markup:
    """A line through points."""
    return Markup('<polyline class="{}" points="{}"/>').format(name, _listed(points))


def polygon(points: Sequence[Point], name: str) -> Markup:
    """A filled area."""
    return Markup('<polygon class="{}" points="{}"/>').format(name, _listed(points))


def circles(points: Sequence[Point], radius: float, name: str) -> Markup:
    """Dots of one size."""
    dot = Markup('<circle cx="{:g}" cy="{:g}" r="{:g}"/>')
    dots = Markup("").join(dot.format(x, y, radius - 0.4) for x, y in points)
    return Markup('<g class="{}">').format(name) + dots + Markup("</g>")


def text(x: float, y: float, words: str, anchor: str) -> Markup:
    """A word; ``anchor`` is ``start``, ``middle`` or ``end``."""
    return Markup('<text x="{:g}" y="{:g}" text-anchor="{}">{}</text>').format(x, y, anchor, words)


def labelled_grid(x: Axis, y: Axis, label: Callable[[float], str], columns: int = 4, rows: int = 4) -> Markup:
    """The base line with numbers below it, and lines across with numbers at their left."""
    parts = []
    for value in y.ticks(rows) if rows else []:
        height = y.place(value)
        parts += [line(x.start, height, x.end, height, "grid"), text(x.start - _GAP, height + 4.0, label(value), "end")]
    parts.append(line(x.start, y.start, x.end, y.start, "base"))
    for value in x.ticks(columns):
        place = x.place(value)
        parts += [
            line(place, y.start, place, y.start + 4.0, "base"),
            text(place, y.start + 18.0, label(value), "middle"),
        ]
    return Markup("").join(parts)


def _listed(points: Sequence[Point]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)
