"""The PPO assignment (or others), released into a folder of its own, and hand-ins made from its solutions."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.course import Course, load_course
from autograder.language import SOURCE_LANGUAGE
from autograder.release import release
from autograder.suites.check_plugin import points_per_exercise

REPOSITORY = Path(__file__).parents[1]
WITHOUT_AGENT = 5.5  # points of the reference, bonus included, for a hand-in without policy.safetensors


def released_course(folder: Path, limits: str = "", assignments: Sequence[str] = ("ppo",)) -> Course:
    """Copies course.toml (with ``limits`` added) and solutions/ to a folder, and releases assignments there."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "course.toml").write_text((REPOSITORY / "course.toml").read_text() + limits)
    shutil.copytree(REPOSITORY / "solutions", folder / "solutions")
    course = load_course(folder)
    for assignment in assignments:
        release(course, course.assignment(assignment), points_per_exercise(assignment))
    return course


def hand_in(
    course: Course,
    student: str,
    changed: Mapping[str, str] | None = None,
    at: str | None = None,
    language: str = SOURCE_LANGUAGE,
    assignment: str = "ppo",
    *,
    agent: bytes | None = None,
) -> Path:
    """Writes a hand-in: the reference's solutions, with other sources for some of its cells.

    Args:
        course: A released course.
        student: Student id.
        changed: New source by grade_id.
        at: Text of ``timestamp.txt``.
        language: Of the released notebook that they are written into.
        assignment: What is handed in.
        agent: Content of ``policy.safetensors``.

    Returns:
        The folder of the hand-in.
    """
    folder = course.root / "submitted" / student / assignment
    folder.mkdir(parents=True, exist_ok=True)
    reference: dict[str, Any] = json.loads(
        (course.nbgrader_source_dir / assignment / f"{assignment}.ipynb").read_text()
    )
    sources = {_grade_id(cell): cell["source"] for cell in reference["cells"] if _marks(cell).get("solution")}
    released = course.released(course.assignment(assignment), language)
    notebook: dict[str, Any] = json.loads(released.read_text())
    for cell in notebook["cells"]:
        cell["source"] = (sources | dict(changed or {})).get(_grade_id(cell), cell["source"])
    (folder / released.name).write_text(json.dumps(notebook))
    if agent is not None:
        (folder / "policy.safetensors").write_bytes(agent)
    if at is not None:
        (folder / "timestamp.txt").write_text(at)
    return folder


def _marks(cell: dict[str, Any]) -> dict[str, Any]:
    marks: dict[str, Any] = cell["metadata"].get("nbgrader", {})
    return marks


def _grade_id(cell: dict[str, Any]) -> str:
    return str(_marks(cell).get("grade_id", ""))
