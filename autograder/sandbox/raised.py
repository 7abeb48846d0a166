"""Raised: what the grader is told about an exception of the student's code."""

from __future__ import annotations

import traceback
from typing import Any

MAX_TEXT = 2_000
MAX_FRAMES = 12


def message_of(error: BaseException) -> str:
    """The text of an exception, which its own code may refuse to tell."""
    try:
        return encodable(str(error))[:MAX_TEXT]
    except Exception:
        return "(its message cannot be printed)"


def encodable(text: str) -> str:
    """The text without what UTF-8 cannot say (lone surrogates, as file names may hold them)."""
    return text.encode("utf-8", "replace").decode("utf-8")


def describe_exception(error: BaseException) -> dict[str, Any]:
    """Type, message and the student's own frames of an exception, outermost first."""
    frames = [
        {
            "cell": encodable(entry.filename),
            "line": entry.lineno or 0,
            "function": encodable(entry.name)[:100],
            "source": encodable(entry.line or "")[:200],
        }
        for entry in traceback.extract_tb(error.__traceback__)
        if entry.filename.startswith("cell ")
    ]
    return {
        "type": encodable(type(error).__name__)[:100],
        "message": message_of(error),
        "frames": frames[-MAX_FRAMES:],
    }
