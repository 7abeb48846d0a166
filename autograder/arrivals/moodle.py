"""Moodle: the zip of *Download all submissions* of an assignment, or the folder that it was unpacked to.

A hand-in is a folder ``<full name>_<participant>_assignsubmission_file/``, or files with that beginning where *Download
submissions in folders* is off. Students are named by the number of the participant, as in the grading worksheet.

Source: moodle/moodle, mod/assign/classes/downloader.php.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from autograder.arrivals.arrival import Arrival, Refusal, StoredFile
from autograder.arrivals.listing import Listing
from autograder.arrivals.system_time import moments
from autograder.assignment import Assignment

_MARK = "_assignsubmission_"
_NAME = re.compile(r"(?P<name>[^/]*?)_(?P<student>\d+)_assignsubmission_(?P<plugin>[a-z]+)[/_](?P<file>.+)")


def recognises(listing: Listing, _assignments: Mapping[str, Assignment]) -> bool:
    """Whether there are names as Moodle gives them."""
    return any(_MARK in file.parts[0] for file in listing.files)


def arrivals(listing: Listing, _assignments: Mapping[str, Assignment]) -> Iterator[Arrival | Refusal]:
    """One hand-in of each participant (or group); texts typed into Moodle are no files and are left out."""
    groups: dict[str, list[tuple[str, StoredFile]]] = {}
    for file in listing.files:
        named = _NAME.fullmatch(file.name)
        if named is None:
            yield Refusal(file.name, "expected <name>_<participant>_assignsubmission_file, received another name")
        elif named["plugin"] == "file":
            whose = groups.setdefault(named["student"], [])
            whose.append((named["name"], replace(file, name=named["file"])))
    times = moments({student: tuple(file for _, file in found) for student, found in groups.items()})
    for student, found in groups.items():
        yield Arrival(student, tuple(file for _, file in found), times[student], found[0][0])
