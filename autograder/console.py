"""Console: what the command line shows while a class is graded, and when it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from autograder.report import GradeReport

STATUS_STYLES = {"graded": "green", "needs_attention": "yellow"}
MAX_REASON_CHARACTERS = 90


def with_progress(reports: Iterator[GradeReport], total: int, console: Console) -> Iterator[GradeReport]:
    """Passes reports on, with a bar, the last student, counts and the time left."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[last]}", style="dim"),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("grading", total=total, last="starting the warm process")
        for report in reports:
            attention = " needs attention" if report.status != "graded" else f" {report.total:g} points"
            progress.update(task, advance=1, last=f"{report.student}{attention}")
            yield report


def class_table(reports: Sequence[GradeReport]) -> Table:
    """One line per submission: score, bonus, lateness, checks, and what a person should look at."""
    table = Table(title="Class", title_justify="left", header_style="bold")
    for name in ("student", "assignment", "status"):
        table.add_column(name, no_wrap=True)
    for name in ("score", "bonus", "late", "total"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("checks", no_wrap=True)
    table.add_column("misconceptions, or why a person has to look", overflow="fold")
    for report in sorted(reports, key=lambda each: (each.assignment, each.student)):
        table.add_row(*_row(report))
    return table


def summary(reports: Sequence[GradeReport]) -> str:
    """One line on the class."""
    statuses = Counter(report.status for report in reports)
    totals = sorted(report.total for report in reports if report.status == "graded")
    median = f", median {totals[len(totals) // 2]:g} points" if totals else ""
    attention = statuses["needs_attention"]
    return f"{statuses['graded']} graded{median}; {attention} need{'s' * (attention == 1)} a person"


def check_counts(report: GradeReport) -> str:
    """Counts of verdicts, for example ``38 passed, 4 failed``."""
    counts = Counter(check.status for check in report.checks)
    return ", ".join(f"{count} {status}" for status, count in counts.most_common())


def _row(report: GradeReport) -> Iterable[str | Text]:
    status = Text(report.status.replace("_", " "), style=STATUS_STYLES[report.status])
    if report.status != "graded":
        return report.student, report.assignment, status, "", "", "", "", check_counts(report), _short(report.attention)
    mistakes = dict.fromkeys(
        f"{check.exercise}: {check.misconception.replace('_', ' ')}" for check in report.checks if check.misconception
    )
    late = f"-{report.late_penalty:g}" if report.late_penalty else ""
    points = (f"{report.score:g}/{report.max_score:g}", f"{report.bonus:g}" if report.bonus else "", late)
    return report.student, report.assignment, status, *points, f"{report.total:g}", check_counts(report), _short(
        "; ".join(mistakes)
    )


def _short(text: str) -> Text:
    line = " ".join(text.split())
    return Text(line if len(line) <= MAX_REASON_CHARACTERS else line[: MAX_REASON_CHARACTERS - 1] + "…")
