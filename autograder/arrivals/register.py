"""Register: our names of a system's students, and when they handed in, from a table that the system has exported.

Sources: Moodle's grading worksheet (the number of the participant in its first column, ``Last modified (submission)``)
and Canvas' gradebook export (``ID``, ``SIS Login ID``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from dateutil import parser

from autograder.arrivals.arrival import Arrival, Moment
from autograder.errors import InputError, SubmissionError
from autograder.outlets.lms.roster import read_roster
from autograder.toml_table import listed

_NAMES = ("Username", "SIS Login ID", "SIS User ID", "ID number", "Email address", "Логин", "Адрес электронной почты")
_TIMES = ("Last modified (submission)", "Zuletzt geändert (Abgabe)", "submitted_at")
_NUMBER = re.compile(r"\d+$")


@dataclass(frozen=True)
class Register:
    """What the table says.

    Attributes:
        path: Its file.
        students: Our student ids by the system's numbers.
        times: When they handed in, by the same numbers.
    """

    path: Path
    students: Mapping[str, str]
    times: Mapping[str, datetime]

    def named(self, arrival: Arrival) -> Arrival:
        """The arrival with our student id, and with its time if the table has it.

        Raises:
            SubmissionError: The table does not have the student.
        """
        if arrival.student not in self.students:
            raise SubmissionError(f"expected a student of {self.path.name}, received number {arrival.student!r}")
        time = self.times.get(arrival.student)
        moment = arrival.moment if time is None else Moment(time, exact=True)
        return replace(arrival, student=self.students[arrival.student], moment=moment)


def read_register(path: Path, zone: ZoneInfo, match: str | None = None, times: str | None = None) -> Register:
    """Reads the table.

    Args:
        path: Its file.
        zone: Of its times.
        match: The column that has our ids; None: logins, ids or addresses, the first that is filled.
        times: The column that says when something was handed in; None: that of Moodle's worksheet, if there is one.

    Raises:
        InputError: The file is no such table, a column is missing, or two rows have the same number or name.
    """
    roster = read_roster(path)
    for option, name in (("--match", match), ("--times", times)):
        if name is not None and roster.column(name) is None:
            raise InputError(f"{option}: expected one of the columns {listed(roster.header)}, received {name!r}")
    number = roster.column("ID") or 0
    columns = [place for name in ([match] if match else _NAMES) if (place := roster.column(name)) is not None]
    time = roster.column(times) if times else roster.column(*_TIMES)
    students: dict[str, str] = {}
    instants: dict[str, datetime] = {}
    for row in roster.rows:
        found = _NUMBER.search(row[number].strip())
        name = next((row[place].strip() for place in columns if row[place].strip()), "")
        if found is None or not name:
            continue
        if found[0] in students or name in students.values():
            raise InputError(f"{path}: expected every student once, found {name!r} twice; choose --match COLUMN")
        students[found[0]] = name
        if time is not None and row[time].strip() not in ("", "-"):
            instants[found[0]] = _instant(path, row[time].strip(), zone)
    if not students:
        raise InputError(f"{path}: expected numbers and names of students, found none in {listed(roster.header[:8])}")
    return Register(path, students, instants)


def _instant(path: Path, text: str, zone: ZoneInfo) -> datetime:
    try:
        moment: datetime = parser.parse(text, dayfirst=not re.match(r"\d{4}", text))
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"{path}: expected times such as 'Friday, 15 January 2027, 11:14 PM', received {text!r}; take the "
            "worksheet while the system speaks English"
        ) from error
