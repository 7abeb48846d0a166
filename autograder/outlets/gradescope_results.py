"""GradescopeResults: a report as the ``results.json`` that Gradescope reads.

Source: Gradescope's "Autograder Specifications" (gradescope-autograders.readthedocs.io/en/latest/specs).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment
from autograder.course import Course
from autograder.language import catalogue
from autograder.message import Translate, in_language, message
from autograder.outlets.breakdown import evidence_texts
from autograder.outlets.pages import points_text
from autograder.outlets.scored_agent import scored_agent
from autograder.outlets.untrusted import shortened, visible
from autograder.outlets.visibility import Visibility
from autograder.report import CheckOutcome, GradeReport, write_atomically
from autograder.sandbox.levels import STRONG

RESULTS_FILE = "results.json"


def gradescope_results(
    report: GradeReport, bonus: Collection[str] = (), visibility: Visibility = Visibility.visible
) -> dict[str, Any]:
    """The content of ``results.json``.

    One test for each check, in the language of the hand-in; bonus and lateness are in the total, which is given on
    its own. A submission that needs attention says so first and has the score 0, since Gradescope takes no result
    without a score.

    Args:
        report: The report.
        bonus: Exercises whose points are extra credit.
        visibility: When students see the tests and the score.
    """
    say = partial(in_language, translate=catalogue(report.language).gettext)
    graded = report.status == "graded"
    return {
        "score": round(report.total, 6) if graded else 0.0,
        "execution_time": round(report.seconds, 3),
        "output": "\n\n".join(_head(report, say)),
        "output_format": "text",
        "visibility": str(visibility),
        "stdout_visibility": str(Visibility.hidden),
        "tests": [_test(check, number, bonus, visibility, say) for number, check in enumerate(report.checks, 1)],
        "leaderboard": _leaderboard(report) if graded else [],
        "extra_data": {
            "status": report.status,
            "isolation": report.isolation,
            "score": report.score,
            "bonus": report.bonus,
            "late_penalty": report.late_penalty,
            "max_score": report.max_score,
            "versions": report.versions,
        },
    }


def write_gradescope_results(path: Path, results: dict[str, Any]) -> None:
    """Writes ``results.json`` atomically."""
    write_atomically(path, json.dumps(results, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def export_gradescope(
    reports: Sequence[GradeReport], assignment: Assignment, folder: Path, visibility: Visibility
) -> None:
    """Writes ``FOLDER/<student>/results.json`` for each report."""
    for report in reports:
        results = gradescope_results(report, assignment.bonus, visibility)
        write_gradescope_results(folder / report.student / RESULTS_FILE, results)


def unfinished(course: Course, reason: str) -> dict[str, Any]:
    """What stands there until a grade does: so that a run that is cut off leaves an explanation and no blank."""
    say = catalogue(course.language).gettext
    head = in_language(message("Not graded yet: {reason}. Your instructor has to look.", reason=reason), say)
    return {
        "score": 0.0,
        "output": head,
        "output_format": "text",
        "extra_data": {"status": "needs_attention"},
        "tests": [],
    }


def _head(report: GradeReport, say: Translate) -> list[str]:
    lines: list[str] = []
    if report.status != "graded":
        lines.append(
            message(
                "A person has to look at this; the score of 0 only stands in for a grade. Reason: {reason}",
                reason=say(report.attention),
            )
        )
    elif report.late_penalty or report.bonus:
        parts = {
            name: points_text(getattr(report, name), report.language) for name in ("score", "bonus", "late_penalty")
        }
        lines.append(
            message("Required exercises {score}, bonus {bonus}, taken off for lateness {late_penalty}.", **parts)
        )
    lines += [*evidence_texts(report, "extension"), *evidence_texts(report, "late")]
    if report.checks and report.isolation not in STRONG:  # without checks nothing of the student's has run
        lines.append(
            message(
                "Graded with isolation “{level}”, which is weaker than that of the instructor's own machine; "
                "the grade may be checked again there.",
                level=report.isolation,
            )
        )
    lines += evidence_texts(report, "note")
    return [visible(shortened(say(line))) for line in lines]


def _test(
    check: CheckOutcome, number: int, bonus: Collection[str], visibility: Visibility, say: Translate
) -> dict[str, Any]:
    return {
        "name": f"{check.exercise}: {say(check.shows)}",
        "number": str(number),
        "score": round(check.points, 6),
        "max_score": round(check.max_points, 6),
        "status": "passed" if check.status == "passed" else "failed",  # Gradescope knows no third
        "output": visible(shortened(say(check.message))),
        "output_format": "text",
        "tags": [check.exercise, check.status, *(["bonus"] if check.exercise in bonus else [])],
        "visibility": str(visibility),
        "extra_data": {
            "id": check.id,
            "status": check.status,
            "misconception": check.misconception,
            "seconds": check.seconds,
        },
    }


def _leaderboard(report: GradeReport) -> list[dict[str, Any]]:
    """The mean return of the agent that counts, where one was scored."""
    agent = scored_agent(report)
    return [{"name": "return", "value": round(agent.mean, 2), "order": "desc"}] if agent else []
