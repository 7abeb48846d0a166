"""System time: whether the times in a system's bulk download are those of the hand-ins, or of the download itself.

Moodle (since 3.10) and Canvas give every file in the zip the moment at which it was packed; older versions and other
programs give it that of the upload. Packing a class takes seconds to a few minutes, handing in takes it days.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from autograder.arrivals.arrival import Moment, StoredFile, latest

PACKING = timedelta(minutes=15)  # a download that takes longer is given up by the systems


def moments(groups: Mapping[str, tuple[StoredFile, ...]]) -> dict[str, Moment]:
    """When each student has handed in: exact if the times lie further apart than packing them takes."""
    times = {student: latest(files) for student, files in groups.items()}
    known = [time for time in times.values() if time is not None]
    exact = bool(known) and max(known) - min(known) > PACKING
    return {student: Moment(time, exact=exact and time is not None) for student, time in times.items()}
