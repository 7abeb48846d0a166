"""Axis: round numbers along a line, and where values lie on it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_STEPS = (1, 2, 2.5, 5, 10)


def round_step(span: float, most: int) -> float:
    """The smallest round step (1, 2, 2.5 or 5 times a power of ten) that divides a span into ``most`` parts or fewer.

    Args:
        span: A positive length.
        most: Number of parts.
    """
    scale = 10.0 ** math.floor(math.log10(span / most))
    return next(scale * step for step in _STEPS if span / (scale * step) <= most + 1e-9)


@dataclass(frozen=True)
class Axis:
    """A line between two values, drawn between two places.

    Attributes:
        low: Value at ``start``.
        high: Value at ``end``.
        start: Place of ``low`` in the drawing.
        end: Place of ``high``.
    """

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def around(cls, values: Iterable[float], start: float, end: float, margin: float = 0.04) -> Axis:
        """An axis that holds all values with a margin (a share of their span); one value gets a span of its own."""
        found = list(values)
        low, high = min(found), max(found)
        span = (high - low) or max(abs(high), 1.0)
        return cls(low - margin * span, high + margin * span, start, end)

    def place(self, value: float) -> float:
        """Where a value lies, to a tenth."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self, most: int) -> list[float]:
        """Round values on the axis, about ``most`` of them."""
        step = round_step(self.high - self.low, most)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [float(f"{number * step:.12g}") + 0.0 for number in range(first, last + 1)]  # 3 times 0.2 is 0.6
