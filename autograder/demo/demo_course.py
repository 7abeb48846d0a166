"""A copy of the course in a folder of its own, released, with a class that has handed in."""

from __future__ import annotations

import shutil
from pathlib import Path

from autograder.course import COURSE_FILE, load_course
from autograder.demo.made_up_class import ASSIGNMENT, DemoStudent, write_class
from autograder.errors import InputError
from autograder.release import release
from autograder.suites.check_plugin import points_per_exercise

# Endless loops are a part of the class: nobody should wait long for them.
LIMITS = f"""
[assignments.{ASSIGNMENT}.limits]
cell_seconds = 6
check_seconds = 3
"""


def make_course(template: Path, folder: Path) -> list[DemoStudent]:
    """Copies course.toml and solutions/, releases, and writes ``folder/submitted``.

    Args:
        template: course.toml of the real course, or its folder.
        folder: A new folder, or one that this function made before, which is then written anew.

    Returns:
        The students that have handed in.

    Raises:
        InputError: The template cannot be used, or the folder holds something else.
    """
    original = load_course(template)
    if folder.exists() and any(folder.iterdir()) and not (folder / COURSE_FILE).exists():
        raise InputError(f"{folder}: expected a new folder for the demo, found other files in it; name another one")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder / "results", ignore_errors=True)
        for database in folder.glob("gradebook.db*"):
            database.unlink()
        text = original.file.read_text(encoding="utf-8")
        (folder / COURSE_FILE).write_text(text + LIMITS, encoding="utf-8")
        shutil.copytree(original.source_dir, folder / "solutions", dirs_exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: expected a folder that can be written, received {error}") from error
    course = load_course(folder)
    assignment = course.assignment(ASSIGNMENT)
    release(course, assignment, points_per_exercise(ASSIGNMENT))
    return write_class(course, folder / "submitted")
