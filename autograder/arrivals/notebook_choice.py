"""Notebook choice: which files of a hand-in are its notebook and its agent, and which assignment it answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

from autograder.arrivals.arrival import Arrival, StoredFile
from autograder.arrivals.listing import list_inner_archive, shown
from autograder.assignment import Assignment
from autograder.errors import SubmissionError
from autograder.language import SOURCE_LANGUAGE, languages
from autograder.notebook import MAX_FILE_BYTES, PlainCell, parse_cells
from autograder.submission import MAX_POLICY_BYTES, POLICY_FILE

MAX_ARCHIVE_BYTES = MAX_FILE_BYTES + MAX_POLICY_BYTES
MAX_NOTEBOOKS = 10
_LANGUAGE = re.compile(rf"\.({'|'.join(languages())})\b")
_RENAMED = r"(?:Copy of |Копия блокнота )?{id}(?:\.[a-z]{{2}})?(?:[ _-]?\(?\d*\)?)\.ipynb"


@dataclass(frozen=True)
class HandIn:
    """What will lie in ``submitted/<student>/<assignment>/``.

    Attributes:
        assignment: Assignment id.
        files: Contents by name: notebooks and, if there is one, the agent.
    """

    assignment: str
    files: Mapping[str, bytes]


def assignment_named(name: str, assignments: Mapping[str, Assignment]) -> str | None:
    """The assignment that a file is named after, also where a browser or Colab has renamed it; or None."""
    return next((each for each in assignments if _renamed(each).fullmatch(name)), None)


def _renamed(assignment: str, before: str = "") -> re.Pattern[str]:
    return re.compile(before + _RENAMED.format(id=re.escape(assignment)))


def read_hand_in(arrival: Arrival, assignments: Mapping[str, Assignment], wish: str | None, zone: ZoneInfo) -> HandIn:
    """Reads the files of a hand-in that count.

    Args:
        arrival: The hand-in.
        assignments: The graded assignments.
        wish: The assignment that it has to answer; None: any.
        zone: Of times in archives.

    Raises:
        SubmissionError: There is no notebook, or none of such an assignment, or something cannot be read.
    """
    files = _unpacked(arrival.files, zone)
    notebooks = [file for file in files if file.base.endswith(".ipynb")]
    if not notebooks or len(notebooks) > MAX_NOTEBOOKS:
        found = shown(notebooks or files)
        raise SubmissionError(f"expected one to {MAX_NOTEBOOKS} notebooks (.ipynb), received {found}; hand in again")
    wanted = arrival.assignment or wish
    fitting: dict[str, dict[str, list[tuple[StoredFile, bytes]]]] = {}
    refused: list[SubmissionError] = []
    for file in notebooks:
        try:
            content = file.read(MAX_FILE_BYTES)
            name = _assignment(parse_cells(file.base, content)[0], file.base, assignments, wanted)
            fitting.setdefault(name, {}).setdefault(_language(file.base), []).append((file, content))
        except SubmissionError as error:
            refused.append(error)
    if not fitting:
        raise refused[0]
    if len(fitting) > 1:
        raise SubmissionError(f"expected notebooks of one assignment, received some of {' and '.join(fitting)}")
    ((assignment, by_language),) = fitting.items()
    contents = {_name(assignment, each): _one_of(assignment, found) for each, found in by_language.items()}
    return HandIn(assignment, contents | _policy(files))


def _unpacked(files: tuple[StoredFile, ...], zone: ZoneInfo) -> list[StoredFile]:
    """The files, those in the archive that a student handed in in place of it."""
    archives = [file for file in files if file.base.endswith(".zip")]
    if len(archives) > 1:
        raise SubmissionError(f"expected one archive, received {shown(archives)}; leave one")
    unpacked = [file for file in files if file not in archives]
    for archive in archives:
        unpacked += list_inner_archive(archive, zone, MAX_ARCHIVE_BYTES).files
    return unpacked


def _assignment(
    cells: Sequence[PlainCell], name: str, assignments: Mapping[str, Assignment], wanted: str | None
) -> str:
    """The assignment of a notebook: by the names of its cells, else by that of its file.

    Raises:
        SubmissionError: It is none, or not the wanted one.
    """
    ids = {cell.grade_id for cell in cells}
    counts = {
        each.id: len(ids & {*each.judged, *(each.check_cell(exercise) for exercise in each.judged)})
        for each in assignments.values()
    }
    best = max(counts.values(), default=0)
    likely = [each for each in counts if counts[each] == best > 0]
    likely = likely or [each for each in assignments if _renamed(each, "(?:.*[ ._-])?").fullmatch(name)] or [""]
    if wanted in likely or (wanted is not None and likely == [""]):
        return wanted
    if wanted is None and len(likely) == 1 and likely[0]:
        return likely[0]
    found = f"one of {' or '.join(likely)}" if likely[0] else "one without cells of any assignment"
    raise SubmissionError(f"{name}: expected a notebook of {wanted or ' or '.join(assignments)}, received {found}")


def _language(name: str) -> str:
    found = _LANGUAGE.findall(name.removesuffix(".ipynb"))
    return str(found[-1]) if found else SOURCE_LANGUAGE


def _name(assignment: str, language: str) -> str:
    return f"{assignment}.ipynb" if language == SOURCE_LANGUAGE else f"{assignment}.{language}.ipynb"


def _one_of(assignment: str, found: list[tuple[StoredFile, bytes]]) -> bytes:
    """The content of the one notebook, or of the one that has the right name."""
    if len(found) > 1:
        named = re.compile(rf"{re.escape(assignment)}(?:\.[a-z]{{2}})?\.ipynb")
        exact = [each for each in found if named.fullmatch(each[0].base)]
        if len(exact) != 1:
            raise SubmissionError(f"expected one notebook, received {shown(file for file, _ in found)}; leave one")
        found = exact
    return found[0][1]


def _policy(files: Sequence[StoredFile]) -> dict[str, bytes]:
    found = [file for file in files if PurePosixPath(file.name).name == POLICY_FILE]
    if len(found) > 1:
        raise SubmissionError(f"expected one {POLICY_FILE}, received {shown(found)}; leave one")
    return {POLICY_FILE: found[0].read(MAX_POLICY_BYTES)} if found else {}
