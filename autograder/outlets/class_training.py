"""ClassTraining: the training runs and the agents of a class, beside the reference."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.message import joined, message
from autograder.outlets.claimed_numbers import (
    Band,
    Evidence,
    Point,
    band_of,
    beside_band,
    end_of,
    pairs,
)
from autograder.outlets.figures import Figure, curve_panel, dot_panel, video
from autograder.outlets.scored_agent import ScoredAgent, scored_agent
from autograder.report import GradeReport

MAX_CURVES = 100
CURVE_POINTS = 40
PLACES = 10
FILMS = 3


@dataclass(frozen=True, kw_only=True)
class Place:
    """One line of the leaderboard.

    Attributes:
        report: The student's report.
        agent: The agent that counts.
    """

    report: GradeReport
    agent: ScoredAgent


@dataclass(frozen=True, kw_only=True)
class ClassTraining:
    """What a class has trained.

    Attributes:
        curves: The learning curves of all: a figure for the trained agents, one for each check that trains.
        agents: The mean return of every agent; None if there are none.
        places: The best agents.
        films: Of the best that have one: student and film.
    """

    curves: tuple[Figure, ...]
    agents: Figure | None
    places: tuple[Place, ...]
    films: tuple[tuple[str, Figure], ...]


def class_training(reports: Sequence[GradeReport], results: Path | None, language: str) -> ClassTraining:
    """Collects the evidence of training of a class.

    Args:
        reports: Reports of one assignment.
        results: The folder of the class's results, for films; None: none are shown.
        language: Of the numbers.
    """
    agents_of = ((report, scored_agent(report)) for report in reports)
    places = [Place(report=report, agent=agent) for report, agent in agents_of if agent is not None]
    places.sort(key=lambda place: (-place.agent.mean, place.report.student))
    agents = None
    if places:
        threshold = next((place.agent.threshold for place in places if place.agent.threshold is not None), None)
        agents = Figure(
            kind="episode_returns",
            drawing=dot_panel([place.agent.mean for place in places], threshold, language),
            caption=message(
                "Mean return of every agent ({count}); the dashed line is the return to reach.", count=len(places)
            )
            if threshold is not None
            else message("Mean return of every agent ({count}).", count=len(places)),
        )
    return ClassTraining(
        curves=tuple(_curves(reports, language)),
        agents=agents,
        places=tuple(places[:PLACES]),
        films=tuple(_films(places, results)),
    )


def _facts(report: GradeReport, kind: str) -> list[dict[str, object]]:
    return [fact for fact in report.evidence if fact.get("kind") == kind]


def _films(places: Sequence[Place], results: Path | None) -> list[tuple[str, Figure]]:
    if results is None:
        return []
    found: list[tuple[str, Figure]] = []
    for place in places:
        folder = results / place.report.student / place.report.assignment
        films = [film for fact in _facts(place.report, "video") if (film := video(fact, folder)) is not None]
        found += [(place.report.student, film) for film in films[:1]]
        if len(found) == FILMS:
            break
    return found


def _curves(reports: Sequence[GradeReport], language: str) -> Iterator[Figure]:
    """One figure for each kind of run: they differ in length, in settings, and in what the reference reaches."""
    facts = [fact for report in reports for fact in _facts(report, "learning_curve")]
    for kind in dict.fromkeys(map(_kind, facts)):
        figure = _curves_of([fact for fact in facts if _kind(fact) == kind], *kind, language)
        if figure is not None:
            yield figure


def _kind(fact: Evidence) -> tuple[str, str]:
    """The check that has run the trainer, or else whose agent came of it, in words."""
    check, text = str(fact.get("check", "")), fact.get("text")
    return check, "" if check or not isinstance(text, str) else text


def _curves_of(facts: Sequence[Evidence], check: str, whose: str, language: str) -> Figure | None:
    """All learning curves, thin, before the band of the reference; of many, those spread evenly over their ends."""
    curves = [curve for fact in facts if len(curve := pairs(fact.get("steps"), fact.get("returns"))) > 1]
    if not curves:
        return None
    band = next((found for fact in facts if (found := band_of(fact))), [])
    curves.sort(key=end_of)
    stride = max(1, len(curves) / MAX_CURVES)
    shown = [curves[int(place * stride)] for place in range(min(len(curves), MAX_CURVES))]
    drawing = curve_panel([_thinned(curve) for curve in shown], band, language, "curve thin")
    if check:
        caption = message(
            "Short runs of the check {check}: {count}. They have the same seeds, so trainers that do the same draw the "
            "same line.",
            check=check,
            count=len(curves),
        )
    elif band:
        below = sum(_ends_below(curve, band) for curve in curves)
        caption = message(
            "Runs that end below most of the reference's: {below} of {count}.", below=below, count=len(curves)
        )
    else:
        caption = message("Runs: {count}.", count=len(curves))
    told = joined(" ", [whose, caption] if whose else [caption])
    return Figure(kind="learning_curve", drawing=drawing, caption=told, has_band=bool(band))


def _ends_below(curve: Sequence[Point], band: Sequence[Band]) -> bool:
    compared = beside_band(curve, band)
    return compared is not None and compared[0][1] < compared[1][1]


def _thinned(curve: Sequence[Point]) -> list[Point]:
    """Means of equally long parts."""
    size = max(1, len(curve) // CURVE_POINTS)
    parts = [curve[start : start + size] for start in range(0, len(curve), size)]
    return [(part[-1][0], statistics.fmean(total for _, total in part)) for part in parts]
