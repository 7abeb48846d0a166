"""Canvas: the zip of *Download Submissions* of an assignment, or the folder that it was unpacked to.

A file of a hand-in is named ``<name>[_LATE]_<user>_<attachment>_<file>``; the user is ``anon_<id>`` where students
are anonymous. Students are named by the user's number, as in the column ID of a gradebook export.

Source: instructure/canvas-lms, lib/content_zipper.rb.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from autograder.arrivals.arrival import Arrival, Refusal, StoredFile
from autograder.arrivals.listing import Listing
from autograder.arrivals.system_time import moments
from autograder.assignment import Assignment

_NAME = re.compile(
    r"(?:(?P<name>\w*?)_)??(?P<late>LATE_)?(?P<student>\d+|anon_[A-Za-z0-9]+)_(?P<attachment>\d+)_(?P<file>[^/]+)"
)
_TYPED = re.compile(r"(?:\w*_)?(?:\d+|anon_[A-Za-z0-9]+)_(?:text|link)\.html")  # typed into Canvas: no file


def recognises(listing: Listing, _assignments: Mapping[str, Assignment]) -> bool:
    """Whether all names but a few are as Canvas gives them."""
    named = sum(_NAME.fullmatch(file.name) is not None for file in listing.files)
    return named > 0 and named >= 0.5 * len(listing.files)


def arrivals(listing: Listing, _assignments: Mapping[str, Assignment]) -> Iterator[Arrival | Refusal]:
    """One hand-in of each user."""
    groups: dict[str, list[tuple[re.Match[str], StoredFile]]] = {}
    for file in listing.files:
        named = _NAME.fullmatch(file.name)
        if named is not None:
            groups.setdefault(named["student"], []).append((named, replace(file, name=named["file"])))
        elif _TYPED.fullmatch(file.name):
            yield Refusal(file.name, "expected a file that was uploaded, received a text or link typed into Canvas")
        else:
            yield Refusal(file.name, "expected <name>_<user>_<attachment>_<file>, received another name")
    times = moments({student: tuple(file for _, file in found) for student, found in groups.items()})
    for student, found in groups.items():
        late = any(named["late"] for named, _ in found)
        note = "Canvas says LATE" if late else ""
        yield Arrival(student, tuple(file for _, file in found), times[student], found[0][0].group(), note=note)
