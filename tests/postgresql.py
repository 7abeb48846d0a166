"""A real PostgreSQL in a temporary folder: no network, a socket of its own, gone when the test is done."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

USER = "grader"
UNPRIVILEGED = "postgres"  # Debian's package makes this user; PostgreSQL refuses to run as root
START_SECONDS = 120.0


def programs() -> Path:
    """Where initdb and pg_ctl are: Debian keeps them off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        raise RuntimeError("expected PostgreSQL, found none; run `scripts/system_packages postgresql`")
    return found[-1].parent if found else Path(str(on_path)).parent


class Server:
    """A PostgreSQL that can be killed and started again: a child of this process.

    Args:
        folder: For its data, its socket and its log; a path of a socket has at most 107 bytes.

    Attributes:
        url: The SQLAlchemy URL of its databases, with ``{name}`` for one made by ``new_database``.
    """

    def __init__(self, folder: Path) -> None:
        self.url = f"postgresql+psycopg://{USER}@/{{name}}?host={folder}"
        self._folder, self._data = folder, folder / "data"
        self._as_user: dict[str, Any] = (
            {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []} if os.getuid() == 0 else {}
        )
        if self._as_user:
            shutil.chown(folder, UNPRIVILEGED, UNPRIVILEGED)
        made = self._run("initdb", "--auth=trust", f"--username={USER}", "--no-sync", "--encoding=UTF8", self._data)
        assert made.returncode == 0, made.stderr + made.stdout
        self.start()

    @property
    def pid(self) -> int:
        """Of the first process of the server; all others are its children."""
        return self._process.pid

    def start(self) -> None:
        """Starts it and waits until it answers; after a crash it recovers first."""
        self._launch()
        self.wait()

    def wait(self) -> None:
        """Waits until it answers."""
        deadline = time.monotonic() + START_SECONDS
        while self._run("pg_isready", "-q", "-h", self._folder).returncode != 0:
            assert time.monotonic() < deadline, (self._folder / "log").read_text()
            if self._process.poll() is not None:  # processes of one that was killed have not ended yet
                self._launch()
            time.sleep(0.1)

    def kill(self, pid: int | None = None) -> None:
        """Kill -9 of the server, or of one process of it, which restarts all the others."""
        if pid is None:
            self._process.kill()
            self._process.wait()
        else:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """Ends it without writing anything that recovery would write."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()

    def connections(self, name: str) -> list[int]:
        """Processes that serve the clients of a database."""
        found = []
        with contextlib.suppress(psutil.Error):
            for each in psutil.Process(self.pid).children():
                with contextlib.suppress(psutil.Error):
                    if f"postgres: {USER} {name} " in " ".join(each.cmdline()):
                        found.append(each.pid)
        return sorted(found)

    def _launch(self) -> None:
        options = ["-k", str(self._folder), "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=50"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [programs() / "postgres", "-D", self._data, *options],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._as_user,
            )

    def _run(self, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [programs() / program, *arguments]
        return subprocess.run(
            command, cwd=self._folder, capture_output=True, text=True, check=False, timeout=180, **self._as_user
        )


@contextmanager
def postgresql() -> Iterator[Server]:
    """Starts a server, which ends with the block."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        started = Server(folder)
        try:
            yield started
        finally:
            started.stop()
    finally:
        shutil.rmtree(folder)


def new_database(url: str, name: str) -> str:
    """Makes an empty database; its URL."""
    from sqlalchemy import create_engine, text

    engine = create_engine(url.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return url.format(name=name)


def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Everything that a database holds, by table."""
    from sqlalchemy import MetaData, create_engine, select

    engine, tables = create_engine(url), MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        found = {
            name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for name, table in tables.tables.items()
        }
    engine.dispose()
    return found
