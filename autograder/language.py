"""Languages of what the autograder says: hints, messages, pages. Code writes English; catalogues know the rest."""

from __future__ import annotations

import gettext
from functools import cache
from pathlib import Path

from autograder.errors import InputError

LOCALE = Path(__file__).parent / "locale"
DOMAIN = "autograder"
SOURCE_LANGUAGE = "en"


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The catalogue of a language; of one that has none, a catalogue that leaves everything in English.

    Args:
        language: Such as ``"ru"``.
    """
    return gettext.translation(DOMAIN, LOCALE, [language], fallback=True)


def require_language(language: str) -> None:
    """Refuses a language that students cannot be answered in.

    Raises:
        InputError: There is no catalogue of it.
    """
    if language not in languages():
        raise InputError(f"language: expected one of {', '.join(languages())}, received {language!r}")


def languages() -> tuple[str, ...]:
    """The languages that students can be answered in."""
    return SOURCE_LANGUAGE, *sorted(path.parents[1].name for path in LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))
