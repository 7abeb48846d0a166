"""Language of what the helpers show: tables of checks, plots, messages. English unless a notebook says otherwise."""

from __future__ import annotations

import gettext as _gettext
from functools import cache
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"
SOURCE_LANGUAGE = "en"

_chosen = [SOURCE_LANGUAGE]


def use_language(language: str) -> None:
    """Chooses the language of everything that is shown from now on.

    Args:
        language: ``"en"`` or ``"ru"``.

    Raises:
        ValueError: It is another one.
    """
    if language not in languages():
        raise ValueError(f"language: expected one of {', '.join(languages())}, received {language!r}")
    _chosen[0] = language


def current_language() -> str:
    """The chosen language."""
    return _chosen[0]


def languages() -> tuple[str, ...]:
    """The languages that there are."""
    return (SOURCE_LANGUAGE, *sorted(path.parents[1].name for path in LOCALE.glob("*/LC_MESSAGES/rlhelpers.mo")))


def translate(text: str) -> str:
    """The text in the chosen language, English where the catalogue lacks it; imported as ``_`` for Babel."""
    return in_language(_chosen[0], text)


def in_language(language: str, text: str) -> str:
    """The text in a language, English where there is no translation."""
    return _catalogue(language).gettext(text) if text else text


def in_all_languages(text: str) -> tuple[str, ...]:
    """The text in each language."""
    return tuple(in_language(language, text) for language in languages())


@cache
def _catalogue(language: str) -> _gettext.NullTranslations:
    return _gettext.translation("rlhelpers", LOCALE, languages=[language], fallback=True)
