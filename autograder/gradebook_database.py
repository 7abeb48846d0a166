"""Gradebook database: nbgrader's gradebook of a course, opened so that its faults come as one clear line."""

from __future__ import annotations

import importlib
import logging
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec, module_from_spec
from typing import Any

from autograder.course import Course
from autograder.errors import GradebookUnavailable, InputError

_POSTGRESQL = "for PostgreSQL: pip install 'psycopg[binary]'"


@contextmanager
def open_gradebook(course: Course) -> Iterator[Any]:
    """Opens the ``nbgrader.api.Gradebook`` of a course; makes the database if there is none yet.

    Raises:
        GradebookUnavailable: The database does not answer or is in use, now or within the ``with`` block.
        InputError: It cannot be opened, read or written.
    """
    _import_api()
    from nbgrader.api import Gradebook, InvalidEntry
    from sqlalchemy.exc import SQLAlchemyError

    with _tracebacks_kept_off_the_terminal():
        try:
            with _installed_scripts_on_path():
                gradebook = Gradebook(course.database, course.id)
            with gradebook:
                yield gradebook
        except (SQLAlchemyError, InvalidEntry, ModuleNotFoundError, subprocess.SubprocessError) as error:
            raise _unusable(course, error) from error


@contextmanager
def one_transaction(gradebook: Any) -> Iterator[None]:
    """At the end of the block everything is committed that was done in it, or nothing.

    nbgrader commits in every call: a student without a submission and a submission without marks, which counts as zero,
    would be seen by others, and would stay if the grader or the database ended there.
    """
    gradebook.db.remove()  # gives its connection back
    with gradebook.engine.begin() as connection:
        gradebook.db.configure(bind=connection, join_transaction_mode="rollback_only")  # its commits only flush
        try:
            yield
        finally:
            gradebook.db.remove()
            gradebook.db.configure(bind=gradebook.engine, join_transaction_mode="conditional_savepoint")


def _import_api() -> None:
    """Imports ``nbgrader.api`` without what it does not need: half of the CPU of a short run.

    At import jsonschema builds a grammar of URIs, for a format that no notebook has, and the package ``nbgrader``
    brings in its extensions of the Jupyter server. Whoever imports ``nbgrader`` afterwards gets the whole package.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # "None: do not import it"
    spec = find_spec("nbgrader")
    if "nbgrader" in sys.modules or spec is None:
        return
    sys.modules["nbgrader"] = module_from_spec(spec)
    try:
        importlib.import_module("nbgrader.api")
    finally:
        del sys.modules["nbgrader"]


def _unusable(course: Course, error: Exception) -> InputError:
    from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

    cause = error if isinstance(error, DBAPIError) else error.__context__  # nbgrader's InvalidEntry hides it
    reason = str(getattr(cause, "orig", None) or error).partition("\n")[0]
    unavailable = isinstance(cause, OperationalError | InterfaceError) or getattr(
        cause, "connection_invalidated", False
    )
    remedy = "end the programs that use it, or correct database in course.toml"
    if isinstance(error, ModuleNotFoundError):
        remedy = f"install the driver of that database ({_POSTGRESQL}), or correct database in course.toml"
    elif unavailable:
        first = "end the programs that use it" if is_file(course) else "start its server"
        remedy = f"{first}, or correct database in course.toml, then run the same command again"
    text = (
        f"{_without_password(course.database)}: expected a gradebook that can be read and written, received: "
        f"{reason}; {remedy}"
    )
    return GradebookUnavailable(text) if unavailable else InputError(text)


def is_file(course: Course) -> bool:
    """Whether the gradebook is a file; else a server has it."""
    return course.database.startswith("sqlite")


def _without_password(url: str) -> str:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return str(make_url(url).render_as_string(hide_password=True))
    except ArgumentError:
        return "database"


@contextmanager
def _installed_scripts_on_path() -> Iterator[None]:
    """For making a database, which nbgrader does by the command ``alembic``: is the environment activated?"""
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


@contextmanager
def _tracebacks_kept_off_the_terminal() -> Iterator[None]:
    """For errors of the database, which nbgrader both raises and logs with a traceback."""

    def drop(_record: logging.LogRecord) -> bool:
        return False

    log = logging.getLogger("tornado.application")
    log.addFilter(drop)
    try:
        yield
    finally:
        log.removeFilter(drop)
