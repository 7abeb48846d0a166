"""Collection: brings hand-ins from sources into ``submitted/``; the newest of each student wins."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from autograder.arrivals.arrival import Arrival, Moment, Refusal
from autograder.arrivals.listing import list_source
from autograder.arrivals.notebook_choice import HandIn, read_hand_in
from autograder.arrivals.place import Held, held_in, put, times_to_write
from autograder.arrivals.register import Register
from autograder.arrivals.source_kind import recognise
from autograder.assignment import Assignment
from autograder.course import Course
from autograder.errors import InputError, SubmissionError
from autograder.submission import TIMESTAMP_FILE

State = Literal["collected", "replaced", "unchanged", "older", "refused"]
_ANCIENT = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_NAME_BYTES = 200
_UNKNOWN = Moment(None)


@dataclass(frozen=True)
class Line:
    """What became of one thing that a source holds.

    Attributes:
        place: Where it lies, for people.
        state: What became of it.
        student: Whose it is, where that is known.
        assignment: Its assignment, where that is known.
        moment: When it was handed in.
        text: Why it was refused, or what to know of it.
        timed: Whether lateness can be judged.
    """

    place: str
    state: State
    student: str = ""
    assignment: str = ""
    moment: Moment = _UNKNOWN
    text: str = ""
    timed: bool = True


@dataclass(frozen=True)
class Collection:
    """What collecting has brought.

    Attributes:
        kinds: Each source and what it was recognised as.
        lines: What became of everything.
    """

    kinds: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]

    @property
    def refused(self) -> tuple[Line, ...]:
        """What was not taken."""
        return tuple(line for line in self.lines if line.state == "refused")


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is asked for.

    Attributes:
        into: The folder ``submitted/``.
        assignment: Only this assignment.
        student: Whose the one hand-in is, where the source does not say it.
        register: Our names of a system's students.
        dry_run: Whether to write nothing.
    """

    into: Path
    assignment: str | None = None
    student: str | None = None
    register: Register | None = None
    dry_run: bool = False


def collect(course: Course, sources: Sequence[Path], order: Order) -> Collection:
    """Brings what sources hold into ``submitted/<student>/<assignment>/``.

    What cannot be taken is refused by itself; nothing of it is written, and the rest goes on.

    Raises:
        InputError: A source or assignment does not exist, or ``submitted/`` cannot be read or written.
    """
    assignments = {each.id: each for each in course.assignments.values() if each.is_graded}
    if order.assignment is not None:
        course.graded_assignment(order.assignment)
    for source in sources:
        if not source.exists():
            raise InputError(f"{source}: expected a folder, an archive or a notebook, found none; check the path")
    kinds: list[tuple[str, str]] = []
    found: list[Arrival | Refusal] = []
    with ExitStack() as stack:
        for source in sources:
            try:
                name, items = _arrivals(source, course, assignments, order, stack)
                kinds.append((str(source), name))
                found += items
            except SubmissionError as error:
                found.append(Refusal(str(source), str(error)))
        refusals = [each for each in found if isinstance(each, Refusal)]
        lines = [Line(each.place, "refused", each.student, text=each.reason) for each in refusals]
        arrivals = [each for each in found if isinstance(each, Arrival)]
        arrivals.sort(key=lambda each: each.place)
        arrivals.sort(key=lambda each: each.moment.at or _ANCIENT, reverse=True)
        lines += _taken(course, arrivals, order)
    lines.sort(key=lambda line: (line.student, line.assignment, line.place))
    return Collection(tuple(kinds), tuple(lines))


def _arrivals(
    source: Path, course: Course, assignments: dict[str, Assignment], order: Order, stack: ExitStack
) -> tuple[str, list[Arrival | Refusal]]:
    listing = list_source(source / "inbound" if (source / "inbound").is_dir() else source, course.timezone, stack)
    kind, seen = recognise(listing, assignments)
    items: list[Arrival | Refusal] = [*seen.refused]
    for each in kind.arrivals(seen, assignments):
        try:
            items.append(_named(each, order, from_system=kind.from_system) if isinstance(each, Arrival) else each)
        except SubmissionError as error:
            items.append(Refusal(each.place, str(error)))
    arrived = [each for each in items if isinstance(each, Arrival)]
    if order.student is not None and len(arrived) > 1:
        raise InputError(f"--student: expected a source with one hand-in, found {len(arrived)} in {source}")
    if listing.form != "folder":  # one student's: the time of the file itself
        saved = datetime.fromtimestamp(source.stat().st_mtime, UTC)
        items = [
            replace(each, moment=Moment(saved)) if isinstance(each, Arrival) and each.moment.at is None else each
            for each in items
        ]
    return kind.name, items


def _named(arrival: Arrival, order: Order, *, from_system: bool) -> Arrival:
    """The arrival with a student id that can be written down.

    Raises:
        SubmissionError: There is none.
    """
    if from_system and order.register is not None:
        arrival = order.register.named(arrival)
    student = unicodedata.normalize("NFC", order.student or arrival.student).strip()
    if not student:
        raise SubmissionError("expected a name that tells the student, received none; rename it, or say --student ID")
    if (
        not student.isprintable()
        or "/" in student
        or student.startswith(".")
        or len(student.encode()) > _MAX_NAME_BYTES
    ):
        raise SubmissionError(f"expected a student id that can name a folder, received {student[:60]!a}; rename it")
    return replace(arrival, student=student)


def _taken(course: Course, arrivals: Sequence[Arrival], order: Order) -> Iterator[Line]:
    """Takes the newest of each student, and says what became of all of them."""
    graded = {each.id: each for each in course.assignments.values() if each.is_graded}
    newest: dict[tuple[str, str], tuple[Held, str]] = {}
    for arrival in arrivals:
        if order.assignment is not None and arrival.assignment not in (None, order.assignment):
            continue
        try:
            found = read_hand_in(arrival, graded, order.assignment, course.timezone)
        except SubmissionError as error:
            yield _line(arrival, "refused", arrival.assignment or "", str(error))
            continue
        key, held = (arrival.student, found.assignment), Held(found.files, arrival.moment)
        if key in newest:
            before, place = newest[key]
            told = held.compared_with(before)
            texts = {"same": f"the same as {place}", "untold": f"as new as {place} for all one can tell, but different"}
            state: State = {"same": "unchanged", "untold": "refused"}.get(told, "older")  # type: ignore[assignment]
            yield _line(arrival, state, found.assignment, texts.get(told, f"older than {place}"))
            continue
        newest[key] = held, arrival.place
        yield _settled(course, arrival, found, held, order)


def _settled(course: Course, arrival: Arrival, found: HandIn, held: Held, order: Order) -> Line:
    """Writes a hand-in, unless what lies there is as new."""
    folder = order.into / arrival.student / found.assignment
    before = held_in(folder)
    told = "newer" if before is None else held.compared_with(before)
    if told == "untold":
        text = f"it cannot be told whether it is newer than what lies in {folder}; remove that folder to take this one"
        return _line(arrival, "refused", found.assignment, text)
    if told != "newer":
        return _line(arrival, "unchanged" if told == "same" else "older", found.assignment, arrival.note)
    assignment = course.assignment(found.assignment).for_student(arrival.student)
    times = times_to_write(arrival.moment, assignment)
    if not order.dry_run:
        put(folder, {**found.files, **{name: text.encode() for name, text in times.items()}})
    line = _line(arrival, "collected" if before is None else "replaced", found.assignment, arrival.note)
    return replace(line, timed=TIMESTAMP_FILE in times)


def _line(arrival: Arrival, state: State, assignment: str, text: str) -> Line:
    return Line(arrival.place, state, arrival.student, assignment, arrival.moment, text)
