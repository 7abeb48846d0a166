"""A hand-in archive: what ``rlhelpers.hand_in`` writes for one student, the notebook and what belongs to it.

Times in it are those of the student's own clock, so the time is that of the archive's file: when it was saved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from autograder.arrivals.arrival import Arrival, Moment, Refusal
from autograder.arrivals.listing import Listing
from autograder.arrivals.named_files import student_named
from autograder.arrivals.notebook_choice import assignment_named
from autograder.assignment import Assignment


def recognises(listing: Listing, assignments: Mapping[str, Assignment]) -> bool:
    """Whether an archive holds the notebook of a graded assignment, under its own name and in no folder."""
    return listing.form == "archive" and any(
        assignment_named(file.name, assignments) is not None for file in listing.files
    )


def arrivals(listing: Listing, assignments: Mapping[str, Assignment]) -> Iterator[Arrival | Refusal]:
    """The one hand-in, of the student that the archive is named after."""
    student = student_named(listing.name, assignments)
    yield Arrival(student, listing.files, Moment(None), listing.name)
