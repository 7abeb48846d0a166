"""CellRunner: runs notebook cells through IPython inside the sandbox and records what they put out."""

from __future__ import annotations

import codecs
import contextlib
import os
import signal
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import matplotlib
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from matplotlib_inline.backend_inline import configure_inline_support
from traitlets.config import Config

from autograder.sandbox.raised import encodable, message_of
from autograder.sandbox.recorder import RecordedStream, Recorder
from autograder.sandbox.spare_memory import SpareMemory

MODULE_NAME = "submission"
INLINE_BACKEND = "module://matplotlib_inline.backend_inline"
_READ_BYTES = 1 << 16


class _Publisher(DisplayPublisher):  # type: ignore[misc]  # IPython is untyped here
    recorder: Recorder

    def publish(self, data: dict[str, Any], metadata: dict[str, Any] | None = None, **_: Any) -> None:
        self.recorder.data("display_data", data)

    def clear_output(self, wait: bool = False) -> None:
        self.recorder.clear(wait)


class _ResultHook(DisplayHook):  # type: ignore[misc]
    recorder: Recorder

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        self.recorder.data("execute_result", format_dict)

    def log_output(self, format_dict: dict[str, Any]) -> None:
        pass

    def finish_displayhook(self) -> None:
        sys.stdout.flush()


class _Compiler(CachingCompiler):  # type: ignore[misc]
    """Names code by its cell, so that a traceback says ``cell 7``."""

    cell_index = 0

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        return f"cell {self.cell_index}"


class _Alarm:
    """SIGALRM, by which the grader says that time is over: it raises KeyboardInterrupt while a cell runs."""

    def __init__(self) -> None:
        self._is_set = False
        self._take_back()

    @contextlib.contextmanager
    def set(self) -> Iterator[None]:
        """A cell runs."""
        self._take_back()
        self._is_set = True
        try:
            yield
        finally:
            while self._is_set:
                try:
                    self._is_set = False
                except KeyboardInterrupt:  # it came just before
                    continue
            self._take_back()

    def _take_back(self) -> None:
        """A student's code may use the signal within a cell; what is left of that shall not ring in another one."""
        signal.signal(signal.SIGALRM, self._ring)
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _ring(self, _signal: int, _frame: types.FrameType | None) -> None:
        if self._is_set:
            raise KeyboardInterrupt("stopped, its time is over")


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
        self.recorder = Recorder()
        self._spare_memory = SpareMemory()
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
        self.shell.showtraceback = partial(self._with_spare_memory, self.shell.showtraceback)
        self.shell.ask_exit = lambda: None
        self.shell.enable_gui = lambda gui=None: None  # what %matplotlib asks for; there is no screen
        # As in Jupyter, plots show without a magic.
        configure_inline_support(self.shell, INLINE_BACKEND)  # type: ignore[no-untyped-call]
        matplotlib.interactive(True)
        self._alarm = _Alarm()

    @property
    def namespace(self) -> dict[str, Any]:
        """The student's global names."""
        names: dict[str, Any] = self.shell.user_ns
        return names

    def limit_output(self, output_bytes: int) -> None:
        """Sets how much output is kept from now on."""
        self.recorder.limit(output_bytes)

    def run(self, index: int, source: str) -> dict[str, Any]:
        """Runs one cell.

        Args:
            index: Number of the cell in the notebook, from 1.
            source: Its source, with magics and shell escapes.

        Returns:
            ``{"outputs": [...], "error": name of the exception or None, "message": its text,
            "execution_count": n}``.
        """
        self.recorder.start()
        self._spare_memory.hold_back()
        self.shell.compile.cell_index = index
        error: BaseException | None
        try:
            with self._redirected(), self._alarm.set():
                result = self.shell.run_cell(source, store_history=True)
            error = result.error_before_exec or result.error_in_exec
        except BaseException as escaped:
            error = escaped
        self._spare_memory.release()
        return {
            "outputs": self.recorder.finish(),
            "error": None if error is None else encodable(type(error).__name__),
            "message": "" if error is None else message_of(error),
            "execution_count": self.shell.execution_count - 1,
        }

    @contextlib.contextmanager
    def _redirected(self) -> Iterator[None]:
        streams = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = (
            RecordedStream(self.recorder, "stdout"),
            RecordedStream(self.recorder, "stderr"),
        )
        try:
            yield
        finally:
            sys.stdout, sys.stderr = streams

    def _with_spare_memory(self, function: Callable[..., None], *args: Any, **kwargs: Any) -> None:
        self._spare_memory.release()
        function(*args, **kwargs)

    def _show_traceback(self, kind: type[BaseException], value: BaseException, lines: list[str]) -> None:
        own = f"  File {__file__}:"  # where the time limit raises
        self.recorder.error(kind.__name__, message_of(value), [line for line in lines if not line.startswith(own)])

    def _system(self, command: str) -> None:
        """Runs a ``!command`` line, its output recorded; as in Jupyter, its exit code goes to ``_exit_code``."""
        command = self.shell.var_expand(command, depth=1)
        process = subprocess.Popen(  # noqa: S602  # a notebook's ! lines are shell lines
            command,
            shell=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _copy(process, sys.stdout)
            self.shell.user_ns["_exit_code"] = process.wait()
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise


def _copy(process: subprocess.Popen[bytes], stream: Any) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    assert process.stdout is not None
    with process.stdout as output:
        while part := os.read(output.fileno(), _READ_BYTES):
            stream.write(decoder.decode(part))
