"""Gradebooks of a benchmark that can be put back to what they were: a file, or a database of a PostgreSQL."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from sqlalchemy import create_engine, text

from tests.postgresql import Server, new_database, postgresql

NAME = "gradebook"
_SAVED = "saved"


class Gradebook(Protocol):
    """Where the grades of a course go.

    Attributes:
        url: For course.toml.
        server: Whose database it is; None: it is a file.
    """

    url: str
    server: Server | None

    def save(self) -> None:
        """Remembers what is in it."""

    def restore(self) -> None:
        """Puts that back."""


class FileGradebook:
    """SQLite, nbgrader's default.

    Args:
        root: Folder of the course.
    """

    url = f"sqlite:///{NAME}.db"
    server: Server | None = None

    def __init__(self, root: Path) -> None:
        self._file, self._saved = root / f"{NAME}.db", root.parent / f"{NAME}.db"

    def save(self) -> None:
        """Copies the file."""
        shutil.copy(self._file, self._saved)

    def restore(self) -> None:
        """Copies it back; what a killed transaction has left beside it goes."""
        for file in self._file.parent.glob(f"{NAME}.db*"):
            file.unlink()
        shutil.copy(self._saved, self._file)


class ServerGradebook:
    """A database of a PostgreSQL.

    Args:
        server: The server.
    """

    def __init__(self, server: Server) -> None:
        self.server: Server | None = server
        self._all = server.url
        self.url = new_database(server.url, NAME)

    def save(self) -> None:
        """Copies the database within the server."""
        self._run(f"CREATE DATABASE {_SAVED} TEMPLATE {NAME}")

    def restore(self) -> None:
        """Copies it back."""
        self._run(f"DROP DATABASE {NAME} WITH (FORCE)", f"CREATE DATABASE {NAME} TEMPLATE {_SAVED}")

    def _run(self, *commands: str) -> None:
        engine = create_engine(self._all.format(name="postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for command in commands:
                connection.execute(text(command))
        engine.dispose()


@contextlib.contextmanager
def gradebook_of(kind: str, root: Path) -> Iterator[Gradebook]:
    """The gradebook of a course that is about to be made.

    Args:
        kind: ``sqlite`` or ``postgresql``; the server of the latter ends with the block.
        root: Folder of the course.
    """
    if kind == "sqlite":
        yield FileGradebook(root)
    else:
        with postgresql() as started:
            yield ServerGradebook(started)
