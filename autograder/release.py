"""Release: the instructor's source becomes the students' notebooks, through nbgrader's own GenerateAssignment."""

from __future__ import annotations

import difflib
import logging
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from autograder.assignment import Assignment
from autograder.assignment_source import read_source
from autograder.colab import offer_colab
from autograder.course import Course
from autograder.errors import InputError
from autograder.gradebook_database import open_gradebook
from autograder.language import SOURCE_LANGUAGE
from autograder.report import write_atomically
from rlhelpers.language import in_language
from rlhelpers.stub import STUB_MESSAGE

STUB = f'raise NotImplementedError("{STUB_MESSAGE}")'


@dataclass(frozen=True)
class Released:
    """What a release has done.

    Attributes:
        notebooks: The students' notebooks, the English one first, and whether the text of each is another one than
            before.
    """

    notebooks: Mapping[Path, bool]

    def __str__(self) -> str:
        return "\n".join(
            f"{file}: {'written' if changed else 'up to date'}" for file, changed in self.notebooks.items()
        )


def release(course: Course, assignment: Assignment, points: Mapping[str, float]) -> Released:
    """Writes the students' notebooks and the assignment's rows in the gradebook; a second time changes nothing.

    There is an English notebook, and one for each language in which ``course.locale_dir`` has a catalogue of the
    assignment. The English one with solutions is left in ``course.nbgrader_source_dir``, where formgrader looks for
    the list of assignments; nbgrader's own ``generate_assignment`` makes the same students' notebook of it. nbgrader
    is told nothing of an assignment that is not graded, nor of translations.

    Args:
        course: The course.
        assignment: One of its assignments.
        points: What the hidden suite gives for each exercise; nothing if the assignment is not graded.

    Raises:
        InputError: Source, course.toml and suite do not fit together, nbgrader refuses the notebook, or
            the gradebook or a folder cannot be written.
    """
    texts = dict(_texts(course, assignment, points))
    target = course.released(assignment)
    if assignment.is_graded:
        _save_rows(course, assignment, texts[target])
    try:
        if assignment.is_graded:
            with_solutions = _with_solutions(course, assignment, points, SOURCE_LANGUAGE)
            _write_if_changed(course.nbgrader_source_dir / assignment.id / target.name, with_solutions)
        return Released({file: _write_if_changed(file, text) for file, text in texts.items()})
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{target}: the release cannot be written ({error})") from error


def difference(course: Course, assignment: Assignment, points: Mapping[str, float]) -> str:
    """What a release would change in the students' notebooks, as a unified diff; empty if they are up to date.

    Nothing is written.

    Raises:
        InputError: As ``release``.
    """
    return "".join(_difference(course, file, text) for file, text in _texts(course, assignment, points))


def _difference(course: Course, file: Path, new: str) -> str:
    try:
        old = file.read_text(encoding="utf-8") if file.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: cannot be read ({error}); delete it and release again") from error
    name = file.relative_to(course.root)
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    return "".join(difflib.unified_diff(before, after, f"{name} as it is", f"{name} as released now"))


def _texts(course: Course, assignment: Assignment, points: Mapping[str, float]) -> Iterator[tuple[Path, str]]:
    """The students' notebooks, the English one first."""
    translated = [language for language in course.translations if course.catalogue(assignment, language).exists()]
    for language in (SOURCE_LANGUAGE, *translated):
        with_solutions = _with_solutions(course, assignment, points, language)
        yield course.released(assignment, language), _for_students(course, assignment, with_solutions, language)


def _with_solutions(course: Course, assignment: Assignment, points: Mapping[str, float], language: str) -> str:
    import nbformat

    notebook = read_source(course.source(assignment), assignment, points)
    if language != SOURCE_LANGUAGE:
        from autograder.catalogues import translations
        from autograder.translated_notebook import translate_notebook

        translate_notebook(notebook, translations(course.catalogue(assignment, language)), language)
    offer_colab(notebook, course, assignment, language)
    return str(nbformat.writes(notebook)) + "\n"  # type: ignore[no-untyped-call]


def _for_students(course: Course, assignment: Assignment, with_solutions: str, language: str) -> str:
    """Runs GenerateAssignment in a temporary course without a database."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.converters.base import NbGraderException
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    name = course.released(assignment, language).name
    stub = STUB.replace(STUB_MESSAGE, in_language(language, STUB_MESSAGE))
    log = logging.Logger("release")  # of its own: nothing reaches the terminal
    said = _LastWord()
    log.addHandler(said)
    settings = {"ClearSolutions": {"code_stub": {"python": stub}}, "SaveCells": {"enabled": False}}
    with tempfile.TemporaryDirectory(prefix="release-") as root:
        write_atomically(Path(root, "source", assignment.id, name), with_solutions)
        place = CourseDirectory(root=root, assignment_id=assignment.id, log=log)
        try:
            GenerateAssignment(coursedir=place, config=Config(settings), log=log, no_database=True).start()
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
    due = assignment.first_deadline.astimezone(UTC) if assignment.first_deadline else None
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
