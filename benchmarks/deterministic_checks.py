"""Deterministic checks only: importing this module leaves out those that train (that have the fixture ``trained``).

Agents are not played either: nbgrader, with which this is compared, has nothing to play them in.

    python -m benchmarks.deterministic_checks grade submitted --out results ...   # otherwise as `autograder`

Dask's workers import it as their preload module.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from autograder import desk
from autograder.assignment import Assignment
from autograder.course import Course
from autograder.grading import Grader
from autograder.suites import judging
from autograder.suites.check_plugin import CheckFunction, collect


@lru_cache
def collect_deterministic(assignment_id: str) -> tuple[CheckFunction, ...]:
    """The check functions of a suite that train nothing; what others need of those that do is taken as given."""
    functions = [each for each in collect(assignment_id) if "trained" not in each.fixtures]
    there = {each.check.id.partition(".")[2] for each in functions}
    return tuple(
        replace(each, check=replace(each.check, needs=tuple(name for name in each.check.needs if name in there)))
        for each in functions
    )


def without_policy(course: Course, assignment: Assignment, *rest: Any) -> Grader:
    """A grader that plays no agents."""
    return Grader(course, replace(assignment, policy=None), *rest)


desk.Grader = without_policy  # type: ignore[attr-defined,assignment]
judging.collect = collect_deterministic  # type: ignore[attr-defined]

if __name__ == "__main__":
    from autograder.cli import main

    main()
