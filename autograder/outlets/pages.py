"""Pages: the templates, the content policy, languages and number formats that all HTML outlets share."""

from __future__ import annotations

import base64
import hashlib
from functools import cache, lru_cache, partial
from typing import Any
from urllib.parse import quote

from babel.numbers import format_decimal, format_percent
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from autograder.language import SOURCE_LANGUAGE, catalogue, languages
from autograder.message import in_language, message
from autograder.outlets.untrusted import MESSAGE_LIMIT, message_html, visible


def render(template: str, language: str, **values: Any) -> str:
    """One self-contained HTML page.

    Every string that a template prints is escaped and made visible, unless the template was given Markup.
    No script can run and nothing is loaded: the page's content security policy allows its own style sheet,
    by its hash, and films that stand in the page itself.

    Args:
        template: File name in ``templates/``.
        language: Of the page; English where there is no catalogue of it.
        values: What the template reads; a name that it needs and does not get is an error.
    """
    known = language if language in languages() else SOURCE_LANGUAGE
    return _environment(known).get_template(template).render(language=known, **values)


@lru_cache(maxsize=1024)  # a class has few numbers of points, and Babel takes its time for each
def points_text(points: float, language: str = SOURCE_LANGUAGE) -> str:
    """Points for people, at most three decimals: ``0.25``, ``1``, ``0``; in Russian ``0,25``."""
    return format_decimal(round(points, 3) + 0.0, "0.###", language)


def signed_text(points: float, language: str = SOURCE_LANGUAGE) -> str:
    """Points added or taken off: ``+0.5``, ``−1``."""
    return f"{'−' if points < 0 else '+'}{points_text(abs(points), language)}"


def duration_text(seconds: float, language: str = SOURCE_LANGUAGE) -> str:
    """A duration: ``0.4 s``, ``3 min 20 s``."""
    if seconds < 60:
        return message("{seconds} s", seconds=format_decimal(seconds, "0.0", language))
    minutes, rest = divmod(round(seconds), 60)
    return message("{minutes} min {seconds} s", minutes=minutes, seconds=rest)


def feedback_link(student: str, assignment_id: str) -> str:
    """A student's page, from that of the class; an id may be any folder name, ``:``, ``#`` and ``%`` must not act."""
    return f"{quote(student, safe='', errors='replace')}/{assignment_id}/feedback.html"


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        extensions=["jinja2.ext.i18n"],
        loader=PackageLoader("autograder", "outlets/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    style, _, _ = environment.loader.get_source(environment, "page.css")  # type: ignore[union-attr]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment.globals |= {
        "style": Markup(style),  # noqa: S704  our own file
        "policy": Markup(  # noqa: S704  a constant and a hash
            f"default-src 'none'; style-src 'sha256-{digest}'; media-src data:; base-uri 'none'; form-action 'none'"
        ),
    }
    translations = catalogue(language)
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    translated = partial(in_language, translate=translations.gettext)
    environment.filters |= {
        "decimals": lambda number, count: format_decimal(number, f"0.{'0' * count}", language),
        "duration": lambda seconds: translated(duration_text(seconds, language)),
        "message": lambda text, limit=MESSAGE_LIMIT: message_html(translated(text), limit),
        "page": lambda report: feedback_link(report.student, report.assignment),
        "percent": lambda fraction: format_percent(fraction, locale=language),
        "points": partial(points_text, language=language),
        "signed": partial(signed_text, language=language),
        "translated": translated,
        "visible": visible,  # for what is put into a sentence of the template, where _finalize does not see it
    }
    return environment


def _finalize(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return value
