"""Visibility: when Gradescope shows a result to students."""

from __future__ import annotations

from enum import StrEnum


class Visibility(StrEnum):
    """The four words of its specification."""

    visible = "visible"
    hidden = "hidden"
    after_due_date = "after_due_date"
    after_published = "after_published"
