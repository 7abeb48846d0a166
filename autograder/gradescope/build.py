"""AutograderZip: everything that Gradescope's container needs to grade one assignment.

At the root ``setup.sh`` and ``run_autograder``, as Gradescope asks; the autograder itself with the suite of this
assignment alone; course.toml, source and released notebooks. The secret inside is made from the course's, so that
what leaks there gives nothing away about the hidden inputs of `autograder grade`.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import autograder
import rlhelpers
from autograder.archive_entry import archive_entry
from autograder.assignment import Assignment
from autograder.course import COURSE_FILE, Course
from autograder.errors import InputError
from autograder.gradescope.settings import SECRET_FILE, SETTINGS_FILE, Settings
from autograder.report import write_atomically
from autograder.suites.check_plugin import SUITES

_FILES = Path(__file__).parent / "files"
_REPOSITORY = Path(autograder.__file__).parents[1]
_LOCKS = ("requirements.lock", "requirements-torch-cpu.lock")
_BESIDE = (*_LOCKS, "pyproject.toml", "LICENSE", "scripts/system_packages", "scripts/install_locked")
_EXECUTABLE = {"setup.sh", "run_autograder", "system_packages", "install_locked"}
_KINDS = {".py", ".mo", ".j2", ".css", ".json", ".sh", ""}

Content = Iterator[tuple[PurePosixPath, bytes]]


def build_zip(course: Course, settings: Settings, out: Path) -> int:
    """Writes the zip file that is uploaded as the autograder of a Gradescope assignment.

    Args:
        course: The course; the assignment has been released.
        settings: For the run inside.
        out: The file; it is replaced as a whole or not at all.

    Returns:
        The number of files in it.

    Raises:
        InputError: The assignment is not graded or not released, or a file cannot be read or written.
    """
    assignment = course.graded_assignment(settings.assignment)
    made = io.BytesIO()
    try:
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in _content(course, assignment, settings):
                archive.writestr(archive_entry(str(name), _mode(name)), data)
            count = len(archive.namelist())
        write_atomically(out, made.getvalue())
    except OSError as error:
        raise InputError(f"{out}: expected files that can be read and written, received {error}") from error
    return count


def _content(course: Course, assignment: Assignment, settings: Settings) -> Content:
    for file in sorted(_FILES.iterdir()):
        yield PurePosixPath(file.name), file.read_bytes()
    yield PurePosixPath(SETTINGS_FILE), settings.to_json().encode()
    for name in _BESIDE:
        yield PurePosixPath(name), (_REPOSITORY / name).read_bytes()
    yield from _package(Path(autograder.__file__).parent, assignment.id)
    yield from _package(Path(rlhelpers.__file__).parent, assignment.id)
    yield from _course(course, assignment)


def _package(root: Path, assignment_id: str) -> Content:
    """A package without what belongs to other assignments."""
    others = {path.name for path in SUITES.iterdir() if path.is_dir() and path.name != assignment_id}
    for file in sorted(root.rglob("*")):
        inside = file.relative_to(root)
        foreign = len(inside.parts) > 2 and inside.parts[-3:-1][0] == "suites" and inside.parts[-2] in others
        if file.is_file() and file.suffix in _KINDS and "__pycache__" not in inside.parts and not foreign:
            yield PurePosixPath(root.name, *inside.parts), file.read_bytes()


def _course(course: Course, assignment: Assignment) -> Content:
    released = sorted(course.released(assignment).parent.glob("*.ipynb"))
    if not course.released(assignment).exists():
        raise InputError(
            f"{course.released(assignment)}: expected the released notebook, found none; "
            f"run `autograder release {assignment.id}`"
        )
    yield PurePosixPath("course", COURSE_FILE), course.file.read_bytes()
    for file in (course.source(assignment), *released):
        yield PurePosixPath("course", *file.relative_to(course.root).parts), file.read_bytes()
    secret = hashlib.sha256(course.secret() + b"gradescope").hexdigest()
    yield PurePosixPath("course", SECRET_FILE), f"{secret}\n".encode()


def _mode(name: PurePosixPath) -> int:
    return 0o755 if name.name in _EXECUTABLE else 0o644
