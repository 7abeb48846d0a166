"""Colab: what a notebook needs to open and run there, from the repository of the student edition."""

from __future__ import annotations

from typing import Any

from autograder.assignment import Assignment
from autograder.course import Course
from autograder.errors import InputError

BADGE_ID = "open-in-colab"
PACKAGE_LINE = 'course_package = ""'

_BADGE_PICTURE = "https://colab.research.google.com/assets/colab-badge.svg"


def offer_colab(notebook: Any, course: Course, assignment: Assignment, language: str) -> None:
    """Puts a badge above a notebook and names the course's package in it, if the course has a public repository.

    Args:
        notebook: A notebook of nbformat 4; changed in place.
        course: The course.
        assignment: The assignment that it is of.
        language: The language that it is in.

    Raises:
        InputError: There is a public repository, but no line ``course_package = ""`` in the cell of the parameters.
    """
    if course.public_repository is None:
        return
    import nbformat

    settings = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if sum(cell.source.splitlines().count(PACKAGE_LINE) for cell in settings) != 1:
        raise InputError(
            f"{course.source(assignment)}: expected one line {PACKAGE_LINE} in the cell tagged parameters, where the "
            "package of public_repository is named, received none or several; correct the source"
        )
    for cell in settings:
        cell.source = cell.source.replace(PACKAGE_LINE, f'course_package = "{package(course)}"')
    badge = f"[![Open in Colab]({_BADGE_PICTURE})]({address(course, assignment, language)})"
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell(badge, id=BADGE_ID))  # type: ignore[no-untyped-call]


def package(course: Course) -> str:
    """What ``pip install`` takes to install the student edition."""
    return f"git+https://github.com/{course.public_repository}"


def address(course: Course, assignment: Assignment, language: str) -> str:
    """Where Colab opens a notebook."""
    place = course.released(assignment, language).relative_to(course.root).as_posix()
    return f"https://colab.research.google.com/github/{course.public_repository}/blob/main/{place}"
