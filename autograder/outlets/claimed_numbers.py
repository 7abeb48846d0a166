"""ClaimedNumbers: the numbers of a training run, which are a student's claims.

Whatever does not fit is left out, and no page is lost for it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

MAX_VALUES = 20_000
_TAIL = 10  # the last tenth of a curve is what a run has come to

Evidence = Mapping[str, Any]
Point = tuple[float, float]
Band = tuple[float, float, float]  # a place, the lowest and the highest value there


def pairs(first: Any, second: Any) -> list[Point]:
    """Pairs of two lists, rising in the first; what is no finite number is left out."""
    if not isinstance(first, list | tuple) or not isinstance(second, list | tuple):
        return []
    found = [(number(one), number(other)) for one, other in zip(first[:MAX_VALUES], second[:MAX_VALUES], strict=False)]
    return sorted((one, other) for one, other in found if one is not None and other is not None)


def band_of(fact: Evidence) -> list[Band]:
    """The band of a learning curve: steps, lowest and highest; empty if there is none that can be drawn."""
    band = fact.get("band")
    if not isinstance(band, Mapping):
        return []
    lows, highs = pairs(band.get("steps"), band.get("low")), pairs(band.get("steps"), band.get("high"))
    if [step for step, _ in lows] != [step for step, _ in highs]:
        return []
    return [(step, min(low, high), max(low, high)) for (step, low), (_, high) in zip(lows, highs, strict=True)]


def numbers(values: Any) -> list[float]:
    """The finite numbers of a list."""
    if not isinstance(values, list | tuple):
        return []
    return [value for each in values[:MAX_VALUES] if (value := number(each)) is not None]


def number(value: Any) -> float | None:
    """A finite number, or None."""
    usable = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
    return float(value) if usable and math.isfinite(value) else None


def beside_band(points: Sequence[Point], band: Sequence[Band]) -> tuple[Point, Band] | None:
    """What a curve has come to where it ends, or where the band does, and the band there.

    None: there is no band, or the curve ends before it begins.
    """
    last = band[-1][0] if band else 0.0
    shared = [point for point in points if point[0] <= last]
    if not band or not shared or shared[-1][0] < band[0][0]:
        return None
    step = shared[-1][0]
    return (step, end_of(shared)), min(band, key=lambda each: abs(each[0] - step))


def end_of(points: Sequence[Point]) -> float:
    """The mean return of the last tenth of a curve."""
    return statistics.fmean(total for _, total in points[-max(1, len(points) // _TAIL) :])
