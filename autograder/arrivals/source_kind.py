"""SourceKind: where a source comes from, recognised by what it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from autograder.arrivals import canvas, exchange, hand_in_archive, moodle, named_files, student_folders
from autograder.arrivals.arrival import Arrival, Refusal
from autograder.arrivals.listing import Listing, shown
from autograder.assignment import Assignment
from autograder.errors import SubmissionError

Assignments = Mapping[str, Assignment]


@dataclass(frozen=True)
class SourceKind:
    """A way in which hand-ins come.

    Attributes:
        name: For people.
        recognises: Whether a source is of this kind.
        arrivals: Its hand-ins, and what in it is none.
        from_system: Whether students are named as a learning management system names them, which a roster can change.
    """

    name: str
    recognises: Callable[[Listing, Assignments], bool]
    arrivals: Callable[[Listing, Assignments], Iterable[Arrival | Refusal]]
    from_system: bool = False


KINDS = (
    SourceKind("nbgrader's exchange", exchange.recognises, exchange.arrivals),
    SourceKind("a Moodle download", moodle.recognises, moodle.arrivals, from_system=True),
    SourceKind("a Canvas download", canvas.recognises, canvas.arrivals, from_system=True),
    SourceKind("folders <student>/<assignment>", student_folders.recognises, student_folders.arrivals),
    SourceKind("a hand-in archive", hand_in_archive.recognises, hand_in_archive.arrivals),
    SourceKind("files and folders named after students", named_files.recognises, named_files.arrivals),
)


def recognise(listing: Listing, assignments: Assignments) -> tuple[SourceKind, Listing]:
    """The kind of a source, and the source without a folder around everything in it, if there is one.

    Raises:
        SubmissionError: It is none of them.
    """
    for seen in (listing, listing.within_top_folder()):
        for kind in KINDS:
            if kind.recognises(seen, assignments):
                return kind, seen
    raise SubmissionError(
        f"expected {', '.join(kind.name for kind in KINDS)}, found {shown(listing.files)}; see docs/instructors.md"
    )
