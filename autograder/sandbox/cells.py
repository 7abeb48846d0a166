"""CellRunner: runs notebook cells through IPython inside the sandbox and records what they put out."""

from __future__ import annotations

import io
import re
import signal
import subprocess
import sys
import time
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from matplotlib_inline.backend_inline import configure_inline_support
from traitlets.config import Config

MODULE_NAME = "submission"
INLINE_BACKEND = "module://matplotlib_inline.backend_inline"
_OVERWRITTEN = re.compile(r"[^\n]*\r(?!\n)")


class Recorder:
    """Collects nbformat outputs in order, up to a number of bytes; what exceeds it is counted and dropped."""

    def __init__(self, capacity_bytes: int) -> None:
        self.remaining_bytes = capacity_bytes
        self.dropped_bytes = 0
        self.outputs: list[dict[str, Any]] = []

    def start(self) -> None:
        """Begins the outputs of a new cell."""
        self.outputs = []
        self.dropped_bytes = 0

    def stream(self, name: str, text: str) -> None:
        """Adds text of ``stdout`` or ``stderr``, joined to the last output if that is the same stream."""
        text = self._fit(text)
        if not text:
            return
        if self.outputs and self.outputs[-1].get("name") == name:
            self.outputs[-1]["text"] += text
        else:
            self.outputs.append({"output_type": "stream", "name": name, "text": text})

    def data(self, output_type: str, data: dict[str, Any], metadata: dict[str, Any] | None) -> None:
        """Adds rich output, whole or not at all."""
        size = sum(len(value) for value in data.values() if isinstance(value, str | bytes))
        if size > self.remaining_bytes:
            self.dropped_bytes += size
            return
        self.remaining_bytes -= size
        kept = {kind: value for kind, value in data.items() if isinstance(value, str)}
        self.outputs.append({"output_type": output_type, "data": kept, "metadata": {}})

    def error(self, name: str, message: str, lines: list[str]) -> None:
        """Adds a traceback."""
        self.outputs.append(
            {
                "output_type": "error",
                "ename": name,
                "evalue": self._fit(message),
                "traceback": [self._fit(line) for line in lines[-60:]],
            }
        )

    def finish(self) -> list[dict[str, Any]]:
        """The outputs of the cell, progress bars collapsed to their last state."""
        for output in self.outputs:
            if output["output_type"] == "stream":
                output["text"] = _OVERWRITTEN.sub("", output["text"])
        if self.dropped_bytes:
            note = f"\n[{self.dropped_bytes} more characters of output were dropped]\n"
            self.outputs.append({"output_type": "stream", "name": "stderr", "text": note})
        return self.outputs

    def _fit(self, text: str) -> str:
        kept = text[: max(self.remaining_bytes, 0)]
        self.remaining_bytes -= len(kept)
        self.dropped_bytes += len(text) - len(kept)
        return kept


class _Stream(io.TextIOBase):
    """Stands in for sys.stdout or sys.stderr while a cell runs."""

    encoding = "utf-8"

    def __init__(self, recorder: Recorder, name: str) -> None:
        self._recorder = recorder
        self._name = name

    def write(self, text: str) -> int:
        self._recorder.stream(self._name, str(text))
        return len(text)

    def writable(self) -> bool:
        return True


class _Publisher(DisplayPublisher):  # type: ignore[misc]  # IPython is untyped here
    recorder: Recorder

    def publish(self, data: dict[str, Any], metadata: dict[str, Any] | None = None, **_: Any) -> None:
        self.recorder.data("display_data", data, metadata)

    def clear_output(self, wait: bool = False) -> None:
        self.recorder.outputs.clear()


class _ResultHook(DisplayHook):  # type: ignore[misc]
    recorder: Recorder

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        self.recorder.data("execute_result", format_dict, md_dict)

    def log_output(self, format_dict: dict[str, Any]) -> None:
        pass

    def finish_displayhook(self) -> None:
        sys.stdout.flush()


class _Compiler(CachingCompiler):  # type: ignore[misc]
    """Names code by its cell, so that a traceback says ``cell 7``."""

    cell_index = 0

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        return f"cell {self.cell_index}"


class CellRunner:
    """An IPython shell without a terminal, whose ``__name__`` is ``submission``.

    It is built once, in the warm process, and inherited by every submission. In a notebook
    ``__name__`` is ``"__main__"``: training guarded by ``if __name__ == "__main__"`` is skipped here.
    """

    def __init__(self) -> None:
        config = Config()
        config.HistoryManager.enabled = False  # would start a thread, and nothing may before a fork
        config.InteractiveShell.xmode = "Plain"
        config.InteractiveShell.colors = "nocolor"
        module = types.ModuleType(MODULE_NAME)
        sys.modules[MODULE_NAME] = module  # dataclasses and pickle look a class's module up here
        self.recorder = Recorder(0)
        _Publisher.recorder = _ResultHook.recorder = self.recorder
        self.shell = InteractiveShell.instance(
            config=config,
            user_module=module,
            display_pub_class=_Publisher,
            displayhook_class=_ResultHook,
            compiler_class=_Compiler,
        )
        self.shell.system = self._system
        self.shell._showtraceback = self._show_traceback
        self.shell.ask_exit = lambda: None
        configure_inline_support(self.shell, INLINE_BACKEND)  # as in Jupyter, plots show without a magic

    @property
    def namespace(self) -> dict[str, Any]:
        """The student's global names."""
        names: dict[str, Any] = self.shell.user_ns
        return names

    def limit_output(self, output_bytes: int) -> None:
        """Sets how much output is kept from now on."""
        self.recorder.remaining_bytes = output_bytes

    def run(self, index: int, source: str, seconds: float) -> dict[str, Any]:
        """Runs one cell.

        Args:
            index: Number of the cell in the notebook, from 1.
            source: Its source, with magics and shell escapes.
            seconds: Wall time after which KeyboardInterrupt is raised in it.

        Returns:
            ``{"outputs": [...], "error": name of the exception or None, "message": its text,
            "execution_count": n}``.
        """
        self.recorder.start()
        self.shell.compile.cell_index = index
        started = time.monotonic()
        error: BaseException | None
        try:
            with self._redirected(), interrupted_after(seconds):
                result = self.shell.run_cell(source, store_history=True)
            error = result.error_before_exec or result.error_in_exec
        except BaseException as escaped:
            error = escaped
        if isinstance(error, KeyboardInterrupt) and time.monotonic() - started >= seconds:
            error = TimeoutError(f"the cell was stopped after {seconds:g} seconds")
        return {
            "outputs": self.recorder.finish(),
            "error": None if error is None else type(error).__name__,
            "message": "" if error is None else str(error)[:2000],
            "execution_count": self.shell.execution_count - 1,
        }

    @contextmanager
    def _redirected(self) -> Iterator[None]:
        streams = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = _Stream(self.recorder, "stdout"), _Stream(self.recorder, "stderr")
        try:
            yield
        finally:
            sys.stdout, sys.stderr = streams

    def _show_traceback(self, kind: type[BaseException], value: BaseException, lines: list[str]) -> None:
        self.recorder.error(kind.__name__, str(value), lines)

    def _system(self, command: str) -> None:
        """Runs a ``!command`` line, its output recorded; as in Jupyter, its exit code goes to ``_exit_code``."""
        command = self.shell.var_expand(command, depth=1)
        with subprocess.Popen(  # noqa: S602  # a notebook's ! lines are shell lines
            command,
            shell=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            if process.stdout is not None:
                for line in process.stdout:
                    sys.stdout.write(line)
        self.shell.user_ns["_exit_code"] = process.returncode


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """Raises KeyboardInterrupt in the block after ``seconds`` of wall time, and every second from then on."""

    def interrupt(_signal: int, _frame: types.FrameType | None) -> None:
        raise KeyboardInterrupt(f"stopped after {seconds:g} seconds")

    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
