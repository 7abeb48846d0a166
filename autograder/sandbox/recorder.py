"""Recorder: collects what a notebook cell puts out as nbformat outputs."""

from __future__ import annotations

import io
from typing import Any

from autograder.sandbox.raised import encodable

MAX_TRACEBACK_LINES = 60
MAX_LINE_CHARACTERS = 500


class Recorder:
    """Collects nbformat outputs in order, up to a number of bytes; what exceeds it is counted and dropped.

    Tracebacks don't count; they are shortened instead.
    """

    def __init__(self) -> None:
        self._left_bytes = self._cell_bytes = 0
        self.start()

    def limit(self, notebook_bytes: int) -> None:
        """Sets how much is kept from now on, over all cells; a single cell may have a quarter of it."""
        self._left_bytes, self._cell_bytes = notebook_bytes, notebook_bytes // 4
        self.start()

    def start(self) -> None:
        """Begins the outputs of a new cell."""
        self._outputs: list[dict[str, Any]] = []
        self._kept_bytes = 0
        self._dropped_characters = 0
        self._clear_before_next = False

    def stream(self, name: str, text: str) -> None:
        """Adds text of ``stdout`` or ``stderr``, joined to the last output if that is the same stream."""
        if self._clear_before_next:
            self.clear()
        room = self._room()
        if room == 0:
            self._dropped_characters += len(text)
            return
        if len(text) > room:
            self._dropped_characters += len(text) - room
            text = text[:room]
        self._kept_bytes += len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
        if not self._outputs or self._outputs[-1].get("name") != name:
            self._outputs.append({"output_type": "stream", "name": name, "text": []})
        self._outputs[-1]["text"].append(text)  # joined at the end: a million lines would be copied a million times

    def data(self, output_type: str, data: dict[str, Any]) -> None:
        """Adds rich output (``display_data`` or ``execute_result``), whole or not at all."""
        if self._clear_before_next:
            self.clear()
        kept = {str(kind): encodable(str(value)) for kind, value in data.items() if isinstance(value, str)}
        size = sum(map(len, kept.values()))
        if size > self._room():
            self._dropped_characters += size
            return
        self._kept_bytes += size
        self._outputs.append({"output_type": output_type, "data": kept, "metadata": {}})

    def error(self, name: str, message: str, lines: list[str]) -> None:
        """Adds a traceback."""
        self._outputs.append(
            {
                "output_type": "error",
                "ename": encodable(name)[:MAX_LINE_CHARACTERS],
                "evalue": encodable(message)[:MAX_LINE_CHARACTERS],
                "traceback": [encodable(line)[:MAX_LINE_CHARACTERS] for line in lines[-MAX_TRACEBACK_LINES:]],
            }
        )

    def clear(self, wait: bool = False) -> None:
        """Forgets the outputs of the cell so far, at once or when the next one comes."""
        self._clear_before_next = wait
        if not wait:
            self._outputs.clear()
            self._kept_bytes = 0

    def finish(self) -> list[dict[str, Any]]:
        """Ends the outputs of the cell and returns them, progress bars collapsed to their last state."""
        outputs, dropped_characters = self._outputs, self._dropped_characters
        self._left_bytes -= self._kept_bytes
        self.start()  # what is written from now on, by a thread or into a stream that a function has kept, is lost
        for output in outputs:
            if output["output_type"] == "stream":
                output["text"] = encodable(_collapsed("".join(output["text"])))
        if dropped_characters:
            note = f"\n[{dropped_characters} more characters of output were dropped]\n"
            outputs.append({"output_type": "stream", "name": "stderr", "text": note})
        return outputs

    def _room(self) -> int:
        return max(0, min(self._left_bytes, self._cell_bytes) - self._kept_bytes)


class RecordedStream(io.TextIOBase):
    """Stands in for sys.stdout or sys.stderr while a cell runs.

    Args:
        recorder: Where the text goes.
        name: ``stdout`` or ``stderr``.
    """

    encoding = "utf-8"

    def __init__(self, recorder: Recorder, name: str) -> None:
        self._recorder = recorder
        self._name = name

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._recorder.stream(self._name, text)
        return len(text)

    def writable(self) -> bool:
        return True


def _collapsed(text: str) -> str:
    """What a terminal shows in the end of lines that were overwritten after a carriage return."""
    if "\r" not in text:
        return text
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
