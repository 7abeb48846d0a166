"""Catalogues: English messages with their translations, one gettext file for each domain and language.

A domain is the prose of one notebook, or what a package says. ``.po`` files are for people; those of packages are
compiled to ``.mo``, which Python's own gettext reads.
"""

from __future__ import annotations

import difflib
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po

from autograder.errors import InputError
from autograder.report import write_atomically
from autograder.translation_rules import differences

LINE_CHARACTERS = 120


@dataclass(frozen=True)
class Source:
    """An English message and where it stands.

    Attributes:
        id: Its text; singular and plural where a number decides.
        place: A file or folder.
    """

    id: str | tuple[str, str]
    place: str


@dataclass(frozen=True)
class Domain:
    """What is translated together.

    Attributes:
        name: Name of its catalogues.
        folder: Where they are, ``<language>/LC_MESSAGES/<name>.po`` each.
        sources: Its messages; one may occur several times.
        is_compiled: Whether a ``.mo`` file belongs to each.
    """

    name: str
    folder: Path
    sources: tuple[Source, ...]
    is_compiled: bool

    def file(self, language: str) -> Path:
        """The catalogue of a language."""
        return self.folder / language / "LC_MESSAGES" / f"{self.name}.po"


@dataclass(frozen=True)
class Finding:
    """What is wrong with a message or a catalogue.

    Attributes:
        kind: ``untranslated``; ``fuzzy`` (to be confirmed by a person); ``broken`` (something that must stay as it is
            has changed); ``stale`` (the files are not what the sources give).
        text: The message, or what is stale.
        reason: Of ``broken``: what has changed.
    """

    kind: Literal["untranslated", "fuzzy", "broken", "stale"]
    text: str
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {' '.join(self.text.split())}{self.reason and ' | '}{self.reason}"


def merged(domain: Domain, language: str) -> Catalog:
    """The catalogue of a language with exactly the messages of the sources.

    What is new gets the translation of a message that is gone, if there is one like it, and the mark ``fuzzy``.

    Raises:
        InputError: The file is no catalogue.
    """
    catalogue = read_catalogue(domain.file(language)) if domain.file(language).exists() else _empty(domain, language)
    known = {message.id for message in catalogue}
    template = Catalog(creation_date=catalogue.creation_date)
    for source in domain.sources:
        template.add(source.id, locations=[(source.place, 1)])
    catalogue.update(template, no_fuzzy_matching=True)
    gone = {
        message.id: message for message in catalogue.obsolete.values() if isinstance(message.id, str) and message.string
    }
    for message in catalogue:
        if message.id not in known and isinstance(message.id, str):
            for like in difflib.get_close_matches(message.id, gone, n=1):
                message.string = gone[like].string
                message.flags.add("fuzzy")
    catalogue.obsolete.clear()
    return catalogue


def save(domain: Domain, language: str, catalogue: Catalog) -> None:
    """Writes the catalogue, and compiles it where that belongs to the domain."""
    file = domain.file(language)
    text = io.BytesIO()
    write_po(text, catalogue, width=LINE_CHARACTERS, include_lineno=False)
    try:
        write_atomically(file, text.getvalue())
        if domain.is_compiled:
            write_atomically(file.with_suffix(".mo"), _compiled(catalogue))
    except OSError as error:
        raise InputError(f"{file}: cannot be written ({error})") from error


def findings(domain: Domain, language: str, catalogue: Catalog) -> list[Finding]:
    """What is left to do for a catalogue that has been merged, and whether its files are as they would be saved."""
    found = [finding for message in catalogue if message.id for finding in _of_message(message, domain)]
    file = domain.file(language)
    if not file.exists() or _content(read_catalogue(file)) != _content(catalogue):
        found.append(Finding("stale", file.name))
    compiled = file.with_suffix(".mo")
    if domain.is_compiled and (not compiled.exists() or compiled.read_bytes() != _compiled(catalogue)):
        found.append(Finding("stale", compiled.name))
    return found


def translations(file: Path) -> dict[str, str]:
    """The confirmed translations of a catalogue without plurals.

    Raises:
        InputError: The file is no catalogue.
    """
    return {
        message.id: message.string
        for message in read_catalogue(file)
        if isinstance(message.id, str)
        and isinstance(message.string, str)
        and message.id
        and message.string
        and not message.fuzzy
    }


def read_catalogue(file: Path) -> Catalog:
    """Reads a ``.po`` file.

    Raises:
        InputError: It cannot be read or is no catalogue.
    """
    try:
        with file.open("rb") as stream:
            return read_po(stream, locale=file.parents[1].name, domain=file.stem, abort_invalid=True)
    except (OSError, ValueError, PoFileError) as error:
        raise InputError(f"{file}: expected a gettext catalogue, received an error ({error}); mend the file") from error


def _empty(domain: Domain, language: str) -> Catalog:
    try:
        locale = Locale.parse(language)
    except (ValueError, UnknownLocaleError) as error:
        raise InputError(f"--language: expected a language such as ru, received {language!r}") from error
    return Catalog(
        locale=locale,
        domain=domain.name,
        header_comment=f"# {domain.name}: translation from English",
        project=domain.name,
        version="0.1",
        msgid_bugs_address="the course's authors",
        last_translator="the course's authors",
        language_team=language,
        revision_date=datetime.now(UTC),
        fuzzy=False,
    )


def _of_message(message: Message, domain: Domain) -> list[Finding]:
    text = message.id if isinstance(message.id, str) else message.id[0]
    strings = _strings(message)
    if not strings:
        return [Finding("untranslated", text)]
    if message.fuzzy:
        return [Finding("fuzzy", text)]
    reasons = dict.fromkeys(
        reason for each in strings for reason in differences(text, each, prose=not domain.is_compiled)
    )
    return [Finding("broken", text, reason) for reason in reasons]


def _content(catalogue: Catalog) -> list[tuple[object, ...]]:
    return [(message.id, _strings(message), message.fuzzy) for message in catalogue if message.id]


def _strings(message: Message) -> list[str]:
    """The translation, one text for each form of a plural; empty if there is none."""
    strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
    return strings if all(strings) else []


def _compiled(catalogue: Catalog) -> bytes:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    return compiled.getvalue()
