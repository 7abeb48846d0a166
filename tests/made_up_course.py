"""A small made-up course and reports of it, for tests of course.toml, release and gradebook."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from autograder.course import Course, load_course
from autograder.gradebook_database import open_gradebook
from autograder.report import CheckOutcome, GradeReport

REPOSITORY = Path(__file__).parents[1]
POINTS = {"double": 1.5, "halve": 2.0, "Counter": 0.5}
MAX_POINTS = {"double": (1.0, 0.5), "halve": (2.0,), "Counter": (0.1, 0.2, 0.2)}  # of each check

TOML = """
[course]
id = "tiny"
title = "A tiny course"
timezone = "Europe/Prague"
database = "sqlite:///gradebook.db?timeout=0.1"

[assignments.numbers]
title = "Numbers"
soft_deadline = 2027-01-17T23:59:00
hard_deadline = 2027-01-31T23:59:00
exercises = ["double", "halve", "Counter"]
bonus = ["halve"]
"""

SOURCE = '''
# %% [markdown]
# # Čísla a numbers

# %% tags=["parameters"]
repetitions = 3

# %% locked="given"
def check(name):
    """Stands for the inline check."""

# %% exercise="double"
def double(number: float) -> float:
    """Returns twice the number."""
    # BEGIN SOLUTION
    secret_of_double = 2
    return secret_of_double * number
    # END SOLUTION

# %% check="double"
check("double")

# %% exercise="halve"
def halve(number: float) -> float:
    """Returns half of the number."""
    # BEGIN SOLUTION
    return number / 2
    # END SOLUTION

# %% check="halve"
check("halve")

# %% exercise="Counter"
class Counter:
    """Counts."""

    def __init__(self) -> None:
        """Starts at zero."""
        # BEGIN SOLUTION
        self.count = 0
        # END SOLUTION

    def count_one(self) -> int:
        """Returns the number of calls."""
        # BEGIN SOLUTION
        self.count += 1
        return self.count
        # END SOLUTION

# %% check="Counter"
check("Counter")

# %% tags=["training"]
print(double(repetitions))
'''


def make_course(folder: Path, toml: str = TOML, source: str = SOURCE) -> Course:
    """Writes course.toml and the source of its one assignment, ``numbers``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "course.toml").write_text(toml, encoding="utf-8")
    (folder / "solutions").mkdir(exist_ok=True)
    (folder / "solutions" / "numbers.py").write_text(source, encoding="utf-8")
    return load_course(folder)


def copy_course(course: Course, folder: Path) -> Course:
    """Copies a course with everything in its folder."""
    shutil.copytree(course.root, folder, dirs_exist_ok=True)
    return load_course(folder)


def rows(course: Course) -> list[str]:
    """Everything that the gradebook holds."""
    database = sqlite3.connect(course.root / "gradebook.db")
    lines = sorted(database.iterdump())
    database.close()
    return lines


def graded(course: Course) -> dict[str, tuple[object, ...] | None]:
    """What the gradebook holds of each student; None: a student without a submission."""
    with open_gradebook(course) as gradebook:
        found: dict[str, tuple[object, ...] | None] = {student.id: None for student in gradebook.students}
        for row in gradebook.assignment_submissions("numbers"):
            grades = [each for notebook in row.notebooks for each in notebook.grades]
            cells = sorted((each.name, each.score, each.auto_score, each.extra_credit) for each in grades)
            whole = (row.score, row.late_submission_penalty, row.needs_manual_grade, str(row.timestamp))
            found[row.student.id] = (*whole, *cells)
        return found


def run_nbgrader(course: Course, *arguments: str) -> None:
    """Runs an ``nbgrader`` command in the course's folder, set up as in this repository."""
    shutil.copy(REPOSITORY / "nbgrader_config.py", course.root)
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(
        command, check=False, cwd=course.root, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr


def made_report(
    student: str = "student-07", failed: tuple[str, ...] = (), late: float = 0.0, **fields: Any
) -> GradeReport:
    """A report in which all checks but those in ``failed``, ``exercise.number``, passed."""
    checks = tuple(
        CheckOutcome(
            id=f"numbers.{exercise}.shows_{number}",
            exercise=exercise,
            points=0.0 if f"{exercise}.{number}" in failed else points,
            max_points=points,
            status="failed" if f"{exercise}.{number}" in failed else "passed",
        )
        for exercise, each in MAX_POINTS.items()
        for number, points in enumerate(each)
    )
    score = sum(check.points for check in checks if check.exercise != "halve")
    bonus = sum(check.points for check in checks if check.exercise == "halve")
    values: dict[str, Any] = {
        "status": "graded",
        "isolation": "none",
        "score": score,
        "max_score": 2.0,
        "bonus": bonus,
        "late_penalty": late * (score + bonus),
        "checks": checks,
    }
    return GradeReport(student=student, assignment="numbers", **(values | fields))


def ungradable(student: str = "student-13") -> GradeReport:
    """A report of a hand-in that could not be graded."""
    reason = {"kind": "attention", "text": "numbers.ipynb: expected a notebook in JSON, received an empty file"}
    fields: dict[str, Any] = {"status": "needs_attention", "checks": (), "score": 0.0, "bonus": 0.0}
    return made_report(student, **fields, evidence=(reason,))


def handed_in(at: object) -> dict[str, Any]:
    """The evidence of when something was handed in."""
    return {"kind": "submitted", "text": "Handed in.", "at": at}
