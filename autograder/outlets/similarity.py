"""Similarity: hand-ins that share code which is rare in the class. A hint where to look, never a verdict.

Each hand-in becomes a set of fingerprints (winnowing over code in which names and strings do not count; copydetect does
both). What the released notebook holds is left out, and so is what many of the class have: short exercises are solved
alike by everybody who solves them. What remains and is shared by two is worth a look.

Source: Schleimer, Wilkerson and Aiken, "Winnowing: Local Algorithms for Document Fingerprinting" (2003).
"""

from __future__ import annotations

import json
import warnings
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from autograder.errors import InputError
from autograder.report import GradeReport

GRAM = 25  # characters of code with names made one letter: about three lines
WINDOW = 20
COMMON_SHARE = 0.1  # what more of the class have is common, but four may always share it and more than twelve never
FEWEST_COMMON, MOST_RARE = 4, 12
FEWEST_SHARED = 12  # fingerprints: eight to ten lines
MAX_PAIRS = 20

Prints = Mapping[int, str]  # by fingerprint, the exercise that it is in


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two hand-ins.

    Attributes:
        students: Their students, in order.
        shared: Number of rare fingerprints that both have.
        share: Part of the rare fingerprints of the one that has fewer, in [0, 1].
        exercises: Where, most of them first.
    """

    students: tuple[str, str]
    shared: int
    share: float
    exercises: tuple[str, ...]


def similar_pairs(reports: Sequence[GradeReport], results: Path, released: Path) -> list[Pair]:
    """Pairs of hand-ins that share rare code, most of it first.

    Args:
        reports: Reports of one assignment.
        results: The folder that holds ``<student>/<assignment>/executed.ipynb``; who has none is left out.
        released: The released notebook.

    Raises:
        InputError: A notebook cannot be read.
    """
    given = set(_prints(released))
    prints: dict[str, Prints] = {}
    for report in reports:
        notebook = results / report.student / report.assignment / "executed.ipynb"
        if notebook.is_file():
            prints[report.student] = {key: name for key, name in _prints(notebook).items() if key not in given}
    return rare_pairs(prints)


def rare_pairs(prints: Mapping[str, Prints]) -> list[Pair]:
    """The pairs among sets of fingerprints, by what few of them have."""
    counts = Counter(key for own in prints.values() for key in own)
    most = min(MOST_RARE, max(FEWEST_COMMON, int(COMMON_SHARE * len(prints))))
    rare = {student: {key for key in own if counts[key] <= most} for student, own in prints.items()}
    holders: dict[int, list[str]] = {}
    for student in sorted(rare):
        for key in rare[student]:
            holders.setdefault(key, []).append(student)
    shared = Counter(pair for students in holders.values() for pair in combinations(students, 2))
    found = [_pair(pair, count, rare, prints) for pair, count in shared.items() if count >= FEWEST_SHARED]
    return sorted(found, key=lambda pair: (-pair.shared, pair.students))[:MAX_PAIRS]


def _pair(students: tuple[str, str], count: int, rare: Mapping[str, set[int]], prints: Mapping[str, Prints]) -> Pair:
    one, other = students
    places = Counter(prints[one][key] for key in rare[one] & rare[other])
    return Pair(
        students=students,
        shared=count,
        share=count / min(len(rare[one]), len(rare[other])),
        exercises=tuple(name for name, _ in places.most_common()),
    )


def _prints(notebook: Path) -> dict[int, str]:
    found: dict[int, str] = {}
    for exercise, source in _solutions(notebook):
        for key in fingerprints(source):
            found.setdefault(key, exercise)
    return found


def _solutions(notebook: Path) -> Iterator[tuple[str, str]]:
    """The cells that students write: name of the exercise, or ``other cells``, and source."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{notebook}: expected a notebook, received something else ({error})") from error
    for cell in cells:
        marks: dict[str, Any] = cell.get("metadata", {}).get("nbgrader", {})
        is_given = marks.get("locked") or marks.get("grade")
        if cell.get("cell_type") == "code" and not is_given:
            yield marks.get("grade_id") or "other cells", "".join(cell.get("source", ""))


def fingerprints(source: str) -> set[int]:
    """Winnowed fingerprints of Python code; the same in every process, other than those of Python's ``hash``."""
    with warnings.catch_warnings():  # it brings in pyplot and a progress bar for its own reports
        warnings.simplefilter("ignore")
        from copydetect.utils import filter_code, winnow
    code = filter_code(source, "cell.py", "python")[0].encode()
    if len(code) < GRAM:
        return set()
    grams = np.array([zlib.crc32(code[start : start + GRAM]) for start in range(len(code) - GRAM + 1)])
    return {int(key) for key in winnow(grams, WINDOW)[0]}
