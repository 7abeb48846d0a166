"""A real PostgreSQL in a temporary folder: no network, a socket of its own, gone when the test is done."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

USER = "grader"
UNPRIVILEGED = "postgres"  # Debian's package makes this user; PostgreSQL refuses to run as root


def programs() -> Path:
    """Where initdb and pg_ctl are: Debian keeps them off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        raise RuntimeError("expected PostgreSQL, found none; run `scripts/system_packages postgresql`")
    return found[-1].parent if found else Path(str(on_path)).parent


@contextmanager
def postgresql() -> Iterator[str]:
    """Starts a server.

    Yields:
        The SQLAlchemy URL of its databases, without a name: add ``gradebook`` or another one made by ``new_database``.
    """
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # the path of a socket has at most 107 bytes
    as_user: dict[str, Any] = (
        {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []} if os.getuid() == 0 else {}
    )
    if as_user:
        shutil.chown(folder, UNPRIVILEGED, UNPRIVILEGED)
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        command = [str(programs() / program), *arguments]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=180, **as_user)
        assert done.returncode == 0, done.stderr + done.stdout

    try:
        run("initdb", "--auth=trust", f"--username={USER}", "--no-sync", "--encoding=UTF8", str(data))
        options = f"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=50"
        run("pg_ctl", "-D", str(data), "-l", str(folder / "log"), "-w", "-t", "120", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://{USER}@/{{name}}?host={folder}"
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
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
