"""Deadlines: instants in course.toml, those of the class and those that single students have instead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from autograder.toml_table import TomlTable


def read_deadline(table: TomlTable, key: str, zone: ZoneInfo) -> datetime | None:
    """The instant under a key, in the course's time zone; None if there is no such key.

    Raises:
        InputError: It is no date with a time, or the clocks skip it.
    """
    # In TOML a date without a time is a value of its own; it would leave open when the day ends.
    expected = "a date with a time such as 2027-01-31T23:59:00"
    value = table.take(key, (date,), expected)
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise table.error(key, expected, value, "say when on that day")
    if value.tzinfo is not None:
        return value.astimezone(zone)
    local = value.replace(tzinfo=zone, fold=1)  # an hour that occurs twice in autumn: the later one
    if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != value:
        raise table.error(key, f"a time that exists in {zone}", f"{value}, which the clocks skip")
    return local


def read_extensions(table: TomlTable, first: datetime | None, zone: ZoneInfo) -> Mapping[str, datetime]:
    """First deadlines of students who have a later one than the class.

    Args:
        table: The assignment's ``extensions``: student ids and instants.
        first: The first deadline of the class.
        zone: The course's time zone.

    Raises:
        InputError: An instant cannot be used, or is not later than the deadline that it extends.
    """
    found = {}
    for student in list(table.left):
        extended = read_deadline(table, student, zone)
        if first is None:
            raise table.error(student, "a deadline that can be extended", "none", "set soft_deadline")
        if extended is None or extended <= first:
            raise table.error(student, f"a time after the deadline {first}", extended)
        found[student] = extended
    table.finish()
    return found
