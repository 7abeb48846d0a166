"""Translation: the catalogues of a course brought up to date with its sources, and what is missing in them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import autograder
import rlhelpers
from autograder.catalogues import Domain, Finding, findings, merged, save
from autograder.course import Course
from autograder.language import DOMAIN
from autograder.message_sources import assignment_sources, autograder_sources, rlhelpers_sources


@dataclass(frozen=True)
class CatalogueState:
    """How far one catalogue is.

    Attributes:
        name: Language and domain, such as ``ru/ppo``.
        messages: How many there are.
        findings: What is left to do.
    """

    name: str
    messages: int
    findings: tuple[Finding, ...]

    def __str__(self) -> str:
        counts = Counter(finding.kind for finding in self.findings)
        told = ", ".join(f"{count} {kind}" for kind, count in counts.items())
        return f"{self.name}: {self.messages} messages, {told or 'all translated'}"


def domains(course: Course) -> list[Domain]:
    """Everything that is translated.

    Raises:
        InputError: A source cannot be read, or a message in it is no literal.
    """
    prose = [
        Domain(name, course.locale_dir, tuple(assignment_sources(course, name)), False) for name in course.assignments
    ]
    locales = [Path(package.__file__ or "").parent / "locale" for package in (autograder, rlhelpers)]
    return [
        *prose,
        Domain(DOMAIN, locales[0], tuple(autograder_sources()), True),
        Domain("rlhelpers", locales[1], tuple(rlhelpers_sources()), True),
    ]


def update(course: Course, new_language: str | None = None) -> list[CatalogueState]:
    """Writes all catalogues anew and says what is left to do.

    Args:
        course: The course.
        new_language: A language to begin with.

    Raises:
        InputError: A source or a catalogue cannot be read or written.
    """
    return _states(course, new_language, write=True)


def examine(course: Course) -> list[CatalogueState]:
    """Says what is left to do, and writes nothing.

    Raises:
        InputError: A source or a catalogue cannot be read.
    """
    return _states(course, None, write=False)


def _states(course: Course, new_language: str | None, *, write: bool) -> list[CatalogueState]:
    states = []
    for part in domains(course):
        begun = {path.parent.name for path in part.folder.glob("*/LC_MESSAGES")}
        for language in sorted(begun | ({new_language} if new_language else set())):
            catalogue = merged(part, language)
            if write:
                save(part, language, catalogue)
            left = findings(part, language, catalogue)
            states.append(CatalogueState(f"{language}/{part.name}", len(catalogue), tuple(left)))
    return states
