"""Execution: runs the cells of a submission in the sandbox, survives what they do, and keeps what they put out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from autograder.errors import DeadlineExceeded, GuestError, SubmissionError
from autograder.sandbox.door import CellResult, CheckProcess, SubmissionProcess, WarmProcess
from autograder.sandbox.limits import Limits
from autograder.submission import Cell, Submission

MAX_KILLERS = 3
_SHOWN_TYPES = ("text/plain", "text/html", "text/markdown", "text/latex", "image/png", "image/jpeg", "image/svg+xml")


@dataclass
class _CellRecord:
    """What is known about one cell that was to be run."""

    cell: Cell
    result: CellResult | None = None
    killed: str = ""


class Execution:
    """One submission in the sandbox, from its first cell to its last check.

    A cell that ends the process (by exit, by memory, by a loop that cannot be interrupted) is left out and the
    notebook is run again without it. A process that a check has ended is opened again in the same way.

    Args:
        warm: Opens processes.
        submission: What to run.
        limits: What it may use.
    """

    def __init__(self, warm: WarmProcess, submission: Submission, limits: Limits) -> None:
        self._warm = warm
        self._limits = limits
        self._records = [_CellRecord(cell) for cell in submission.cells if cell.is_run]
        self._process: SubmissionProcess | None = None
        self._seconds_left = limits.notebook_seconds
        self._unrun = 0

    def __enter__(self) -> Execution:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the submission's processes."""
        if self._process is not None:
            self._process.close()
        self._process = None

    def run(self) -> None:
        """Runs all cells.

        Raises:
            SubmissionError: Cells ended the process again and again.
            SandboxError: The sandbox fails.
        """
        while not self._run_once():
            killers = [record for record in self._records if record.killed]
            if len(killers) > MAX_KILLERS:
                places = ", ".join(str(record.cell.index) for record in killers)
                raise SubmissionError(
                    f"expected a notebook that runs, received one whose cells {places} each end the Python process "
                    f"(cell {killers[-1].cell.index}: {killers[-1].killed}); restart the kernel, run all cells, mend"
                )

    def open_check(self) -> CheckProcess:
        """Forks a process for checks, running the notebook anew if its process has ended.

        Raises:
            GuestError: The submission's process does not fork.
            SandboxError: The sandbox fails.
        """
        if self._process is None or self._process.closed:
            self._seconds_left = self._limits.notebook_seconds
            self.run()
        assert self._process is not None
        return self._process.open_check()

    def notes(self) -> list[str]:
        """What an instructor and the student should know about the run, a sentence each."""
        notes = []
        for record in self._records:
            index, result = record.cell.index, record.result
            if record.killed:
                notes.append(f"Cell {index} was left out: {record.killed}.")
            elif result is not None and result.error is not None and not _is_stub(result):
                notes.append(f"Cell {index} failed: {result.error}{': ' if result.message else ''}{result.message}.")
        if self._unrun:
            notes.append(
                f"The last {self._unrun} cells were not run: the notebook's {self._limits.notebook_seconds:g} seconds "
                "were used up."
            )
        return notes

    def outputs(self) -> dict[int, tuple[list[dict[str, Any]], int | None]]:
        """Outputs (nbformat 4) and execution count of each cell that ran, by the cell's index."""
        return {
            record.cell.index: (_nbformat_outputs(record.result.outputs), record.result.execution_count or None)
            for record in self._records
            if record.result is not None
        }

    def _run_once(self) -> bool:
        """Runs the cells in a new process; False if one of them ended it."""
        self.close()
        self._process = self._warm.open_submission(self._limits)
        alive = [record for record in self._records if not record.killed]
        # Cells out of order leave names undefined that later cells define: what failed so is tried once more.
        return self._run_cells(alive) and self._run_cells([record for record in alive if _lacks_a_name(record)])

    def _run_cells(self, records: list[_CellRecord]) -> bool:
        self._unrun = 0
        for number, record in enumerate(records):
            if self._seconds_left <= 0.0:
                self._unrun = len(records) - number
                return True
            if not self._run_cell(record):
                return False
        return True

    def _run_cell(self, record: _CellRecord) -> bool:
        assert self._process is not None
        seconds = min(self._limits.cell_seconds, self._seconds_left)
        started = time.monotonic()
        try:
            record.result = self._process.run_cell(record.cell.index, record.cell.source, seconds)
        except GuestError as error:
            record.result = None
            record.killed = _reason(error)
            return False
        finally:
            self._seconds_left -= time.monotonic() - started
        return True


def _reason(error: GuestError) -> str:
    if isinstance(error, DeadlineExceeded):
        return f"it ran for more than {error.seconds:g} seconds and could not be interrupted"
    text = str(error)
    return text if "memory" in text else f"it ended the Python process ({text})"


def _lacks_a_name(record: _CellRecord) -> bool:
    return record.result is not None and record.result.error == "NameError"


def _is_stub(result: CellResult) -> bool:
    return result.error == "NotImplementedError"


def _nbformat_outputs(claimed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the claimed outputs that are well formed; types that run code in a browser are left out."""
    outputs: list[dict[str, Any]] = []
    for output in claimed:
        match output:
            case {"output_type": "stream", "name": "stdout" | "stderr" as name, "text": str(text)}:
                outputs.append({"output_type": "stream", "name": name, "text": text})
            case {"output_type": "display_data" | "execute_result" as kind, "data": dict(data)}:
                shown = {mime: data[mime] for mime in _SHOWN_TYPES if isinstance(data.get(mime), str)}
                count = {"execution_count": None} if kind == "execute_result" else {}
                outputs.append({"output_type": kind, "data": shown, "metadata": {}, **count})
            case {"output_type": "error", "ename": str(name), "evalue": str(value), "traceback": list(lines)}:
                texts = [line for line in lines if isinstance(line, str)]
                outputs.append({"output_type": "error", "ename": name, "evalue": value, "traceback": texts})
    return outputs
