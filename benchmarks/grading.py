"""CPU seconds per submission: `autograder grade` against `nbgrader autograde` + `generate_feedback`, in one run.

    python -m benchmarks.grading [--submissions 20] [--repeat 1] [--checks deterministic | all] [--json FILE]

Both grade the same notebooks by the same checks and write feedback pages and a gradebook. nbgrader gets the checks as
visible test cells that run in the notebook's kernel, and notebooks without training cells, which it cannot skip.
``--checks deterministic`` leaves out on both sides the checks that train: their time is that of the student's code.
Every start is counted: Python, libraries, nbgrader's kernels, our warm process. CPU time is that of a control group
(cpu_account.py), so it needs root. Fingerprints of known mistakes are made when a course is first graded and kept: the
first run of the autograder is reported beside the later ones.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import statistics
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograder.course import Course, load_course
from autograder.demo import write_class
from autograder.release import release
from autograder.suites.check_plugin import points_per_exercise
from benchmarks.cpu_account import Cost, measured

ROOT = Path(__file__).resolve().parent.parent
ASSIGNMENT = "ppo"
DATABASE = "sqlite:///gradebook.db"  # of course.toml
GRADABLE = ("right", "partial", "mistake", "late")  # nbgrader gives up on some of the odd ones


def main() -> None:
    """Measures, prints a table, and says by how much one is cheaper."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=1, help="runs of each side, in turn; medians are printed")
    parser.add_argument("--workers", type=int, default=1, help="workers of `autograder grade`")
    parser.add_argument("--checks", choices=("deterministic", "all"), default="deterministic")
    parser.add_argument("--json", type=Path, help="where to write the numbers")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        course = make_course(Path(scratch))
        students = make_class(course, options.submissions)
        first = run_autograder(course, options.workers, options.checks)
        costs: dict[str, list[Cost]] = {"autograder, first run": [first], "autograder": [], "nbgrader": []}
        for _ in range(options.repeat):
            costs["autograder"].append(run_autograder(course, options.workers, options.checks))
            costs["nbgrader"].append(run_nbgrader(course, Path(scratch) / "nbgrader", students, options.checks))
    print_table(costs, len(students))
    if options.json:
        options.json.write_text(json.dumps({name: [asdict(cost) for cost in found] for name, found in costs.items()}))


def make_course(folder: Path, database: str = DATABASE) -> Course:
    """A released course in a folder of its own, with its gradebook in a database."""
    settings = (ROOT / "course.toml").read_text(encoding="utf-8")
    (folder / "course.toml").write_text(settings.replace(DATABASE, database), encoding="utf-8")
    shutil.copytree(ROOT / "solutions", folder / "solutions")
    course = load_course(folder)
    release(course, course.assignment(ASSIGNMENT), points_per_exercise(ASSIGNMENT))
    return course


def make_class(course: Course, count: int) -> list[str]:
    """Ids of ``count`` students, spread over those that both can grade; no others are left in ``submitted``.

    A class larger than there are such hand-ins has some of them more than once.
    """
    submitted = course.root / "submitted"
    made = write_class(course, course.root / "made")
    gradable = [student.id for student in made if student.kind in GRADABLE]
    students = []
    for number in range(count):
        round_, place = divmod(number * max(len(gradable), count) // count, len(gradable))
        students.append(f"{gradable[place]}-{round_}" if round_ else gradable[place])
        # Without trained agents: nbgrader has nothing to play them in.
        without = shutil.ignore_patterns("policy.safetensors")
        shutil.copytree(course.root / "made" / gradable[place], submitted / students[-1], ignore=without)
    return students


def run_autograder(course: Course, workers: int, checks: str) -> Cost:
    """Grades the class with this project."""
    results = course.root / "results"
    shutil.rmtree(results, ignore_errors=True)
    module = "autograder.cli" if checks == "all" else "benchmarks.deterministic_checks"
    command = [sys.executable, "-m", module, "grade", "submitted", "--out", str(results)]
    cost = measured([[*command, "--workers", str(workers)]], course.root, {"PYTHONPATH": str(ROOT)})
    print("autograder:", autograder_points(course))
    return cost


def autograder_points(course: Course) -> dict[str, float]:
    """Score and bonus of every student, lateness left aside."""
    reports = [json.loads(path.read_text()) for path in sorted((course.root / "results").glob("*/*/report.json"))]
    return {report["student"]: report["score"] + report["bonus"] for report in reports}


def run_nbgrader(course: Course, folder: Path, students: list[str], checks: str) -> Cost:
    """Grades the class with nbgrader in a course folder of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    source = folder / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    write_notebook(source, with_visible_checks(course.nbgrader_source_dir / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"))
    nbgrader = [sys.executable, "-m", "nbgrader"]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # nbgrader calls alembic by name
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'benchmarks'}", "PATH": path, "CHECKS": checks}
    measured([[*nbgrader, "generate_assignment", ASSIGNMENT, "--create"]], folder, environment)
    for student in students:
        handed_in = course.root / "submitted" / student / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        target = folder / "submitted" / student / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        write_notebook(target, with_visible_checks(handed_in))
    commands = [[*nbgrader, "autograde", ASSIGNMENT], [*nbgrader, "generate_feedback", ASSIGNMENT]]
    cost = measured(commands, folder, environment)
    measured([[*nbgrader, "export", "--to=grades.csv"]], folder, environment)
    with (folder / "grades.csv").open() as stream:
        points = {row["student_id"]: float(row["score"]) for row in csv.DictReader(stream)}
    print("nbgrader:  ", points)
    if points != autograder_points(course):  # same notebooks, same checks: else one of them has not done the work
        print("  (points differ where a check is blocked here and judged there)")
    return cost


def with_visible_checks(path: Path) -> dict[str, Any]:
    """A notebook whose check cells hold the checks, without training cells."""
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if "training" not in cell["metadata"].get("tags", [])]
    cells = [cell for cell in cells if _grade_id(cell) != "check_policy"]
    for cell in cells:
        name = _grade_id(cell)
        if name.startswith("check_"):
            exercise = name.removeprefix("check_")
            cell["metadata"]["nbgrader"]["points"] = 10  # nbgrader refuses more points than a cell's, bonus or not
            cell["source"] = f"import visible_checks\nvisible_checks.run({ASSIGNMENT!r}, {exercise!r}, globals())"
    return notebook | {"cells": cells}


def _grade_id(cell: dict[str, Any]) -> str:
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


def write_notebook(path: Path, notebook: dict[str, Any]) -> None:
    """Writes a notebook, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def print_table(costs: dict[str, list[Cost]], submissions: int) -> None:
    """Prints medians per submission, and the ratio."""
    print(f"{submissions} submissions, medians of {len(costs['nbgrader'])} runs, per submission:")
    medians = {}
    for name, found in costs.items():
        medians[name] = statistics.median(cost.cpu_seconds for cost in found) / submissions
        wall = statistics.median(cost.wall_seconds for cost in found) / submissions
        print(f"  {name:<24}{medians[name]:8.3f} CPU s{wall:8.3f} wall s")
    print(f"  nbgrader costs {medians['nbgrader'] / medians['autograder']:.1f} times the CPU seconds")


if __name__ == "__main__":
    main()
