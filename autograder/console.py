"""Console: what the command line shows while a class is graded, and when it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeVar
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from autograder.arrivals.collection import Collection
from autograder.report import GradeReport
from autograder.sandbox.levels import LEVELS
from autograder.suites.calibrated import Calibration

CHECK_MARKS = {"passed": "✓", "failed": "✗", "timeout": "⏱", "blocked": "–", "error": "!"}
MAX_LINE_CHARACTERS = 90
Result = TypeVar("Result")


def with_progress(reports: Iterator[GradeReport], total: int, console: Console) -> Iterator[GradeReport]:
    """Passes reports on, with a bar, the last student, counts and the time left."""
    with Progress(*_columns(), TextColumn("{task.fields[last]}", style="dim"), console=console) as progress:
        task = progress.add_task("grading", total=total, last="starting the warm process")
        for report in reports:
            attention = " needs attention" if report.status != "graded" else f" {report.total:g} points"
            progress.update(task, advance=1, last=f"{report.student}{attention}")
            yield report


def with_task_progress(results: Iterator[Result], total: int, title: str, console: Console) -> Iterator[Result]:
    """Passes results on, with a bar and the time left."""
    with Progress(*_columns(), console=console) as progress:
        task = progress.add_task(title, total=total)
        for result in results:
            progress.update(task, advance=1)
            yield result


def _columns() -> tuple[ProgressColumn, ...]:
    return (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )


def calibration_table(calibration: Calibration) -> Table:
    """One line per training check: how it judges, how often it is wrong at most, and whom it does not tell apart."""
    table = Table(title=f"Training checks of {calibration.assignment}", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("check, and whom it does not tell apart")
    for name in ("threshold", "attempts", "false failures", "false passes", "told apart"):
        table.add_column(name, justify="right")
    for check in calibration.checks:
        right = [each for each in check.trainers if each.kind in ("reference", "right")]
        broken = [each for each in check.trainers if each.kind not in ("reference", "right")]
        apart = [each for each in broken if each.is_told_apart]
        name = check.id.split(".", 1)[1] + ("" if check.budget is None else f", budget {check.budget}")
        missed = [f"  {each.name}, caught by {len(each.caught_by)} others" for each in broken if each not in apart]
        table.add_row(
            "\n".join([name, *missed]),
            f"{check.threshold:.3g}",
            str(check.attempts),
            f"≤ {max(each.joint_bound for each in right):.3%}",
            f"≤ {max(each.joint_bound for each in apart):.2%}" if apart else "",
            f"{len(apart)} of {len(broken)}",
        )
    return table


def class_table(reports: Sequence[GradeReport]) -> Table:
    """One line per submission: points, what they are made of, checks, and what a person should look at."""
    table = Table(title="Class", title_justify="left", header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("student", no_wrap=True)
    if len({report.assignment for report in reports}) > 1:
        table.add_column("assignment", no_wrap=True)
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("made of", no_wrap=True)
    table.add_column(" ".join(CHECK_MARKS.values()), no_wrap=True)
    table.add_column("misconceptions, or why a person has to look")
    for report in sorted(reports, key=lambda each: (each.assignment, each.student)):
        names = (report.student, report.assignment) if len(table.columns) > 5 else (report.student,)
        table.add_row(*names, *_row(report))
    table.caption = ", ".join(f"{mark} {status}" for status, mark in CHECK_MARKS.items())
    return table


def summary(reports: Sequence[GradeReport]) -> str:
    """One line on the class."""
    statuses = Counter(report.status for report in reports)
    totals = sorted(report.total for report in reports if report.status == "graded")
    median = f", median {totals[len(totals) // 2]:g} points" if totals else ""
    attention = statuses["needs_attention"]
    return f"{statuses['graded']} graded{median}; {attention} need{'s' * (attention == 1)} a person"


def isolation_notes(reports: Sequence[GradeReport]) -> list[str]:
    """A line for each isolation level weaker than the strongest one under which students' code ran."""
    ran = Counter(report.isolation for report in reports if report.checks)
    levels = [level for level in LEVELS[1:] if ran[level.name]]
    return [
        f"Isolation of {ran[level.name]}: {level.name} ({level.shells}); `autograder doctor` says why not a better one"
        for level in levels
    ]


def collection_table(collection: Collection, zone: ZoneInfo) -> Table:
    """One line for each hand-in or thing that is none: whose, when, where from, and what became of it."""
    table = Table(title="Hand-ins", title_justify="left", header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1))
    for name in ("student", "assignment", "handed in", "from", "what became of it"):
        table.add_column(name, overflow="fold")
    for line in collection.lines:
        at = "" if line.moment.at is None else f"{line.moment.at.astimezone(zone):%Y-%m-%d %H:%M}"
        by = at if line.moment.exact or not at else f"by {at}"
        text = Text(f"{line.state}: {line.text}" if line.text else line.state)
        text.stylize("red" if line.state == "refused" else "")
        table.add_row(Text(line.student), Text(line.assignment), by, Text(line.place), text)
    return table


def collection_notes(collection: Collection, *, dry_run: bool) -> list[str]:
    """A line on the whole, and one if lateness cannot be judged."""
    counts: Counter[str] = Counter(line.state for line in collection.lines)
    states = ("collected", "replaced", "unchanged", "older", "refused")
    told = ", ".join(f"{counts[state]} {state}" for state in states if counts[state]) or "nothing found"
    notes = [f"{told} (nothing written: --dry-run)" if dry_run else told]
    if untimed := sum(not line.timed for line in collection.lines):
        notes.append(
            f"{untimed} without timestamp.txt: the source tells when they were downloaded or saved, which was after "
            "the deadline, not when they were handed in; nothing will be taken off for lateness. Give --roster with "
            "the times, or write timestamp.txt yourself"
        )
    return notes


def check_counts(report: GradeReport) -> str:
    """Counts of verdicts, for example ``✓38 ✗4``."""
    counts: Counter[str] = Counter(check.status for check in report.checks)
    return " ".join(f"{mark}{counts[status]}" for status, mark in CHECK_MARKS.items() if counts[status])


def _row(report: GradeReport) -> tuple[str | Text, ...]:
    if report.status != "graded":
        return Text("?", style="yellow"), "", check_counts(report), _line(report.attention, "yellow")
    mistakes = dict.fromkeys(
        f"{check.exercise}: {check.misconception.replace('_', ' ')}" for check in report.checks if check.misconception
    )
    parts = [f"{report.score:g}/{report.max_score:g}"]
    parts += [f"+{report.bonus:g}"] if report.bonus else []
    parts += [f"-{report.late_penalty:g} late"] if report.late_penalty else []
    return f"{report.total:g}", " ".join(parts), check_counts(report), _line("; ".join(mistakes))


def _line(text: str, style: str = "") -> Text:
    line = Text(" ".join(text.split()), style=style)
    line.truncate(MAX_LINE_CHARACTERS, overflow="ellipsis")
    return line
