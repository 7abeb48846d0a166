"""Rules of translation: what has to be the same in a message and in its translation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

_PLACEHOLDER = re.compile(r"\{\w*(?:![rs])?(?::[^{}]*)?\}|%\(\w+\)s")
_FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$\n]+\$", re.DOTALL)
_WORDS_IN_FORMULA = re.compile(r"\\text\{[^}]*\}")
_CODE = re.compile(r"(`+)(.+?)\1", re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)|(https?://[^\s)>\"]+)|(?:src|href)=\"([^\"]+)\"")
_STRUCTURE = re.compile(r"^(?: *(?:#+ |[-*] |\d+\. |\||> )|    \w+:)", re.MULTILINE)


def differences(original: str, translation: str, *, prose: bool) -> list[str]:
    """What a translation has lost or added that has to stay as it is, a sentence each.

    Args:
        original: The English message.
        translation: Its translation.
        prose: Whether it is a block of a notebook, where braces are no placeholders.
    """
    kinds: list[tuple[str, Callable[[str], Iterable[str]]]] = [
        ("code", _codes),
        ("links", _links),
        ("formulas", _formulas),
    ]
    if prose:
        kinds.append(("headings, list items, table rows or arguments", _structure))
    else:
        kinds.append(("placeholders", lambda text: set(_PLACEHOLDER.findall(text))))
    found = []
    for name, find in kinds:
        wanted, received = sorted(find(original)), sorted(find(translation))
        if wanted != received:
            found.append(f"{name}: expected {', '.join(wanted) or 'none'}; received {', '.join(received) or 'none'}")
    return found


def _codes(text: str) -> set[str]:
    return {_file_names(" ".join(code.split())) for _, code in _CODE.findall(_FORMULA.sub("", text))}


def _links(text: str) -> set[str]:
    return {_file_names("".join(link)) for link in _LINK.findall(text)}


def _formulas(text: str) -> set[str]:
    """Formulas but for the words in them."""
    plain = _CODE.sub("", text)
    return {" ".join(_WORDS_IN_FORMULA.sub(r"\\text{}", formula).split()) for formula in _FORMULA.findall(plain)}


def _structure(text: str) -> list[str]:
    return [re.sub(r"\d+", "1", mark) for mark in _STRUCTURE.findall(text)]


def _file_names(text: str) -> str:
    """Names of notebooks in any language count as the same."""
    return re.sub(r"\.[a-z]{2}\.ipynb\b", ".ipynb", text)
