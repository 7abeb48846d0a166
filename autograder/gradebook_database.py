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
from autograder.errors import InputError

_POSTGRESQL = "for PostgreSQL: pip install 'psycopg[binary]'"


@contextmanager
def open_gradebook(course: Course) -> Iterator[Any]:
    """Opens the ``nbgrader.api.Gradebook`` of a course; makes the database if there is none yet.

    Raises:
        InputError: The database cannot be opened, read or written, now or within the ``with`` block.
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
    reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
    remedy = "end the programs that use it, or correct database in course.toml"
    if isinstance(error, ModuleNotFoundError):
        remedy = f"install the driver of that database ({_POSTGRESQL}), or correct database in course.toml"
    return InputError(
        f"{_without_password(course.database)}: expected a gradebook that can be read and written, received: "
        f"{reason}; {remedy}"
    )


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
