"""StudentEdition: what students get, in a folder that can be published."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import autograder
import rlhelpers
from autograder.assignment import Assignment
from autograder.colab import address
from autograder.course import Course
from autograder.errors import InputError
from autograder.language import SOURCE_LANGUAGE
from autograder.report import write_atomically

MANIFEST = ".student-edition"

_TEMPLATES = Path(autograder.__file__).parent / "student_files"
_LICENSE = Path(autograder.__file__).parents[1] / "LICENSE"
_PACKAGE_SUFFIXES = {".py", ".mo", ".json"}
_OF_OTHERS = {".git"}
Content = dict[PurePosixPath, bytes]


def write_student_edition(course: Course, folder: Path) -> tuple[Path, ...]:
    """Writes the student edition of a released course.

    What an earlier edition wrote is replaced, and removed where it is no longer a part of the edition; everything else
    in the folder is left alone. Which files are the edition's own is kept in ``.student-edition``.

    Args:
        course: The course; its notebooks have been released.
        folder: A new or empty folder, a clone of an empty repository, or an earlier student edition.

    Returns:
        The files that the edition consists of.

    Raises:
        InputError: A notebook has not been released, the folder holds something else, a file of the edition has been
            changed by somebody, or a file cannot be written.
    """
    content = {**dict(_notebooks(course)), **dict(_package()), **_documents(course)}
    content[PurePosixPath(MANIFEST)] = _manifest(content)
    try:
        earlier = _earlier(folder)
        _require_untouched(folder, content, earlier)
        for name, data in content.items():
            write_atomically(folder / name, data)
        for name in earlier.keys() - content.keys():
            _remove(folder, name)
    except OSError as error:
        raise InputError(f"{folder}: expected a folder that can be written, received {error}") from error
    return tuple(folder / name for name in content)


def _notebooks(course: Course) -> Iterator[tuple[PurePosixPath, bytes]]:
    for assignment in course.assignments.values():
        for language in _languages(course, assignment):
            file = course.released(assignment, language)
            if not file.is_file():
                raise InputError(f"{file}: expected a released notebook, found none; run `autograder release`")
            yield PurePosixPath("notebooks", assignment.id, file.name), file.read_bytes()


def _languages(course: Course, assignment: Assignment) -> list[str]:
    translated = [each for each in course.translations if course.catalogue(assignment, each).exists()]
    return [SOURCE_LANGUAGE, *translated]


def _package() -> Iterator[tuple[PurePosixPath, bytes]]:
    root = Path(rlhelpers.__file__).parent
    for file in sorted(root.rglob("*")):
        if file.is_file() and file.suffix in _PACKAGE_SUFFIXES:
            yield PurePosixPath("rlhelpers", *file.relative_to(root).parts), file.read_bytes()


def _documents(course: Course) -> Content:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(  # noqa: S701  # Markdown and TOML, no HTML
        loader=FileSystemLoader(_TEMPLATES), undefined=StrictUndefined, keep_trailing_newline=True
    )
    made = {PurePosixPath("LICENSE"): _LICENSE.read_bytes()}
    for template in sorted(_TEMPLATES.glob("*.j2")):
        name = template.name.removesuffix(".j2")
        language = name.split(".")[1] if name.count(".") == 2 else SOURCE_LANGUAGE
        if language != SOURCE_LANGUAGE and language not in course.translations:
            continue
        rows = [_row(course, each, language) for each in course.assignments.values()]
        text = environment.get_template(template.name).render(
            course=course,
            version=autograder.__version__,
            rows=rows,
            deadlines=any(row["soft"] or row["hard"] for row in rows),
            readme_ru="ru" in course.translations,
        )
        made[PurePosixPath(name)] = text.encode()
    return made


def _row(course: Course, assignment: Assignment, language: str) -> dict[str, Any]:
    wanted = language if language in _languages(course, assignment) else SOURCE_LANGUAGE
    return {
        "title": assignment.title_in(language),
        "path": course.released(assignment, wanted).relative_to(course.root).as_posix(),
        "colab": address(course, assignment, wanted) if course.public_repository else "",
        "soft": _moment(assignment.soft_deadline),
        "hard": _moment(assignment.hard_deadline),
    }


def _moment(deadline: datetime | None) -> str:
    return "" if deadline is None else f"{deadline:%Y-%m-%d, %H:%M}"


def _manifest(content: Mapping[PurePosixPath, bytes]) -> bytes:
    """A line for each file, as ``sha256sum`` writes them."""
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(content.items())]
    return "".join(lines).encode()


def _earlier(folder: Path) -> dict[PurePosixPath, str]:
    """The files of the edition that is in a folder, with their digests."""
    manifest = folder / MANIFEST
    if not manifest.is_file():
        strangers = (
            sorted(path.name for path in folder.iterdir() if path.name not in _OF_OTHERS) if folder.exists() else []
        )
        if strangers:
            raise InputError(
                f"{folder}: expected a new or empty folder, or an earlier student edition, found {strangers[0]} in it; "
                "name another folder"
            )
        return {}
    found = {}
    for line in manifest.read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        path = PurePosixPath(name)
        if not name or path.is_absolute() or ".." in path.parts:
            raise InputError(
                f"{manifest}: expected lines of digest and file, received {line[:80]!r}; name another folder"
            )
        found[path] = digest
    return found


def _require_untouched(folder: Path, content: Content, earlier: Mapping[PurePosixPath, str]) -> None:
    """Refuses to write over what an edition has not written, or what somebody has changed since."""
    for name in sorted((content.keys() | earlier.keys()) - {PurePosixPath(MANIFEST)}):
        file = folder / name
        if not file.exists():
            continue
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        if digest != earlier.get(name) and file.read_bytes() != content.get(name):
            raise InputError(
                f"{file}: expected the file of an earlier student edition, found one that somebody else has written or "
                "changed; keep it elsewhere or delete it, then release again"
            )


def _remove(folder: Path, name: PurePosixPath) -> None:
    """Removes a file of an earlier edition, and the folders that are empty then."""
    (folder / name).unlink(missing_ok=True)
    for parent in (folder / name).relative_to(folder).parents[:-1]:
        place = folder / parent
        if place.is_dir() and not any(place.iterdir()):
            place.rmdir()
