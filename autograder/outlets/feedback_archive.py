"""FeedbackArchive: the feedback pages of a class in one zip file, named as a system wants them for bulk upload."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from autograder.archive_entry import archive_entry
from autograder.errors import InputError


def plain_names(students: list[str]) -> dict[str, str]:
    """Names for people: ``<student>/feedback.html``."""
    return {student: f"{student}/feedback.html" for student in students}


def pages_to_pack(results: Path, assignment: str, names: Mapping[str, str]) -> dict[str, Path]:
    """By name in the archive, the page ``RESULTS/<student>/<assignment>/feedback.html`` of each student.

    Args:
        results: The folder that `autograder grade --out` wrote.
        assignment: Assignment id.
        names: By student id, the name of the page in the archive.

    Raises:
        InputError: A page is missing.
    """
    pages = {name: results / student / assignment / "feedback.html" for student, name in names.items()}
    for page in pages.values():
        if not page.is_file():
            raise InputError(f"{page}: expected the student's feedback page, found none; run `autograder feedback`")
    return pages


def write_feedback_archive(pages: Mapping[str, Path], out: Path) -> None:
    """Writes pages into a zip file, by their names in it; it is replaced as a whole or not at all."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
        made = Path(folder) / "archive.zip"
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, page in pages.items():
                archive.writestr(archive_entry(name), page.read_bytes())
        made.replace(out)
