"""Language of what the helpers show: tables of checks, plots, messages. English unless a notebook says otherwise."""

from __future__ import annotations

import gettext as _gettext
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"
LANGUAGES = ("en", "ru")

_catalogues: list[_gettext.NullTranslations] = [_gettext.NullTranslations()]


def use_language(language: str) -> None:
    """Chooses the language of everything that is shown from now on.

    Args:
        language: ``"en"`` or ``"ru"``.

    Raises:
        ValueError: It is another one.
    """
    if language not in LANGUAGES:
        raise ValueError(f"language: expected one of {', '.join(LANGUAGES)}, received {language!r}")
    english = language == "en"
    _catalogues[0] = (
        _gettext.NullTranslations() if english else _gettext.translation("rlhelpers", LOCALE, languages=[language])
    )


def translate(text: str) -> str:
    """The text in the chosen language, English where the catalogue lacks it; imported as ``_`` for Babel."""
    return _catalogues[0].gettext(text) if text else text
