"""Course: what course.toml says, read once and checked key by key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from autograder.assignment import Assignment
from autograder.deadlines import read_deadline, read_extensions
from autograder.errors import InputError
from autograder.language import SOURCE_LANGUAGE, languages
from autograder.policy_task import POLICY, read_policy_task
from autograder.sandbox.limits import Limits
from autograder.secret_file import read_secret
from autograder.toml_table import NAME, TomlTable, listed, read_toml

COURSE_FILE = "course.toml"

_COURSE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_REPOSITORY = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")


@dataclass(frozen=True, kw_only=True)
class Course:
    """A course.

    Attributes:
        file: course.toml itself, whatever it is called (absolute).
        root: Its folder.
        id: nbgrader's course id.
        title: For people.
        timezone: Where the deadlines hold.
        secret_file: Holds the secret from which hidden inputs are drawn.
        database: SQLAlchemy URL of nbgrader's gradebook.
        limits: Limits of assignments that set none of their own.
        assignments: By id, in the order of course.toml.
        language: Language of pages for instructors; students are answered in that of their notebook.
        titles: Its title in other languages.
        public_repository: Where the student edition is published on GitHub, ``owner/name``, if it is.
    """

    file: Path
    root: Path
    id: str
    title: str
    timezone: ZoneInfo
    secret_file: Path
    database: str
    limits: Limits
    assignments: Mapping[str, Assignment]
    language: str = SOURCE_LANGUAGE
    titles: Mapping[str, str] = field(default_factory=dict)
    public_repository: str | None = None

    def title_in(self, language: str) -> str:
        """The title in a language, else the one that everybody knows it by."""
        return self.titles.get(language, self.title)

    @property
    def source_dir(self) -> Path:
        """Where the instructor's sources are, one ``<assignment>.py`` each."""
        return self.root / "solutions"

    @property
    def locale_dir(self) -> Path:
        """Where translations of the sources are, ``<language>/LC_MESSAGES/<assignment>.po`` each."""
        return self.source_dir / "locale"

    @property
    def translations(self) -> tuple[str, ...]:
        """Languages that notebooks are released in beside English."""
        return tuple(sorted(path.parent.name for path in self.locale_dir.glob("*/LC_MESSAGES")))

    @property
    def release_dir(self) -> Path:
        """Where the student notebooks are, ``<assignment>/<assignment>.ipynb`` each."""
        return self.root / "notebooks"

    @property
    def nbgrader_source_dir(self) -> Path:
        """Where the release leaves notebooks with solutions for nbgrader, one folder for each assignment."""
        return self.root / "build" / "source"

    @property
    def autograded_dir(self) -> Path:
        """Where formgrader looks for executed notebooks, ``<student>/<assignment>/<assignment>.ipynb`` each."""
        return self.root / "autograded"

    @property
    def fingerprints_dir(self) -> Path:
        """Where fingerprints of known mistakes are kept from one run to the next."""
        return self.root / "build" / "fingerprints"

    def source(self, assignment: Assignment) -> Path:
        """The instructor's source of an assignment."""
        return self.source_dir / f"{assignment.id}.py"

    def released(self, assignment: Assignment, language: str = SOURCE_LANGUAGE) -> Path:
        """The student notebook of an assignment."""
        ending = "ipynb" if language == SOURCE_LANGUAGE else f"{language}.ipynb"
        return self.release_dir / assignment.id / f"{assignment.id}.{ending}"

    def catalogue(self, assignment: Assignment, language: str) -> Path:
        """The translation of an assignment's source."""
        return self.locale_dir / language / "LC_MESSAGES" / f"{assignment.id}.po"

    def assignment(self, assignment_id: str) -> Assignment:
        """The assignment of this id.

        Raises:
            InputError: There is none; the message lists those that exist.
        """
        if assignment_id not in self.assignments:
            raise InputError(
                f"assignment: expected one of {listed(self.assignments)}, received {assignment_id!r}; "
                f"assignments are declared in {self.file}"
            )
        return self.assignments[assignment_id]

    def graded_assignment(self, assignment_id: str) -> Assignment:
        """The assignment of this id, which has to be a graded one.

        Raises:
            InputError: There is none, or it is not graded.
        """
        assignment = self.assignment(assignment_id)
        if not assignment.is_graded:
            graded = listed(each.id for each in self.assignments.values() if each.is_graded)
            raise InputError(
                f"assignment: {assignment_id!r} is not graded, as {COURSE_FILE} gives it no exercises; "
                f"expected one of {graded}"
            )
        return assignment

    def secret(self) -> bytes:
        """The course's secret, 32 bytes; made on first use, readable by its owner only.

        Raises:
            InputError: The file cannot be read or written, is not a secret, or others may read it.
        """
        return read_secret(self.secret_file)


def load_course(path: Path) -> Course:
    """Reads a course.

    Args:
        path: course.toml or its folder.

    Raises:
        InputError: There is no such file, or a key in it is unknown, missing or has no usable value.
    """
    file = (path / COURSE_FILE if path.is_dir() else path).absolute()
    top = read_toml(file)
    head = top.table("course", required=True)
    root = file.parent
    zone = _zone(head)
    limits = _limits(top.table("limits"), Limits())
    declared = top.table("assignments")
    course = Course(
        file=file,
        root=root,
        id=head.name("id", _COURSE_ID, "letters, digits, - and _"),
        title=head.text("title"),
        timezone=zone,
        secret_file=root / head.text("secret_file", "course.secret"),
        database=_database(head, root),
        limits=limits,
        assignments={key: _assignment(declared.table(key), key, zone, limits) for key in list(declared.left)},
        language=_language(head),
        titles=head.texts("titles"),
        public_repository=_repository(head),
    )
    for table in (head, top):
        table.finish()
    return course


def _assignment(table: TomlTable, key: str, zone: ZoneInfo, limits: Limits) -> Assignment:
    if not NAME.fullmatch(key):
        raise InputError(f"{table.place}: expected letters, digits and _ as an assignment's id, received {key!r}")
    soft, hard = (read_deadline(table, f"{each}_deadline", zone) for each in ("soft", "hard"))
    assignment = Assignment(
        id=key,
        title=table.text("title"),
        exercises=table.names("exercises"),
        bonus=table.names("bonus"),
        soft_deadline=soft,
        hard_deadline=hard,
        extensions=read_extensions(table.table("extensions"), soft or hard, zone),
        limits=_limits(table.table("limits"), limits),
        titles=table.texts("titles"),
        policy=read_policy_task(table.table("policy")),
    )
    table.finish()
    if POLICY in assignment.exercises:
        raise table.error("exercises", f"other names than {POLICY!r}", "it", f"use [assignments.{key}.policy]")
    asked = (assignment.bonus, assignment.soft_deadline, assignment.hard_deadline, assignment.policy)
    if not assignment.is_graded and any(asked):
        raise table.error("exercises", "at least one name where there is a deadline, a bonus or a policy", "none")
    if strays := set(assignment.bonus) - set(assignment.exercises):
        raise table.error("bonus", f"some of the exercises {listed(assignment.exercises)}", listed(strays))
    if soft is not None and hard is not None and hard < soft:
        raise table.error("hard_deadline", f"a time not before the soft deadline {soft}", hard)
    return assignment


def _limits(table: TomlTable, default: Limits) -> Limits:
    chosen: dict[str, Any] = {}
    for name in (each.name for each in fields(Limits)):
        whole = isinstance(getattr(default, name), int)
        expected = f"a positive {'whole ' if whole else ''}number"
        value = table.take(name, (int,) if whole else (int, float), expected)
        if value is None:
            continue
        if not 0 < value < float("inf"):
            raise table.error(name, expected, value)
        chosen[name] = value if whole else float(value)
    table.finish()
    return replace(default, **chosen)


def _language(table: TomlTable) -> str:
    language = table.text("language", SOURCE_LANGUAGE)
    if language not in languages():
        raise table.error("language", f"one of {listed(languages())}", repr(language))
    return language


def _repository(table: TomlTable) -> str | None:
    name: str | None = table.take("public_repository", (str,), "a text")
    if name is not None and not _REPOSITORY.fullmatch(name):
        raise table.error("public_repository", "owner/name of a GitHub repository", repr(name))
    return name


def _zone(table: TomlTable) -> ZoneInfo:
    name = table.text("timezone", "UTC")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise table.error("timezone", "the name of a time zone such as 'Europe/Prague'", repr(name)) from error


def _database(table: TomlTable, root: Path) -> str:
    url = table.text("database", "sqlite:///gradebook.db")
    scheme, mark, rest = url.partition("://")
    if not mark or not scheme:
        raise table.error("database", "an SQLAlchemy URL such as sqlite:///gradebook.db", repr(url))
    if scheme.partition("+")[0] == "sqlite":
        name = rest.removeprefix("/")
        if not name or name.startswith(":memory:"):
            raise table.error("database", "a database that lasts, such as sqlite:///gradebook.db", repr(url))
        return url if name.startswith("/") else f"{scheme}:///{root}/{name}"
    return url
