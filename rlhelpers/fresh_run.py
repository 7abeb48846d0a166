"""FreshRun: the notebook's cells in a kernel of their own, as the grader runs them."""

from __future__ import annotations

import ast
import queue
import re
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from rlhelpers.language import translate as _

if TYPE_CHECKING:
    from jupyter_client.blocking.client import BlockingKernelClient
    from jupyter_client.manager import KernelManager

State = Literal["written", "not written", "not defined"]

TRAINING_TAG = "training"
CELL_SECONDS = 60.0
_GRACE_SECONDS = 5.0
_START_SECONDS = 60.0
# As in the grader: what stands under `if __name__ == "__main__":`, checks and hand_in itself do nothing.
_PREPARE = 'import sys; __name__ = "submission"; sys.modules[__name__] = sys.modules["__main__"]'
_STATES = "{name: __import__('rlhelpers').is_written(globals()[name]) if name in globals() else None for name in %r}"
_STATE_NAMES: dict[bool | None, State] = {True: "written", False: "not written", None: "not defined"}
_LINE = re.compile(r"-> (\d+) ")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class CellFailure:
    """A cell that failed.

    Attributes:
        beginning: The first line of its text.
        error: What happened.
        line: The line of the cell where it happened, or an empty text.
    """

    beginning: str
    error: str
    line: str = ""


@dataclass
class FreshRun:
    """What running a notebook in a fresh kernel has brought.

    Attributes:
        failures: The cells that failed, in order.
        exercises: What became of each exercise; empty if the kernel did not live to the end.
    """

    failures: list[CellFailure] = field(default_factory=list)
    exercises: dict[str, State] = field(default_factory=dict)


class _KernelDied(Exception):
    """There is nothing left to run cells in."""


def run_afresh(
    cells: Iterable[dict[str, Any]], exercises: Sequence[str], cell_seconds: float = CELL_SECONDS
) -> FreshRun:
    """Runs a notebook's code cells in a new kernel and in an empty folder, but for those that the grader does not run.

    Args:
        cells: Its cells as nbformat 4 has them, with sources in one text each.
        exercises: Names of what the student writes.
        cell_seconds: Time after which a cell is interrupted.

    Raises:
        RuntimeError: The kernel does not start.
    """
    from jupyter_client.manager import start_new_kernel
    from tqdm.auto import tqdm

    run = FreshRun()
    sources = [cell["source"] for cell in cells if _is_run(cell)]
    source = ""
    with tempfile.TemporaryDirectory(prefix="fresh-run-") as folder:
        manager, client = start_new_kernel(startup_timeout=_START_SECONDS, cwd=folder)
        try:
            _execute(manager, client, _PREPARE, cell_seconds)
            for source in tqdm(sources, desc=_("fresh kernel"), unit="cell", leave=False):
                answer = _execute(manager, client, source, cell_seconds)
                if answer["status"] != "ok":
                    run.failures.append(_failure(source, answer))
            question = {"states": _STATES % (list(exercises),)}
            answer = _execute(manager, client, "", cell_seconds, user_expressions=question)
            states = ast.literal_eval(answer["user_expressions"]["states"]["data"]["text/plain"])
            run.exercises = {name: _STATE_NAMES[state] for name, state in states.items()}
        except _KernelDied as death:
            run.failures.append(CellFailure(_first_line(source), str(death)))
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    return run


def _is_run(cell: dict[str, Any]) -> bool:
    metadata = cell.get("metadata", {})
    graded = metadata.get("nbgrader", {}).get("grade", False)
    skipped = graded or TRAINING_TAG in metadata.get("tags", [])
    return cell.get("cell_type") == "code" and not skipped and bool(cell["source"].strip())


def _execute(
    manager: KernelManager, client: BlockingKernelClient, source: str, seconds: float, **options: Any
) -> dict[str, Any]:
    """The kernel's answer to one cell, which is interrupted when its time is up."""
    message = client.execute(source, store_history=False, allow_stdin=False, stop_on_error=False, **options)
    deadline, interrupted = time.monotonic() + seconds, False
    while True:
        try:
            reply = client.get_shell_msg(timeout=1.0)
        except queue.Empty:
            if not manager.is_alive():
                raise _KernelDied(_("it ended the Python process")) from None
            if time.monotonic() < deadline:
                continue
            if interrupted:
                text = _("it ran for more than {seconds:g} seconds and could not be interrupted").format(
                    seconds=seconds
                )
                raise _KernelDied(text) from None
            manager.interrupt_kernel()
            deadline, interrupted = time.monotonic() + _GRACE_SECONDS, True
            continue
        if reply["parent_header"].get("msg_id") != message:
            continue
        answer: dict[str, Any] = reply["content"]
        if any(each.get("source") == "ask_exit" for each in answer.get("payload", [])):
            raise _KernelDied(_("it ended the Python process"))
        if interrupted:
            text = _("it ran for more than {seconds:g} seconds").format(seconds=seconds)
            return answer | {"status": "error", "ename": "TimeoutError", "evalue": text}
        return answer


def _failure(source: str, answer: dict[str, Any]) -> CellFailure:
    lines = source.splitlines()
    found = _LINE.search(_COLOURS.sub("", "\n".join(answer.get("traceback", []))))
    number = int(found[1]) if found else 0
    line = f"{number}: {lines[number - 1].strip()}" if 0 < number <= len(lines) else ""
    error = f"{answer.get('ename', 'error')}: {answer.get('evalue', '')}"
    return CellFailure(_first_line(source), _shortened(error), line)


def _first_line(source: str) -> str:
    return _shortened(next((line.strip() for line in source.splitlines() if line.strip()), ""), 80)


def _shortened(text: str, length: int = 400) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."
