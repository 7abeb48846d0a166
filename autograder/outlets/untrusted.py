"""Untrusted text: what a student's code can have written, made safe to show to a person."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

MESSAGE_LIMIT = 2000

# Printable by Unicode's general category, yet drawn as nothing: fillers, joiners, variation selectors.
_INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0" + "".join(
    map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)
_INVISIBLE_CHARACTER = re.compile(f"[{_INVISIBLE}]")
# More than three marks on one letter is no language but a tower over the lines above and below.
_MARK = r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_TOWER = re.compile(f"({_MARK}{{3}}){_MARK}+")
_BACKTICKED = re.compile(r"`([^`\n]{1,120})`")


def visible(text: str) -> str:
    r"""Text in which every character shows, and none acts on its surroundings.

    Control, bidirectional, zero-width, private and unassigned characters and lone surrogates become their
    escapes (``\u202e``), so that text cannot be reordered, hidden or made unwritable as UTF-8. Line breaks
    and tabs stay, other spaces become plain ones. Towers of combining marks are cut at three.

    Args:
        text: Anything.
    """
    if not text.isascii():
        text = _INVISIBLE_CHARACTER.sub(lambda match: _escape(match[0]), _TOWER.sub(r"\1", text))
    if text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    return "".join(c if c == "\n" or c.isprintable() else " " if c.isspace() else _escape(c) for c in text)


def shortened(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """Text of at most about ``limit`` characters; of what is left out, the number is told."""
    if len(text) <= limit:
        return text
    return f"{text[:limit].rstrip()} … (+{len(text) - limit})"


def message_html(text: str, limit: int = MESSAGE_LIMIT) -> Markup:
    """A message as HTML: escaped, shortened, with ```code``` in backticks as ``<code>``."""
    shown = str(escape(visible(shortened(text.strip(), limit))))
    return Markup(_BACKTICKED.sub(r"<code>\1</code>", shown))  # noqa: S704  escaped in the line above


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
