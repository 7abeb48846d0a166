"""Pages: the templates, the content policy and the number formats that all HTML outlets share."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from autograder.outlets.untrusted import message_html, visible


def render(template: str, **values: Any) -> str:
    """One self-contained HTML page.

    Every string that a template prints is escaped and made visible, unless the template was given Markup.
    No script can run and nothing is loaded: the page's content security policy allows its own style sheet,
    by its hash, and nothing else.

    Args:
        template: File name in ``templates/``.
        values: What the template reads; a name that it needs and does not get is an error.
    """
    return _environment().get_template(template).render(**values)


def points_text(points: float) -> str:
    """Points for people, at most three decimals: ``0.25``, ``1``, ``0``."""
    text = f"{points:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def signed_text(points: float) -> str:
    """Points added or taken off: ``+0.5``, ``−1``."""
    return f"{'−' if points < 0 else '+'}{points_text(abs(points))}"


def percent_text(fraction: float) -> str:
    """A share in whole percent, ``87 %``."""
    return f"{100 * fraction:.0f} %"


def duration_text(seconds: float) -> str:
    """A duration: ``0.4 s``, ``3 min 20 s``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


@cache
def _environment() -> Environment:
    environment = Environment(
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
            f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        ),
    }
    environment.filters |= {
        "duration": duration_text,
        "message": message_html,
        "percent": percent_text,
        "points": points_text,
        "signed": signed_text,
    }
    return environment


def _finalize(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return value
