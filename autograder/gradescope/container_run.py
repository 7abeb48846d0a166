"""ContainerRun: grades the submission in a folder laid out as Gradescope's container.

``source`` holds the content of the zip file, ``submission`` what the student has uploaded,
``submission_metadata.json`` who and when; the answer goes to ``results/results.json``. An explanation stands there
from the beginning on, so that a run that is cut off leaves more than a blank.
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment
from autograder.course import Course, load_course
from autograder.desk import Desk, Job
from autograder.errors import AutograderError, SandboxError
from autograder.gradescope.settings import SECRET_FILE, Settings, read_settings
from autograder.message import message
from autograder.outlets.gradescope_results import (
    RESULTS_FILE,
    gradescope_results,
    unfinished,
    write_gradescope_results,
)
from autograder.report import GradeReport
from autograder.sandbox.levels import Level
from autograder.submission import TIMESTAMP_FILE

METADATA_FILE = "submission_metadata.json"
_log = logging.getLogger(__name__)


def run_container(root: Path) -> GradeReport | None:
    """Grades the one submission of a container and writes ``results/results.json``.

    Args:
        root: ``/autograder``, or a folder laid out as it.

    Returns:
        The report; None if it could not be graded, which the results then say.

    Raises:
        InputError: The folder was not made by the build, or cannot be written.
    """
    settings = read_settings(root / "source")
    course = _course(root, settings)
    target = root / "results" / RESULTS_FILE
    write_gradescope_results(target, unfinished(course, message("grading was cut off")))
    try:
        report = _graded(course, settings, root)
    except AutograderError as error:
        _log.exception("not graded")
        write_gradescope_results(target, unfinished(course, str(error)))
        return None
    bonus = course.assignment(settings.assignment).bonus
    write_gradescope_results(target, gradescope_results(report, bonus, settings.visibility))
    return report


def prepare(root: Path) -> Level:
    """Takes the fingerprints of the known mistakes once, when the image is built, and says which isolation there is.

    Raises:
        SandboxError: No accepted level can be had.
    """
    settings = read_settings(root / "source")
    course = _course(root, settings)
    desk, level = _open_desk(course, settings)
    try:
        desk.prepare(course.assignment(settings.assignment))
    finally:
        desk.close()
    return level


def _course(root: Path, settings: Settings) -> Course:
    """The course with the zip's secret and the build's time limit: a result has to come before the container's end."""
    course = load_course(root / "source" / "course")
    assignment = course.assignment(settings.assignment)
    limits = replace(
        assignment.limits,
        grading_seconds=min(settings.seconds, assignment.limits.grading_seconds),
        overtime_seconds=0.0,  # the container's end does not wait, either
    )
    assignments = {assignment.id: replace(assignment, limits=limits)}
    return replace(course, secret_file=course.root / SECRET_FILE, assignments=assignments)


def _graded(course: Course, settings: Settings, root: Path) -> GradeReport:
    assignment = course.assignment(settings.assignment)
    metadata = _metadata(root / METADATA_FILE)
    with tempfile.TemporaryDirectory() as work:
        job = _stage(root / "submission", metadata, assignment, Path(work))
        desk, _ = _open_desk(course, settings)
        try:
            return desk.grade(job, Path(work) / "results")
        finally:
            desk.close()


def _open_desk(course: Course, settings: Settings) -> tuple[Desk, Level]:
    """A desk at the strongest accepted level that this machine gives."""
    reasons = []
    for level in settings.levels():
        desk = Desk(course, level)
        try:
            desk.open()
        except SandboxError as error:
            reasons.append(f"{level}: {str(error).splitlines()[0]}")
            continue
        return desk, level
    raise SandboxError(
        f"expected a machine that isolates students' code, received one that does not ({'; '.join(reasons)}); for "
        "trusted students, build with --allow-no-isolation"
    )


def _stage(submission: Path, metadata: dict[str, Any], assignment: Assignment, work: Path) -> Job:
    """Lays the upload out as a hand-in: ``<student>/<assignment>/<assignment>.ipynb`` with a timestamp."""
    student = _student(metadata)
    folder = work / "submitted" / student / assignment.id
    folder.mkdir(parents=True)
    uploaded = sorted(path for path in submission.rglob("*") if path.is_file() and not path.is_symlink())
    notebooks = [path for path in uploaded if path.suffix == ".ipynb" and ".ipynb_checkpoints" not in path.parts]
    named = [path for path in notebooks if path.name.split(".")[0] == assignment.id]
    if not named and len(notebooks) == 1:
        shutil.copyfile(notebooks[0], folder / f"{assignment.id}.ipynb")
    for path in [*named, *(path for path in uploaded if path.suffix == ".safetensors")]:
        shutil.copyfile(path, folder / path.name)
    if moment := metadata.get("created_at"):
        (folder / TIMESTAMP_FILE).write_text(f"{datetime.fromisoformat(moment).isoformat(sep=' ')}\n", encoding="utf-8")
    return Job(student, assignment.id, folder)


def _metadata(file: Path) -> dict[str, Any]:
    """What Gradescope tells about the upload; nothing where the file is missing or odd."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        datetime.fromisoformat(found.get("created_at") or "2000-01-01")
    except (OSError, ValueError, AttributeError, TypeError) as error:
        _log.warning("%s: not used (%s)", file, error)
        return {}
    return dict(found)


def _student(metadata: dict[str, Any]) -> str:
    """The first author, by number: names and addresses are no folder names."""
    users = metadata.get("users")
    first = users[0] if isinstance(users, list) and users and isinstance(users[0], dict) else {}
    return f"gradescope-{first['id']}" if isinstance(first.get("id"), int) else "gradescope"
