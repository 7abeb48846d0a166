"""nbgrader's exchange: its inbound folder, with a folder ``student+assignment+timestamp+random`` for each hand-in.

Source: nbgrader 0.9.6, exchange/default/submit.py and collect.py.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from autograder.arrivals.arrival import Arrival, Moment, Refusal, StoredFile, latest
from autograder.arrivals.listing import Listing
from autograder.assignment import Assignment
from autograder.errors import SubmissionError
from autograder.submission import MAX_TIMESTAMP_BYTES, TIMESTAMP_FILE, parse_instant

_INBOUND = "inbound/"  # within the course's folder of the exchange
_OF_THE_COURSE = ("outbound", "feedback")
_FOLDER = re.compile(r"(?P<student>.+)\+(?P<assignment>[^+]+)\+(?P<time>\d{4}-\d\d-\d\d[^+]*)(?:\+[^+]*)?")


def recognises(listing: Listing, _assignments: Mapping[str, Assignment]) -> bool:
    """Whether there are folders named as the exchange names them."""
    return any(_FOLDER.fullmatch(file.name.removeprefix(_INBOUND).partition("/")[0]) for file in listing.files)


def arrivals(listing: Listing, assignments: Mapping[str, Assignment]) -> Iterator[Arrival | Refusal]:
    """Hand-ins of the graded assignments.

    The time is that of the folder's name or of ``timestamp.txt``, whichever is later: students can write both.
    """
    groups: dict[str, list[StoredFile]] = {}
    for file in listing.files:
        groups.setdefault(file.name.removeprefix(_INBOUND).partition("/")[0], []).append(file)
    for folder, files in sorted(groups.items()):
        named = _FOLDER.fullmatch(folder)
        if named is None:
            if folder not in _OF_THE_COURSE:
                yield Refusal(folder, "expected a folder student+assignment+timestamp, received another name")
        elif named["assignment"] in assignments:
            moment, note = _moment(named["time"], tuple(files))
            yield Arrival(named["student"], tuple(files), moment, folder, named["assignment"], note)


def _moment(named: str, files: tuple[StoredFile, ...]) -> tuple[Moment, str]:
    told = [instant for instant in (_instant(named.encode()), instant_beside(files)) if instant is not None]
    if not told:
        return Moment(latest(files)), "neither the folder's name nor timestamp.txt tells an instant"
    note = "timestamp.txt differs from the folder's name" if max(told) != min(told) else ""
    return Moment(max(told), exact=True), note


def instant_beside(files: tuple[StoredFile, ...]) -> datetime | None:
    """What a hand-in's ``timestamp.txt`` says, or None."""
    for file in files:
        if file.base == TIMESTAMP_FILE:
            with contextlib.suppress(SubmissionError):
                return _instant(file.read(MAX_TIMESTAMP_BYTES))
    return None


def _instant(content: bytes) -> datetime | None:
    try:
        return parse_instant(content)
    except SubmissionError:
        return None
