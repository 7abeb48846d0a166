"""Execution: runs the cells of a submission in the sandbox, survives what they do, and keeps what they put out."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from autograder.errors import DeadlineExceeded, GuestDied, GuestError, SubmissionError
from autograder.message import Message, message, told_by
from autograder.sandbox.channel import CONNECTION_ENDED
from autograder.sandbox.deadline import Deadline, Overtime, own_waits
from autograder.sandbox.door import CellResult, CheckProcess, SubmissionProcess, WarmProcess
from autograder.sandbox.limits import Limits
from autograder.submission import Cell, Submission

MAX_KILLERS = 3
MAX_NOTES = 40
REOPENING_NOTEBOOKS = 3  # so many times the time of a notebook may be spent on running it again for checks


@dataclass
class _CellRecord:
    """What is known about one cell that was to be run."""

    cell: Cell
    result: CellResult | None = None
    killed: str = ""


class Execution:
    """One submission in the sandbox, from its first cell to its last check.

    A cell that ends the process (by exit, by memory, by a loop that cannot be interrupted) is left out and the
    notebook is run again without it. A process that a check has ended is opened again in the same way, until that
    has cost ``REOPENING_NOTEBOOKS`` times the time of a notebook.

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
        self._overtime = Overtime(limits.overtime_seconds)
        self._time = Deadline(0.0)  # of the notebook in the present process
        self._reopening_seconds_left = REOPENING_NOTEBOOKS * limits.notebook_seconds
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
                    message(
                        "expected a notebook that runs, received one whose cells {places} each end the Python process "
                        "(cell {last}: {reason}); restart the kernel, run all cells, mend",
                        places=places,
                        last=killers[-1].cell.index,
                        reason=killers[-1].killed,
                    )
                )

    def open_check(self) -> CheckProcess:
        """Forks a process for checks, running the notebook anew if its process has ended.

        Raises:
            GuestError: The submission's process does not fork, not even a new one; or it has ended too often.
            SandboxError: The sandbox fails.
        """
        if self._process is not None and not self._process.closed:
            with contextlib.suppress(GuestError), self._reopening():
                return self._process.open_check()
        if self._reopening_seconds_left <= 0.0:
            raise GuestDied(message("the notebook's process has ended too often to be started again"))
        with self._reopening():
            try:
                self.run()
            except SubmissionError as error:
                raise GuestDied(told_by(error)) from error
            assert self._process is not None
            return self._process.open_check()

    def notes(self) -> list[str]:
        """What an instructor and the student should know about the run, a sentence each."""
        notes = [note for note in map(_note, self._records) if note]
        if len(notes) > MAX_NOTES:
            notes[MAX_NOTES:] = [message("{count} more cells failed.", count=len(notes) - MAX_NOTES)]
        if self._unrun:
            reason = self._time_is_up()
            notes.append(message("The last {count} cells were not run: {reason}.", count=self._unrun, reason=reason))
        return notes

    def outputs(self) -> dict[int, tuple[list[dict[str, Any]], int | None]]:
        """Outputs (nbformat 4) and execution count of each cell that ran, by the cell's index."""
        return {
            record.cell.index: (record.result.outputs, record.result.execution_count or None)
            for record in self._records
            if record.result is not None
        }

    @contextlib.contextmanager
    def _reopening(self) -> Iterator[None]:
        """Counts the time of a block; forking a process that is alive takes next to none."""
        started = time.monotonic()
        try:
            yield
        finally:
            self._reopening_seconds_left -= time.monotonic() - started

    def _run_once(self) -> bool:
        """Runs the cells in a new process; False if one of them ended it."""
        self.close()
        self._process = self._warm.open_submission(self._limits, self._overtime)
        waits = (self._process.waits, own_waits())
        self._time = Deadline(self._limits.notebook_seconds, *waits, overtime=self._overtime)
        alive = [record for record in self._records if not record.killed]
        for record in alive:
            record.result = None
        if not self._run_cells(alive):
            return False
        self._unrun = sum(record.result is None for record in alive)
        # Cells out of order leave names undefined that later cells define: what failed so is tried once more.
        return self._run_cells([record for record in alive if _lacks_a_name(record)])

    def _run_cells(self, records: list[_CellRecord]) -> bool:
        """Runs cells while there is time; False if one of them ended the process."""
        for record in records:
            left = self._time.left()
            if left <= 0.0:
                break
            if not self._run_cell(record, left):
                return False
        return True

    def _run_cell(self, record: _CellRecord, seconds_left: float) -> bool:
        assert self._process is not None
        seconds = min(self._limits.cell_seconds, seconds_left)
        try:
            result = self._process.run_cell(record.cell.index, record.cell.source, seconds)
        except GuestError as error:
            record.result, record.killed = None, _reason(error)
            return False
        if result.was_stopped and seconds < self._limits.cell_seconds:
            self._time = Deadline(0.0)
            result = replace(result, message=self._time_is_up())
        record.result = result
        return True

    def _time_is_up(self) -> str:
        return message("the notebook's {seconds:g} seconds were used up", seconds=self._limits.notebook_seconds)


def _note(record: _CellRecord) -> str:
    index, result = record.cell.index, record.result
    if record.killed:
        return message("Cell {index} was left out: {reason}.", index=index, reason=record.killed)
    if result is None or result.error is None or _is_stub(result):
        return ""
    said = {"name": result.error, "text": result.message}
    error = Message("{name}: {text}", said) if result.message else result.error
    return message("Cell {index} failed: {error}.", index=index, error=error)


def _reason(error: GuestError) -> str:
    if isinstance(error, DeadlineExceeded):
        return message("it ran for more than {seconds:g} seconds and could not be interrupted", seconds=error.seconds)
    text = told_by(error)
    if "memory" in text:
        return text
    if text == CONNECTION_ENDED:
        return message("it ended the Python process")
    return message("it ended the Python process ({reason})", reason=text)


def _lacks_a_name(record: _CellRecord) -> bool:
    return record.result is not None and record.result.error == "NameError"


def _is_stub(result: CellResult) -> bool:
    return result.error == "NotImplementedError"
