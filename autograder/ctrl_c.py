"""Ctrl-C while a class is graded. The terminal sends it to every process of ours; the grader alone shall heed it."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograder.class_watch import ClassWatch


@contextlib.contextmanager
def stopped_by_ctrl_c(watch: ClassWatch) -> Iterator[None]:
    """Within the block the first Ctrl-C stops the watch, each further one raises KeyboardInterrupt.

    A process that was started with SIGINT ignored goes on ignoring it; a thread other than the main one hears of none.
    """
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if ignored or threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if watch.is_stopping:
            raise KeyboardInterrupt
        watch.stop()

    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def ctrl_c_kept_from_children() -> Iterator[None]:
    """What this thread starts within the block does not end by Ctrl-C; this thread hears of it when the block ends.

    A process that hears signals again later finds the Ctrl-C of before: it has to be ignored for a moment then.

    Processes that live on get a session of their own, too; between their start and that they are still in this one.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def leave_ctrl_c_to_the_grader() -> None:
    """In a worker that was started with the signal blocked: students' code shall not inherit that."""
    if signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()):
        signal.signal(signal.SIGINT, lambda _number, _frame: None)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
