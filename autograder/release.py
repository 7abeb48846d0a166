"""Release: the instructor's source becomes the students' notebook, through nbgrader's own GenerateAssignment."""

from __future__ import annotations

import difflib
import logging
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from autograder.assignment_source import read_source
from autograder.course import Assignment, Course
from autograder.errors import InputError
from autograder.gradebook_database import open_gradebook
from autograder.report import write_atomically

STUB = 'raise NotImplementedError("Write your solution here, then delete this line.")'


@dataclass(frozen=True)
class Released:
    """What a release has done.

    Attributes:
        notebook: The students' notebook.
        changed: Whether its text is another one than before.
    """

    notebook: Path
    changed: bool

    def __str__(self) -> str:
        return f"{self.notebook}: {'written' if self.changed else 'up to date'}"


def release(course: Course, assignment: Assignment, points: Mapping[str, float]) -> Released:
    """Writes the students' notebook and the assignment's rows in the gradebook; a second time changes nothing.

    The notebook with solutions is left in ``course.nbgrader_source_dir``, where formgrader looks for the list of
    assignments; nbgrader's own ``generate_assignment`` makes the same students' notebook of it.

    Args:
        course: The course.
        assignment: One of its assignments.
        points: What the hidden suite gives for each exercise.

    Raises:
        InputError: Source, course.toml and suite do not fit together, nbgrader refuses the notebook, or
            the gradebook or a folder cannot be written.
    """
    with_solutions = _with_solutions(course, assignment, points)
    text = _for_students(course, assignment, with_solutions)
    _save_rows(course, assignment, text)
    target = course.released(assignment)
    try:
        _write_if_changed(course.nbgrader_source_dir / assignment.id / target.name, with_solutions)
        return Released(target, _write_if_changed(target, text))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{target}: the release cannot be written ({error})") from error


def is_stale(course: Course, assignment: Assignment, points: Mapping[str, float]) -> bool:
    """Whether the students' notebook is another one than a release would write now; nothing is written."""
    return bool(difference(course, assignment, points))


def difference(course: Course, assignment: Assignment, points: Mapping[str, float]) -> str:
    """What a release would change in the students' notebook, as a unified diff; empty if it is up to date.

    Raises:
        InputError: As ``release``.
    """
    file = course.released(assignment)
    try:
        old = file.read_text(encoding="utf-8") if file.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: cannot be read ({error}); delete it and release again") from error
    new = _for_students(course, assignment, _with_solutions(course, assignment, points))
    name = file.relative_to(course.root)
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    return "".join(difflib.unified_diff(before, after, f"{name} as it is", f"{name} as released now"))


def _with_solutions(course: Course, assignment: Assignment, points: Mapping[str, float]) -> str:
    import nbformat

    notebook = read_source(course.source(assignment), assignment, points)
    return str(nbformat.writes(notebook)) + "\n"  # type: ignore[no-untyped-call]


def _for_students(course: Course, assignment: Assignment, with_solutions: str) -> str:
    """Runs GenerateAssignment in a temporary course without a database."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.converters.base import NbGraderException
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    name = f"{assignment.id}.ipynb"
    log = logging.Logger("release")  # of its own: nothing reaches the terminal
    said = _LastWord()
    log.addHandler(said)
    stub = {"ClearSolutions": {"code_stub": {"python": STUB}}, "SaveCells": {"enabled": False}}
    with tempfile.TemporaryDirectory(prefix="release-") as root:
        write_atomically(Path(root, "source", assignment.id, name), with_solutions)
        place = CourseDirectory(root=root, assignment_id=assignment.id, log=log)
        try:
            GenerateAssignment(coursedir=place, config=Config(stub), log=log, no_database=True).start()
            return Path(root, "release", assignment.id, name).read_text(encoding="utf-8")
        except (NbGraderException, OSError) as error:
            raise InputError(
                f"{course.source(assignment)}: expected a notebook that nbgrader's generate_assignment accepts, "
                f"received: {said.text or error}; correct the source"
            ) from error


class _LastWord(logging.Handler):
    """Keeps the reason that nbgrader gives: it logs a traceback, and raises an error that only points to it."""

    text = ""

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage().strip()
        if message.startswith("Traceback"):
            self.text = message.splitlines()[-1]


def _save_rows(course: Course, assignment: Assignment, text: str) -> None:
    """Tells the gradebook of the assignment, its notebook and its cells, through nbgrader's own SaveCells."""
    import nbformat
    from nbgrader.preprocessors import SaveCells

    names = {"assignment": assignment.id, "notebook": assignment.id, "db_url": course.database}
    due = assignment.soft_deadline.astimezone(UTC) if assignment.soft_deadline else None
    notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    with open_gradebook(course) as gradebook:
        gradebook.update_or_create_assignment(assignment.id, duedate=due)
        try:
            SaveCells().preprocess(notebook, {"nbgrader": names})
        except RuntimeError as error:
            raise InputError(
                f"assignment {assignment.id}: expected the graded cells of the submissions that the gradebook holds, "
                f"received others ({error}); remove the submissions (nbgrader db assignment remove {assignment.id} "
                "--force), release and grade again"
            ) from error


def _write_if_changed(file: Path, text: str) -> bool:
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return False
    write_atomically(file, text)
    return True
