"""ClassWatch: what is being graded now, and whether to begin more: between graders, the display and Ctrl-C."""

from __future__ import annotations

import contextlib
from pathlib import Path


class ClassWatch:
    """Shared by whoever grades a class, shows how far it is, and may end it early.

    Attributes:
        trouble: What keeps the class from going on, for people; empty: nothing.
        finished: How many submissions have been graded.
        stop_sign: A file that stopping makes, for long training runs wherever they are; None: they are finished.
    """

    def __init__(self) -> None:
        self.trouble = ""
        self.finished = 0
        self._running: dict[str, None] = {}
        self._stopping = False
        self.stop_sign: Path | None = None

    @property
    def running(self) -> tuple[str, ...]:
        """Submissions that are being graded, ``<student>/<assignment>``, in the order in which that began."""
        return tuple(self._running.copy())

    @property
    def is_stopping(self) -> bool:
        """Whether no further submission is to be begun."""
        return self._stopping

    def begin(self, submission: str) -> None:
        """A submission is being graded from now on."""
        self._running[submission] = None

    def end(self, submission: str) -> None:
        """A submission is graded."""
        self._running.pop(submission, None)
        self.finished += 1

    def stop(self) -> None:
        """Begin no further submission; those that are being graded are finished, long training runs as they are."""
        self._stopping = True
        if self.stop_sign is not None:
            with contextlib.suppress(OSError):  # then long training runs are finished, too
                self.stop_sign.touch()
