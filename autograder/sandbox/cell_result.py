"""CellResult: what running a cell has brought, as the sandbox claims it, in well-formed parts only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from autograder.errors import ReplyRejected
from autograder.sandbox.claimed_text import clean_text

MAX_EXECUTION_COUNT = 1_000_000
_SHOWN_TYPES = ("text/plain", "text/html", "text/markdown", "text/latex", "image/png", "image/jpeg", "image/svg+xml")


@dataclass(frozen=True)
class CellResult:
    """What running a cell has brought.

    Attributes:
        outputs: Outputs in nbformat 4; types that run code in a browser are left out.
        error: Name of the exception's class, or None.
        message: Its text.
        execution_count: Number of the prompt; 0 if it is not known.
        was_stopped: Whether it ended because the grader had told it that its time was over.
    """

    outputs: list[dict[str, Any]]
    error: str | None
    message: str
    execution_count: int
    was_stopped: bool = False

    @property
    def characters(self) -> int:
        """How much text the outputs hold."""
        texts = 0
        for output in self.outputs:
            for value in output.values():
                parts = [value] if isinstance(value, str) else value.values() if isinstance(value, dict) else value
                texts += sum(map(len, parts or ()))
        return texts


def read_cell_result(reply: Any) -> CellResult:
    """Reads the reply to ``run_cell``.

    Raises:
        ReplyRejected: It is malformed.
    """
    match reply:
        case {"outputs": list(outputs), "error": str() | None as error, "message": str(message)}:
            shown = [output for output in map(_well_formed, outputs) if output]
            name = None if error is None else clean_text(error, 100)
            return CellResult(shown, name, clean_text(message), _count(reply.get("execution_count")))
    raise ReplyRejected("expected the outputs of a cell, received a malformed reply")


def _count(claimed: Any) -> int:
    return claimed if type(claimed) is int and 0 < claimed <= MAX_EXECUTION_COUNT else 0


def _well_formed(claimed: Any) -> dict[str, Any]:
    """The output, or an empty dict if it is none."""
    match claimed:
        case {"output_type": "stream", "name": "stdout" | "stderr" as name, "text": str(text)}:
            return {"output_type": "stream", "name": name, "text": text}
        case {"output_type": "display_data" | "execute_result" as kind, "data": dict(data)}:
            shown = {mime: data[mime] for mime in _SHOWN_TYPES if isinstance(data.get(mime), str)}
            count = {"execution_count": None} if kind == "execute_result" else {}
            return {"output_type": kind, "data": shown, "metadata": {}, **count}
        case {"output_type": "error", "ename": str(name), "evalue": str(value), "traceback": list(lines)}:
            texts = [line for line in lines if isinstance(line, str)]
            return {"output_type": "error", "ename": name, "evalue": value, "traceback": texts}
    return {}
