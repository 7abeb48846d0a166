"""The table that a visible check shows: HTML in a notebook, plain text elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Literal

from rlhelpers.language import translate as _

Verdict = Literal["passed", "failed", "not written"]

_MARKS: dict[Verdict, tuple[str, str]] = {
    "passed": ("✓", "#1a7f37"),
    "failed": ("✗", "#cf222e"),
    "not written": ("…", "#9a6700"),
}
_CELL = "text-align:left;vertical-align:top;padding:2px 10px;white-space:pre-wrap;"


@dataclass(frozen=True)
class Row:
    """The outcome of one case.

    Attributes:
        verdict: Passed, failed, or not written yet.
        what: What was asked.
        expected: What should have come; like the next two, empty where the case passed.
        received: What came.
        hint: What to look at.
    """

    verdict: Verdict
    what: str
    expected: str = ""
    received: str = ""
    hint: str = ""


@dataclass(frozen=True)
class CheckTable:
    """The outcome of the visible check of one exercise.

    Attributes:
        exercise: Its name.
        rows: One per case.
    """

    exercise: str
    rows: tuple[Row, ...]

    @property
    def passed(self) -> bool:
        """Whether every case passed."""
        return all(row.verdict == "passed" for row in self.rows)

    @property
    def _begun(self) -> bool:
        """Whether there is anything to judge yet; if not, the summary says it all."""
        return any(row.verdict != "not written" for row in self.rows)

    @property
    def summary(self) -> str:
        """One line."""
        if not self._begun:
            return f"{self.exercise}: {self.rows[0].received}"
        passed = sum(row.verdict == "passed" for row in self.rows)
        counts = {"exercise": self.exercise, "passed": passed, "count": len(self.rows)}
        return _("{exercise}: {passed} of {count} visible checks passed").format(**counts)

    def __str__(self) -> str:
        """The table as plain text."""
        lines = [self.summary]
        for row in self.rows if self._begun else ():
            lines.append(f"  {_MARKS[row.verdict][0]} {row.what}")
            details = {_("expected"): row.expected, _("received"): row.received, _("hint"): row.hint}
            lines += [_indented(name, text) for name, text in details.items() if text]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """The table as IPython shows it."""
        if not self._begun:
            return f'<b style="color:{_MARKS["not written"][1]}">{escape(self.summary)}</b>'
        colour = _MARKS["passed" if self.passed else "failed"][1]
        names = ("", _("case"), *(() if self.passed else (_("expected"), _("received"), _("hint"))))
        head = "".join(f'<th style="{_CELL}">{name}</th>' for name in names)
        body = "".join(_html_row(row) for row in self.rows)
        return (
            f'<div><b style="color:{colour}">{escape(self.summary)}</b>'
            f'<table style="margin:4px 0"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        )


def _html_row(row: Row) -> str:
    sign, colour = _MARKS[row.verdict]
    words = {"passed": _("passed"), "failed": _("failed"), "not written": _("not written")}
    mark = f'<td style="{_CELL}color:{colour};font-weight:bold" title="{words[row.verdict]}">{sign}</td>'
    # Numbers in columns read better in a fixed width.
    values = "".join(
        f'<td style="{_CELL}font-family:monospace">{escape(text)}</td>' for text in (row.expected, row.received)
    )
    what, hint = (f'<td style="{_CELL}">{escape(text)}</td>' for text in (row.what, row.hint))
    return f"<tr>{mark}{what}{values}{hint}</tr>"


def _indented(name: str, text: str) -> str:
    prefix = f"      {name}: "
    return prefix + text.replace("\n", "\n" + " " * len(prefix))
