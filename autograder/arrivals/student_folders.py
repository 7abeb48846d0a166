"""Student folders: nbgrader's layout, ``<student>/<assignment>/``, with ``timestamp.txt`` beside the notebook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from autograder.arrivals.arrival import Arrival, Moment, Refusal, StoredFile, latest
from autograder.arrivals.exchange import instant_beside
from autograder.arrivals.listing import Listing
from autograder.assignment import Assignment


def recognises(listing: Listing, assignments: Mapping[str, Assignment]) -> bool:
    """Whether there are folders of graded assignments in folders of students."""
    return any(len(file.parts) > 2 and file.parts[1] in assignments for file in listing.files)


def arrivals(listing: Listing, assignments: Mapping[str, Assignment]) -> Iterator[Arrival | Refusal]:
    """Hand-ins of the graded assignments; without a readable timestamp.txt the time is that of the newest file."""
    groups: dict[tuple[str, str], list[StoredFile]] = {}
    for file in listing.files:
        student, _, rest = file.name.partition("/")
        assignment, inside, _ = rest.partition("/")
        if inside and assignment in assignments:
            groups.setdefault((student, assignment), []).append(file)
    for (student, assignment), found in sorted(groups.items()):
        files = tuple(found)
        told = instant_beside(files)
        moment = Moment(latest(files)) if told is None else Moment(told, exact=True)
        yield Arrival(student, files, moment, f"{student}/{assignment}", assignment)
