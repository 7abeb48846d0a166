"""Regrade: two results of the same class compared, so that nobody's grade changes unseen."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.outlets.exports import number_text, spreadsheet_text
from autograder.report import CheckOutcome, GradeReport, write_atomically

_MOVED = 1e-6  # points are sums of floats
Key = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class CheckChange:
    """One check that came out otherwise; a status of None: there is no such check on that side."""

    id: str
    before: str | None
    after: str | None
    points: float

    def __str__(self) -> str:
        return f"{self.id}: {self.before or 'new'} → {self.after or 'gone'} ({_signed(self.points)})"


@dataclass(frozen=True, kw_only=True)
class GradeChange:
    """One student whose grade, or some check, came out otherwise.

    Attributes:
        student: Student id.
        assignment: Assignment id.
        before: The total on the old side; None: no grade (needs a person).
        after: The total on the new side.
        checks: The checks that differ.
    """

    student: str
    assignment: str
    before: float | None
    after: float | None
    checks: tuple[CheckChange, ...]

    @property
    def moves(self) -> bool:
        """Whether the grade itself changes."""
        if self.before is None or self.after is None:
            return self.before is not self.after
        return abs(self.after - self.before) > _MOVED

    @property
    def points(self) -> float:
        """By how much, a missing grade counted as 0."""
        return (self.after or 0.0) - (self.before or 0.0)


@dataclass(frozen=True, kw_only=True)
class Regrade:
    """A class graded twice.

    Attributes:
        changes: Whoever differs in anything, the largest change of the grade first.
        same: How many came out alike.
        gone: Student and assignment of those only in the old results.
        new: Those only in the new ones.
        versions: What differs in what took part: name, versions before, versions after.
    """

    changes: tuple[GradeChange, ...]
    same: int
    gone: tuple[Key, ...]
    new: tuple[Key, ...]
    versions: tuple[tuple[str, str, str], ...]

    @property
    def moved(self) -> tuple[GradeChange, ...]:
        """Those whose grade changes."""
        return tuple(change for change in self.changes if change.moves)

    def by_check(self) -> list[tuple[CheckChange, int]]:
        """Each way in which a check changed, and for how many, the commonest first; points of all together."""
        ways: dict[tuple[str, str | None, str | None], list[float]] = {}
        for change in self.changes:
            for check in change.checks:
                ways.setdefault((check.id, check.before, check.after), []).append(check.points)
        found = [
            (CheckChange(id=name, before=before, after=after, points=sum(points)), len(points))
            for (name, before, after), points in ways.items()
        ]
        return sorted(found, key=lambda each: -each[1])


def compare(old: Sequence[GradeReport], new: Sequence[GradeReport]) -> Regrade:
    """Compares two results of a class, student by student and check by check; times do not count."""
    before, after = _by_key(old), _by_key(new)
    both = [key for key in before if key in after]
    changes = [change for key in both if (change := _change(before[key], after[key])) is not None]
    changes.sort(key=lambda change: (-abs(change.points), not change.moves, change.assignment, change.student))
    return Regrade(
        changes=tuple(changes),
        same=len(both) - len(changes),
        gone=tuple(key for key in before if key not in after),
        new=tuple(key for key in after if key not in before),
        versions=tuple(_versions([before[key] for key in both], [after[key] for key in both])),
    )


def describe(regrade: Regrade, limit: int = 20) -> Iterator[str]:
    """The comparison as lines of text.

    Args:
        regrade: The comparison.
        limit: So many students and checks at most; the rest is counted.
    """
    total = len(regrade.changes) + regrade.same
    yield f"{len(regrade.moved)} of {total} grades would change"
    yield from (f"  {name}: {before} → {after}" for name, before, after in regrade.versions)
    for title, keys in (("Only in the old results", regrade.gone), ("Only in the new results", regrade.new)):
        if keys:
            names = ", ".join("/".join(key) for key in keys[:limit]) + (" ..." if len(keys) > limit else "")
            yield f"{title}: {len(keys)} ({names})"
    if ways := regrade.by_check():
        yield "Checks"
        yield from (f"  {count:>4} × {way}" for way, count in ways[:limit])
        yield from _rest(len(ways) - limit)
    if regrade.moved:
        yield "Students"
        for change in regrade.moved[:limit]:
            yield f"  {change.student}, {change.assignment}: {_grade(change.before)} → {_grade(change.after)}"
            yield from (f"      {check}" for check in change.checks)
        yield from _rest(len(regrade.moved) - limit)
    if unmoved := len(regrade.changes) - len(regrade.moved):
        yield f"{unmoved} more came out otherwise in some check, with the same grade"


def write_changes(regrade: Regrade, path: Path) -> None:
    """Writes all changes as CSV: one line for each changed check, or for a grade that changed without one.

    Columns: ``student``, ``assignment``, ``old_total``, ``new_total`` (empty: no grade), ``check``, ``old_status``,
    ``new_status`` (empty: no such check), ``points`` (the check's, added or taken off).
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow("student assignment old_total new_total check old_status new_status points".split())
    for change in regrade.changes:
        totals = ["" if total is None else number_text(total) for total in (change.before, change.after)]
        head = [spreadsheet_text(change.student), change.assignment, *totals]
        for check in change.checks:
            writer.writerow([*head, check.id, check.before or "", check.after or "", number_text(check.points)])
        if not change.checks:
            writer.writerow([*head, "", "", "", ""])
    write_atomically(path, text.getvalue())


def _by_key(reports: Sequence[GradeReport]) -> dict[Key, GradeReport]:
    return {(report.student, report.assignment): report for report in reports}


def _change(before: GradeReport, after: GradeReport) -> GradeChange | None:
    change = GradeChange(
        student=after.student,
        assignment=after.assignment,
        before=before.total if before.status == "graded" else None,
        after=after.total if after.status == "graded" else None,
        checks=tuple(_check_changes(before.checks, after.checks)),
    )
    return change if change.moves or change.checks else None


def _check_changes(before: Sequence[CheckOutcome], after: Sequence[CheckOutcome]) -> Iterator[CheckChange]:
    old, new = ({check.id: check for check in checks} for checks in (before, after))
    for name in dict.fromkeys([*old, *new]):
        one, other = old.get(name), new.get(name)
        points = (other.points if other else 0.0) - (one.points if one else 0.0)
        statuses = (one.status if one else None, other.status if other else None)
        if statuses[0] != statuses[1] or abs(points) > _MOVED:
            yield CheckChange(id=name, before=statuses[0], after=statuses[1], points=points)


def _versions(before: Sequence[GradeReport], after: Sequence[GradeReport]) -> Iterator[tuple[str, str, str]]:
    old, new = _values(before), _values(after)
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield name, _listed(old.get(name)), _listed(new.get(name))


def _values(reports: Sequence[GradeReport]) -> Mapping[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for report in reports:
        for name, version in {**report.versions, "isolation": report.isolation}.items():
            found.setdefault(f"{report.assignment} {name}", Counter())[version] += 1
    return found


def _listed(values: Counter[str] | None) -> str:
    return ", ".join(sorted(values)) if values else "not recorded"


def _rest(count: int) -> Iterator[str]:
    if count > 0:
        yield f"  and {count} more; --csv FILE lists all, --all shows them"


def _grade(total: float | None) -> str:
    return "no grade" if total is None else number_text(total)


def _signed(points: float) -> str:
    return f"{'+' if points > 0 else ''}{number_text(points)}"
