"""Roster: a table of students that a learning management system has exported, and who of ours is which of theirs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import InputError
from autograder.toml_table import listed

MAX_BYTES = 50 * 1024 * 1024
_DELIMITERS = (",", ";", "\t")
_LAST_NUMBER = re.compile(r"\d+$")


@dataclass(frozen=True, kw_only=True)
class Roster:
    """A file of the system, as it was read.

    Attributes:
        path: The file.
        header: Names of the columns.
        rows: The lines after the header, each as long as it.
        delimiter: Between fields; in some languages the systems write semicolons.
    """

    path: Path
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    delimiter: str = ","

    def column(self, *names: str) -> int | None:
        """Where the first of these columns is, whatever their case; None if there is none of them."""
        places = {name.strip().casefold(): place for place, name in reversed(list(enumerate(self.header)))}
        return next((places[name.casefold()] for name in names if name.casefold() in places), None)

    def text(self, rows: Iterable[Sequence[str]], header: Sequence[str] | None = None) -> str:
        """A file laid out as this one."""
        made = io.StringIO()
        writer = csv.writer(made, delimiter=self.delimiter, lineterminator="\n")
        writer.writerow(header or self.header)
        writer.writerows(rows)
        return made.getvalue()


@dataclass(frozen=True, kw_only=True)
class Match:
    """Who is who.

    Attributes:
        column: Name of the column in which our student ids were found.
        rows: By our student id, the number of their row.
        strangers: Our students that the roster does not have.
    """

    column: str
    rows: Mapping[str, int]
    strangers: tuple[str, ...]


def read_roster(path: Path) -> Roster:
    """Reads a table that a system has exported: UTF-8, fields separated by commas, semicolons or tabs.

    Raises:
        InputError: The file cannot be read, or is no such table.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: expected a table of students, received a file of more than 50 MiB")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: expected a readable file, received an error ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: expected UTF-8, received other bytes (at byte {error.start}); take the file as the system "
            "exported it, not as a spreadsheet has saved it"
        ) from error
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        lines = [line for line in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True) if any(line)]
    except csv.Error as error:
        raise InputError(f"{path}: expected a CSV file, received something else ({error})") from error
    if len(lines) < 2 or len(lines[0]) < 2:
        raise InputError(f"{path}: expected a header and at least one student, received {max(len(lines), 0)} lines")
    header, *rows = lines
    width = len(header)
    padded = tuple(tuple([*row, *[""] * width][:width]) for row in rows)
    return Roster(path=path, header=tuple(header), rows=padded, delimiter=delimiter)


def match(roster: Roster, students: Sequence[str], columns: Sequence[str], chosen: str | None = None) -> Match:
    """Finds our students in a roster.

    Our ids are compared with a column as a whole, then with what is before the @ of an address, then with the number at
    the end ("Participant 4711"); capital letters do not matter.

    Args:
        roster: The roster.
        students: Our student ids.
        columns: Names of the columns that may hold them; of those the one that knows most students is taken.
        chosen: The column to take in place of that.

    Raises:
        InputError: There is no such column, nobody is found, or one id stands for several rows.
    """
    if chosen is not None and roster.column(chosen) is None:
        raise InputError(f"--match: expected one of the columns {listed(roster.header)}, received {chosen!r}")
    names = [chosen] if chosen is not None else [name for name in columns if roster.column(name) is not None]
    best: tuple[str, dict[str, list[int]]] = ("", {})
    for name in names:
        for key in (_whole, _before_at, _last_number):
            found = _found(roster, name, key, students)
            best = max(best, (name, found), key=lambda each: len(each[1]))
    column, found = best
    if not found:
        raise InputError(
            f"{roster.path}: expected students such as {students[0]!r} in {listed(names) or 'a column of ids'}, "
            f"found none of {len(students)}; say which column has them by --match (columns: {listed(roster.header)})"
        )
    for student, rows in found.items():
        if len(rows) > 1:
            raise InputError(
                f"{roster.path}: expected {student!r} in one row of {column!r}, found it in {len(rows)}; "
                "choose another column by --match"
            )
    strangers = tuple(student for student in students if student not in found)
    return Match(column=column, rows={student: rows[0] for student, rows in found.items()}, strangers=strangers)


def _found(roster: Roster, column: str, key: Callable[[str], str], students: Sequence[str]) -> dict[str, list[int]]:
    place = roster.column(column)
    assert place is not None
    known: dict[str, list[int]] = {}
    for number, row in enumerate(roster.rows):
        if name := key(row[place].strip().casefold()):
            known.setdefault(name, []).append(number)
    return {student: known[student.strip().casefold()] for student in students if student.strip().casefold() in known}


def _whole(text: str) -> str:
    return text


def _before_at(text: str) -> str:
    return text.partition("@")[0]


def _last_number(text: str) -> str:
    number = _LAST_NUMBER.search(text)
    return number[0] if number else ""
