"""Release: the instructor's source, through nbgrader's own GenerateAssignment, into the students' notebook."""

from __future__ import annotations

import difflib
import io
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from autograder.assignment_source import BEGIN, END, read_source
from autograder.course import Assignment, Course
from autograder.errors import InputError
from autograder.report import write_atomically
from autograder.suites.check_plugin import points_per_exercise

STUB = 'raise NotImplementedError("Write your solution here, then delete this line.")'


@dataclass(frozen=True)
class _Generated:
    """What nbgrader makes of a source: notebook with solutions, notebook for students, rows of the gradebook."""

    source: str
    notebook: str
    rows: frozenset[tuple[Any, ...]]


def release(course: Course, assignment: Assignment) -> Path:
    """Writes the student notebook and makes the assignment's rows in the gradebook; a second time changes nothing.

    The notebook with solutions is left in ``course.nbgrader_source_dir``: formgrader lists the assignments that it
    finds there, and nbgrader's own generate_assignment makes the same student notebook of it.

    Returns:
        The path of the student notebook.

    Raises:
        InputError: Source, course.toml and suite do not fit together, nbgrader refuses the notebook, or
            the gradebook or the folder cannot be written.
    """
    made = _generate(course, assignment)
    _save_rows(course, assignment, made)
    try:
        _write_if_changed(course.nbgrader_source_dir / assignment.id / f"{assignment.id}.ipynb", made.source)
        _write_if_changed(course.released(assignment), made.notebook)
    except OSError as error:
        raise InputError(f"{course.released(assignment)}: cannot be written ({error})") from error
    return course.released(assignment)


def stale(course: Course, assignment: Assignment) -> bool:
    """Whether ``notebooks/`` holds anything else than the source gives now."""
    return bool(difference(course, assignment))


def difference(course: Course, assignment: Assignment) -> str:
    """What a release would change in the student notebook, as a unified diff; empty if it is up to date.

    Raises:
        InputError: As ``release``.
    """
    file = course.released(assignment)
    try:
        old = file.read_text(encoding="utf-8") if file.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: cannot be read ({error}); delete it and release again") from error
    new = _generate(course, assignment).notebook
    name = str(file.relative_to(course.root))
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), f"{name} as it is", f"{name} as released now"
    )
    return "".join(lines)


def _generate(course: Course, assignment: Assignment) -> _Generated:
    """Runs GenerateAssignment in a temporary course with a database of its own."""
    import nbformat

    notebook = read_source(course.source(assignment), assignment, points_per_exercise(assignment.id))
    source = nbformat.writes(notebook) + "\n"
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        database = f"sqlite:///{folder}/gradebook.db"
        text = _run_nbgrader(Path(folder), course, assignment, source, database)
        with open_gradebook(database, course.id) as gradebook:
            rows = _rows(gradebook, assignment)
    _require_sound(course, assignment, text)
    return _Generated(source, text, rows)


def _run_nbgrader(folder: Path, course: Course, assignment: Assignment, source: str, database: str) -> str:
    from nbgrader.converters import GenerateAssignment
    from nbgrader.converters.base import NbGraderException
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    write_atomically(folder / "source" / assignment.id / f"{assignment.id}.ipynb", source)
    said = io.StringIO()
    log = logging.Logger("release", logging.WARNING)  # of its own: nothing reaches the root logger or the terminal
    log.addHandler(logging.StreamHandler(said))
    config = Config({"ClearSolutions": {"code_stub": {"python": STUB}}})
    place = CourseDirectory(
        root=str(folder), course_id=course.id, db_url=database, assignment_id=assignment.id, log=log
    )
    try:
        GenerateAssignment(coursedir=place, config=config, log=log, force=True).start()
    except (NbGraderException, OSError) as error:
        reason = said.getvalue().strip() or str(error)
        raise InputError(
            f"{course.source(assignment)}: nbgrader's generate_assignment refused the notebook; it said:\n{reason}"
        ) from error
    return (folder / "release" / assignment.id / f"{assignment.id}.ipynb").read_text(encoding="utf-8")
