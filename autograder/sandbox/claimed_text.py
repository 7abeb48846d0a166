"""ClaimedText: texts that come out of the sandbox, made fit to be shown; exceptions among them."""

from __future__ import annotations

import re
from typing import Any

from autograder.errors import Frame, ReplyRejected, StudentRaised

MAX_MESSAGE_CHARACTERS = 500
MAX_FRAMES = 12
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")


def clean_text(text: str, characters: int = MAX_MESSAGE_CHARACTERS) -> str:
    """A claim of the sandbox as one printable line of limited length; addresses in memory differ from run to run."""
    printable = "".join(each if each.isprintable() else " " for each in text[: 4 * characters])
    line = _ADDRESS.sub("0x…", " ".join(printable.split()))
    return line if len(line) <= characters else line[: characters - 1] + "…"


def student_raised(raised: dict[str, Any]) -> StudentRaised:
    """The exception that the student's code has raised, as the other side tells it.

    Raises:
        ReplyRejected: Its traceback is none.
    """
    frames = raised.get("frames")
    return StudentRaised(
        clean_text(_text(raised.get("type"), "Exception"), 100),
        clean_text(_text(raised.get("message"), "")),
        tuple(_frame(frame) for frame in frames[:MAX_FRAMES]) if isinstance(frames, list) else (),
    )


def _text(claimed: Any, default: str) -> str:
    """The text; what is none is not told: of lists within lists there may be more than ``str`` can take."""
    return claimed if isinstance(claimed, str) else default


def _frame(claimed: Any) -> Frame:
    match claimed:
        case {"cell": str(cell), "line": int(line), "function": str(function), "source": str(source)}:
            return Frame(clean_text(cell, 40), line, clean_text(function, 100), clean_text(source, 200))
    raise ReplyRejected("malformed traceback")
