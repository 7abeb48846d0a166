"""Console: what the command line shows while a class is graded, and when it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console, RenderableType
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
from autograder.class_run import ClassRun
from autograder.class_watch import ClassWatch
from autograder.first_names import first_names
from autograder.outlets.attention import reason_for_no_grade, worth_a_look
from autograder.report import CHECK_MARKS, GradeReport
from autograder.sandbox.levels import LEVELS
from autograder.suites.calibrated import Calibration

MAX_LINE_CHARACTERS = 90
MAX_ROWS = 100  # of the table of a class
MAX_NAMES = 12  # of a line
SPEED_SECONDS = 600.0  # over which the time left is estimated: a hand-in that trains takes minutes
Result = TypeVar("Result")


def with_progress(
    reports: Iterator[GradeReport], total: int, console: Console, watch: ClassWatch
) -> Iterator[GradeReport]:
    """Passes reports on, with a bar, the time left, the last student, and whose submissions are being graded."""
    with _ClassProgress(watch, console) as progress:
        task = progress.add_task("grading", total=total)
        for count, report in enumerate(reports, start=1):
            if watch.finished:
                progress.update(task, advance=1)
            else:  # kept from an earlier run; that says nothing on how long the others will take
                progress.reset(task, total=total, completed=count)
            attention = " needs attention" if report.status != "graded" else f" {report.total:g} points"
            progress.last = f"{report.student}{attention}"
            yield report


class _ClassProgress(Progress):
    """A bar, and below it what is going on."""

    def __init__(self, watch: ClassWatch, console: Console) -> None:
        self.last = ""
        self._watch = watch
        super().__init__(*_columns(), console=console, speed_estimate_period=SPEED_SECONDS)

    def get_renderables(self) -> Iterable[RenderableType]:
        """The bar and the line below it."""
        yield from super().get_renderables()
        line = Text(activity(self._watch, self.last), style="dim", no_wrap=True, overflow="ellipsis")
        yield line


def activity(watch: ClassWatch, last: str = "") -> str:
    """One line on what is going on: what is in the way, who is being graded, who was last."""
    running = watch.running
    if len({name.partition("/")[2] for name in running}) == 1:
        running = tuple(name.partition("/")[0] for name in running)
    names = first_names(running, MAX_NAMES)
    if watch.is_stopping:
        return f"Ctrl-C: finishing {names or 'nothing'}; once more ends at once"
    if watch.trouble:
        return watch.trouble
    parts = [f"now {names}"] if names else []
    parts += [f"last {last}"] if last else []
    return "; ".join(parts) or "starting the warm process"


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


def class_lines(run: ClassRun) -> Iterator[RenderableType]:
    """What is said when a class is graded: a line for each student, who needs a person and why, where to read on."""
    if len(run.reports) <= MAX_ROWS:
        yield class_table(run.reports)
    else:
        yield f"{len(run.reports)} submissions are too many for a table here: see the class report."
    yield from attention_lines(run.reports)
    yield Text(summary(run.reports), style="bold")
    yield from (Text(line, style="yellow") for line in isolation_notes(run.reports))
    if run.kept:
        yield f"{run.kept} of {len(run.reports)} have not changed since they were graded; --force grades them too"
    yield from (f"Class report: {page}" for page in run.pages)


def attention_lines(reports: Sequence[GradeReport]) -> Iterator[RenderableType]:
    """Who has no grade and why, then who has one but is worth a look, each reason once."""
    without: dict[str, list[GradeReport]] = {}
    for report in reports:
        if reason := reason_for_no_grade(report):
            without.setdefault(reason, []).append(report)
    for title, found in (("Needs a person", without), ("Graded, but worth a look", worth_a_look(reports))):
        if found:
            yield Text(f"{title}:", style="yellow")
        for reason, those in found.items():
            yield Text(f"  {first_names([report.student for report in those], MAX_NAMES)}: {' '.join(reason.split())}")


def class_table(reports: Sequence[GradeReport]) -> Table:
    """One line per submission: points, what they are made of, checks, and misconceptions."""
    table = Table(title="Class", title_justify="left", header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("student", no_wrap=True)
    if len({report.assignment for report in reports}) > 1:
        table.add_column("assignment", no_wrap=True)
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("made of", no_wrap=True)
    table.add_column(" ".join(CHECK_MARKS.values()), no_wrap=True)
    table.add_column("misconceptions")
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
        return Text("?", style="yellow"), "", check_counts(report), Text("needs a person, see below", style="yellow")
    mistakes = dict.fromkeys(
        f"{check.exercise}: {check.misconception.replace('_', ' ')}" for check in report.checks if check.misconception
    )
    parts = [f"{report.score:g}/{report.max_score:g}"]
    parts += [f"+{report.bonus:g}"] if report.bonus else []
    parts += [f"-{report.late_penalty:g} late"] if report.late_penalty else []
    return f"{report.total:g}", " ".join(parts), check_counts(report), _line("; ".join(mistakes))


def _line(text: str) -> Text:
    line = Text(" ".join(text.split()))
    line.truncate(MAX_LINE_CHARACTERS, overflow="ellipsis")
    return line
