"""Explanation: why one grade is what it is, as text for the instructor."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import starmap

from autograder.assignment import Assignment
from autograder.earlier import taken_over
from autograder.outlets.breakdown import Exercise, by_exercise, evidence_texts
from autograder.outlets.exports import number_text
from autograder.outlets.untrusted import shortened, visible
from autograder.provenance import recorded
from autograder.report import CHECK_MARKS, GradeReport
from autograder.sandbox.limits import MEBIBYTE

_MESSAGE_CHARACTERS = 600


@dataclass(frozen=True, kw_only=True)
class Now:
    """What stands here today, to be compared with what stood there when the grade was made.

    Attributes:
        suite: Digest of the assignment's suite, as reports name it.
        secret: Name of the course's secret.
    """

    suite: str
    secret: str


def explain(report: GradeReport, assignment: Assignment, now: Now) -> list[str]:
    """Everything that led to a grade: what ran and how, each check, and how points add up.

    Args:
        report: The report.
        assignment: Its assignment.
        now: The suite and the secret of today.
    """
    exercises = by_exercise(report, assignment.exercises, assignment.bonus)
    lines = [f"{visible(report.student)}, {report.assignment}: {_verdict(report)}", ""]
    lines += _section("What ran", _what_ran(report, now))
    lines += _section("Why a person has to look", [report.attention] if report.attention else [])
    lines += _section("Checks", _checks(exercises))
    lines += _section("Points", _points(report, exercises))
    lines += _section("Notes", [*evidence_texts(report, "extension"), *evidence_texts(report, "note")])
    return lines


def _section(title: str, lines: Iterator[str] | Sequence[str]) -> list[str]:
    body = [f"  {line}" for text in lines for line in visible(text).splitlines()]
    return [title, *body, ""] if body else []


def _verdict(report: GradeReport) -> str:
    if report.status != "graded":
        return "no grade, needs a person"
    return f"{number_text(report.total)} of {number_text(report.max_score)} points"


def _what_ran(report: GradeReport, now: Now) -> Iterator[str]:
    found = recorded(report)
    versions = dict(report.versions)
    suite = versions.pop("suite", "")
    if found:
        yield f"hand-in    {found['submission']} (digest of what the grade depends on), language {report.language}"
    else:
        yield "hand-in    was not run, or graded before reports recorded what ran"
    if suite:
        changed = (
            "" if suite == now.suite else f"; it has changed since, to {now.suite}: grade again, then `autograder diff`"
        )
        yield f"suite      {suite}{changed}"
    runs: dict[tuple[str, str], list[str]] = {}
    for exercise, run in taken_over(report).items():
        runs.setdefault((run["at"], run["suite"]), []).append(exercise)
    for (at, older), names in runs.items():
        yield f"taken over {', '.join(names)}: verdicts of {at} by suite {older}; for them nothing has changed since"
    if found:
        other = "" if found["secret"] == now.secret else f"; the course has another one now, {now.secret}"
        yield f"seeds      SHA-256 of the course's secret ({found['secret']}{other}) and each check's id"
        limits = found["limits"]
        yield "limits     " + ", ".join(starmap(_limit, limits.items()))
    yield f"isolation  {report.isolation}"
    yield "versions   " + (
        ", ".join(f"{name} {version}" for name, version in sorted(versions.items())) or "not recorded"
    )
    judged = math.fsum(check.seconds for check in report.checks)
    yield f"time       {report.seconds:.2f} s, of which checks {judged:.2f} s"
    yield from evidence_texts(report, "submitted") or ("Handed in at a time that is not known.",)


def _limit(name: str, value: float) -> str:
    if name.endswith("_bytes"):
        return f"{name.removesuffix('_bytes')} {value / MEBIBYTE:g} MiB"
    return f"{name.removesuffix('_seconds')} {value:g} s" if name.endswith("_seconds") else f"{name} {value:g}"


def _checks(exercises: Sequence[Exercise]) -> Iterator[str]:
    for exercise in exercises:
        bonus = ", bonus" if exercise.bonus else ""
        share = f"{number_text(exercise.points)} of {number_text(exercise.max_points)}"
        yield f"{exercise.name} ({share}{bonus})"
        for check in exercise.checks:
            points = f"{number_text(check.points)}/{number_text(check.max_points)}"
            yield f"  {CHECK_MARKS[check.status]} {check.status:<8}{points:>17} {check.seconds:>7.2f} s  {check.shows}"
            if check.misconception:
                yield f"      known mistake: {check.misconception}"
            for line in shortened(check.message, _MESSAGE_CHARACTERS).splitlines():
                yield f"      {line}"


def _points(report: GradeReport, exercises: Sequence[Exercise]) -> Iterator[str]:
    if not exercises:
        yield "no check was judged, so there is nothing to add up"
        return
    required = " + ".join(number_text(each.points) for each in exercises if not each.bonus)
    yield f"required   {required} = {number_text(report.score)} of {number_text(report.max_score)}"
    extra = " + ".join(number_text(each.points) for each in exercises if each.bonus)
    yield f"bonus      {extra} = {number_text(report.bonus)}" if extra else "bonus      none"
    late = evidence_texts(report, "late")
    yield f"lateness   -{number_text(report.late_penalty)}" + (f"  ({' '.join(late)})" if late else "")
    yield f"total      {number_text(report.total)}" + (
        "" if report.status == "graded" else ", not a grade: needs a person"
    )
