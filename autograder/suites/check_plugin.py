"""Collects a hidden suite: a pytest plugin with the marks of checks and the fixtures of ``FIXTURES``.

A suite is a folder of plain pytest files, one per exercise. They are collected once; ``judging.py`` calls them.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from autograder.errors import AutograderError, InputError
from autograder.suites.verdict import Check

SUITES = Path(__file__).parent
FIXTURES = ("student", "rng", "shared", "trained")
_MARKS = (
    "exercise(name): the exercise that the checks of a module judge",
    "points(value): points that a check gives",
    "hint(text): what the student reads when the check fails",
    "needs(*checks): checks, <exercise>.<name>, without which this one cannot be judged",
)
_UNUSED_PLUGINS = (
    "terminal cacheprovider unraisableexception threadexception faulthandler capture logging junitxml pastebin "
    "doctest debugging setuponly setupplan stepwise warnings legacypath"
).split()
_OPTIONS = ["--collect-only", "--disable-plugin-autoload", "--assert=plain", "-c", "/dev/null"]
_OPTIONS += [word for name in _UNUSED_PLUGINS for word in ("-p", f"no:{name}")]


@dataclass(frozen=True)
class CheckFunction:
    """A check and the test function that makes it.

    Attributes:
        check: What its marks say.
        function: The function; it takes fixtures, and what it is parametrised with.
        parameters: Arguments of ``pytest.mark.parametrize``.
        fixtures: Which of ``FIXTURES`` it takes.
    """

    check: Check
    function: Callable[..., None]
    parameters: Mapping[str, Any]
    fixtures: tuple[str, ...]


def collect_checks(assignment_id: str) -> tuple[Check, ...]:
    """The checks of a suite, without running them.

    Raises:
        InputError: There is no suite of this name.
        AutograderError: The suite is broken, or a check lacks points or an exercise.
    """
    return tuple(each.check for each in collect(assignment_id))


def points_per_exercise(assignment_id: str) -> dict[str, float]:
    """The sum of points of each exercise that the suite judges."""
    points: dict[str, float] = {}
    for check in collect_checks(assignment_id):
        points[check.exercise] = points.get(check.exercise, 0.0) + check.points
    return points


def suite_digest(assignment_id: str, leave_out: Collection[Path] = ()) -> str:
    """SHA-256 of the suite's files and of what suites share: reports name the suite that judged them."""
    digest = hashlib.sha256()
    for file in _suite_files(assignment_id):
        if file in leave_out:
            continue
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _suite_files(assignment_id: str) -> list[Path]:
    folder = SUITES / assignment_id
    return [*sorted(SUITES.glob("*.py")), *sorted(folder.glob("*.py")), *sorted(folder.glob("*.json"))]


@lru_cache
def own_files(assignment_id: str) -> frozenset[Path]:
    """Files of a suite on which one exercise alone depends: checks and known mistakes, unless others import them."""
    files = list((SUITES / assignment_id).glob("*.py"))
    lists = SUITES / assignment_id / "misconceptions.py"
    imported = {name for file in files if file != lists for name in _imported(file)}
    own = [file for file in files if file.name.startswith(("test_", "mistakes_in_")) or file == lists]
    return frozenset(file for file in own if file.stem not in imported)


def _imported(file: Path) -> Iterator[str]:
    """Every word of a file's imports."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in (getattr(node, "module", None) or "", *(alias.name for alias in node.names)):
                yield from name.split(".")


def suite_name(assignment_id: str) -> str:
    """The digest, shortened as reports have it among their versions."""
    return suite_digest(assignment_id)[:12]


@lru_cache
def collect(assignment_id: str) -> tuple[CheckFunction, ...]:
    """The check functions of a suite, collected once.

    Raises:
        InputError: There is no suite of this name.
        AutograderError: The suite is broken, or a check lacks points or an exercise.
    """
    folder = SUITES / assignment_id
    if not any(folder.glob("test_*.py")):
        known = sorted({path.parent.name for path in SUITES.glob("*/test_*.py")})
        raise InputError(
            f"assignment {assignment_id!r}: expected a hidden suite in {folder}, found none; "
            f"suites exist for {', '.join(known) or 'no assignment'}"
        )
    collector = _Collector(assignment_id)
    code = pytest.main([*_OPTIONS, "--rootdir", str(folder), str(folder)], plugins=[collector])
    if collector.fault or code != pytest.ExitCode.OK:
        fault = collector.fault or f"pytest ended with {pytest.ExitCode(code).name}"
        raise AutograderError(f"suite {assignment_id}: cannot be used: {fault}")
    return tuple(collector.functions)


class _Collector:
    """A pytest plugin that reads the checks of a suite."""

    def __init__(self, assignment_id: str) -> None:
        self._assignment_id = assignment_id
        self.functions: list[CheckFunction] = []
        self.fault = ""

    def pytest_configure(self, config: pytest.Config) -> None:
        for mark in _MARKS:
            config.addinivalue_line("markers", mark)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.fault = self.fault or report.longreprtext

    @pytest.fixture
    def student(self) -> None:
        """The proxy of the student's notebook."""

    @pytest.fixture
    def rng(self) -> None:
        """NumPy generator of hidden inputs: the same in every run of a course, unknown outside of it."""

    @pytest.fixture
    def shared(self) -> None:
        """``shared(run)`` is what ``run(student, rng)`` returned when a check of this process first asked for it."""

    @pytest.fixture
    def trained(self) -> None:
        """``trained(CHECK)``: whether the student's trainer reaches a training check's calibrated threshold."""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        try:
            self.functions = [self._function(item) for item in session.items if isinstance(item, pytest.Function)]
        except (KeyError, ValueError, TypeError) as error:
            fixtures = ", ".join(FIXTURES)
            self.fault = f"expected marks exercise(name) and points(value), and no fixtures but {fixtures}: {error!r}"

    def _function(self, item: pytest.Function) -> CheckFunction:
        marks = {mark.name: mark.args for mark in reversed(list(item.iter_markers()))}
        needs = dict.fromkeys(needed for mark in item.iter_markers("needs") for needed in mark.args)
        (exercise,), (points,) = marks["exercise"], marks["points"]
        name = item.name.removeprefix("test_")
        hint = " ".join(str(word) for word in marks.get("hint", ()))
        check_id = f"{self._assignment_id}.{exercise}.{name}"
        check = Check(check_id, exercise, name, float(points), hint, tuple(needs))
        callspec = getattr(item, "callspec", None)
        parameters = {} if callspec is None else dict(callspec.params)
        fixtures = tuple(fixture for fixture in item.fixturenames if fixture not in parameters)
        if not set(fixtures) <= set(FIXTURES):
            raise ValueError(f"{item.name}: {fixtures}")
        return CheckFunction(check, item.obj, parameters, fixtures)
