"""Doctor: what this machine gives to the autograder, and the command that mends what is missing."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.course import load_course
from autograder.errors import AutograderError
from autograder.gpu import gpu_finding
from autograder.gradebook_database import open_gradebook
from autograder.machine import grouped, try_levels
from autograder.sandbox.levels import described

_LIBRARIES = ("torch", "gymnasium", "mujoco", "numpy", "nbgrader", "dask", "pytest")
_DASK_SECONDS = 60.0


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        text: What was found, and what to do about it.
        well: Whether it is as it should be.
        needed: Whether grading needs it.
    """

    text: str
    well: bool = True
    needed: bool = True


def examine(course: Path = Path()) -> Iterator[Finding]:
    """Looks at everything, one thing after the other; never raises for what it finds.

    Args:
        course: course.toml, or its folder.
    """
    yield _python()
    yield _libraries()
    yield from _isolation()
    yield from _shares()
    yield _rendering()
    yield _gpu()
    yield _dask()
    yield _database(course)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    well = sys.version_info >= (3, 11)
    return Finding(f"Python {version}" + ("" if well else ": expected 3.11 or newer; install it"), well)


def _libraries() -> Finding:
    found, missing = [], []
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding(f"Libraries: {', '.join(missing)} not found; run `make install`", well=False)
    return Finding(f"Libraries: {', '.join(found)}")


def _isolation() -> Iterator[Finding]:
    """The level that grading uses here; before it, why not a better one."""
    reached = None
    try:
        for trial in try_levels():
            if trial.refused:
                mend = f"; mend it with: {trial.mend}" if trial.mend else ""
                yield Finding(f"Isolation: not {trial.level}: {trial.refused}{mend}", well=False, needed=False)
            else:
                reached = described(trial.level)
    except AutograderError as error:
        yield Finding(f"Isolation: {error}", well=False)
        return
    if reached is None:
        yield Finding("Isolation: none of the levels that grading accepts can be had", well=False)
        return
    weaker = f"; weaker than the level above: {reached.weaker}" if reached.weaker else ""
    yield Finding(f"Isolation: {reached.name} ({reached.shells}){weaker}")


def _shares() -> Iterator[Finding]:
    """What keeps one submission from taking what others need."""
    limits_memory, shares_processor = grouped()
    advice = "run as root, or with `systemd-run --user --scope -p Delegate=yes autograder grade ...`"
    if limits_memory:
        yield Finding("Memory: a control group for each submission, and a watch")
    else:
        yield Finding(f"Memory: a watch alone, no control groups; {advice}", well=False, needed=False)
    if shares_processor:
        yield Finding("Processor: shared out between submissions by their control groups")
    else:
        slow = "not shared out, a submission with many busy processes slows down those beside it"
        yield Finding(f"Processor: {slow}; {advice}, or grade with `--workers 1`", well=False, needed=False)


def _rendering() -> Finding:
    if any(Path("/usr/lib").glob("*/libOSMesa.so*")):
        return Finding("Rendering: OSMesa; videos of agents can be made without a screen")
    advice = "run `apt-get install libosmesa6` to film agents without a screen"
    return Finding(f"Rendering: no OSMesa; {advice}", well=False, needed=False)


def _gpu() -> Finding:
    text, well = gpu_finding()
    return Finding(text, well, needed=False)


def _dask() -> Finding:
    """A scheduler, a worker process and a task, as grading a class starts them."""
    try:
        from autograder.classroom import dask_client

        with dask_client(1, None) as client:
            client.submit(os.getpid, pure=False).result(timeout=_DASK_SECONDS)
    except Exception as error:  # whatever it is, grading with --workers 1 goes without Dask
        advice = "grade with `--workers 1`, or mend it with `make install`"
        return Finding(f"Dask: no worker answers ({type(error).__name__}: {error}); {advice}", well=False, needed=False)
    return Finding(f"Dask: a worker answers; {os.cpu_count()} cores, so many workers by default")


def _database(path: Path) -> Finding:
    """The course's gradebook, opened as grading opens it."""
    try:
        course = load_course(path)
        kind = course.database.partition(":")[0]
        if kind == "sqlite" and not Path(course.database.removeprefix("sqlite:///").partition("?")[0]).exists():
            return Finding("Database: sqlite; made by the first `autograder release` or `grade`")
        with open_gradebook(course) as gradebook:
            students = len(gradebook.students)
    except AutograderError as error:
        return Finding(f"Database: {error}", well=False, needed=False)
    return Finding(f"Database: {kind}; {students} students in the gradebook")
