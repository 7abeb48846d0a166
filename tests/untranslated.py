"""What of a text has no Russian translation, and English that is left in a page."""

import re
from functools import cache

from autograder.catalogues import translations
from autograder.language import DOMAIN, LOCALE
from autograder.message import Message

# Python, exception names and code are English in every language; three words in a row are a sentence.
_CODE = re.compile(r"<code>.*?</code>|<style>.*?</style>|<svg.*?</svg>|`[^`]*`|\S*[_.()=\[\]]\S*", re.DOTALL)
_SENTENCE = re.compile(r"\b[A-Za-z]{2,}(?:[ ,;]+[A-Za-z]{2,}){2,}")


def untranslated(text: str) -> list[str]:
    """The templates in a text, and in the messages that it is made of, that the Russian catalogue lacks."""
    if not isinstance(text, Message):
        return [text] if text and text not in _russian() else []
    lacking = [part for each in text.arguments.values() if isinstance(each, Message) for part in untranslated(each)]
    words = re.sub(r"\{[^}]*\}", "", text.template)
    known = text.template in _russian() or not any(map(str.isalpha, words))
    return lacking if known else [text.template, *lacking]


def english_left(text: str) -> list[str]:
    """English sentences in a text or a page."""
    visible = re.sub(r"<[^>]*>", "\n", _CODE.sub(" ` ", text))
    return _SENTENCE.findall(visible)


@cache
def _russian() -> dict[str, str]:
    return translations(LOCALE / "ru" / "LC_MESSAGES" / f"{DOMAIN}.po")
