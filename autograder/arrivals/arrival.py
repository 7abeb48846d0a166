"""Arrival: one hand-in as a source holds it, before anybody has looked into its files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class StoredFile:
    """A file in a folder or an archive, not read yet.

    Attributes:
        name: Its path there, with slashes, in composed Unicode.
        at: Its time there (aware), if it has one.
        read: Its content, of at most so many bytes; raises SubmissionError.
    """

    name: str
    at: datetime | None
    read: Callable[[int], bytes]

    @property
    def parts(self) -> tuple[str, ...]:
        """The path's parts."""
        return tuple(self.name.split("/"))

    @property
    def base(self) -> str:
        """The name without folders."""
        return self.parts[-1]


@dataclass(frozen=True)
class Moment:
    """When something was handed in.

    Attributes:
        at: The instant (aware), or None where nothing tells it.
        exact: Whether it is that instant. Else it was handed in by then: ``at`` is when it was downloaded or saved.
    """

    at: datetime | None
    exact: bool = False


@dataclass(frozen=True)
class Arrival:
    """One hand-in.

    Attributes:
        student: Student id, as the source has it.
        files: Its files.
        moment: When it was handed in.
        place: Where it lies, for people.
        assignment: Id of its assignment, where the source says it.
        note: What a person should know of it.
    """

    student: str
    files: tuple[StoredFile, ...]
    moment: Moment
    place: str
    assignment: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Refusal:
    """Something that is not taken.

    Attributes:
        place: Where it lies, for people.
        reason: What was expected, what was found, what to do.
        student: Whose it is, where that is known.
    """

    place: str
    reason: str
    student: str = ""


def latest(files: tuple[StoredFile, ...]) -> datetime | None:
    """The latest time of some files, or None."""
    return max((file.at for file in files if file.at is not None), default=None)
