"""Handing in: looks the notebook over as the grader will, and packs the archive to upload."""

from __future__ import annotations

import contextlib
import inspect
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any

from rlhelpers.fresh_run import FreshRun, run_afresh
from rlhelpers.language import current_language
from rlhelpers.language import translate as _
from rlhelpers.notebook_file import NotebookFile, open_notebook
from rlhelpers.stub import is_written, stub_messages

POLICY_FILE = "policy.safetensors"
POLICY = "policy"  # has a check, but nothing to write


def hand_in(assignment: str, namespace: Mapping[str, Any], notebook: str | Path | None = None) -> None:
    """Checks that the notebook can be handed in, says what is missing, and writes the archive to upload.

    The saved notebook runs in a fresh kernel, but for checks and cells tagged ``training``, as the grader does it. What
    is missing is said and does not prevent handing in: every exercise is graded by itself. The archive
    ``<assignment>.zip`` beside the notebook holds the notebook and ``policy.safetensors``, if there is one.

    Where the namespace is not a notebook's (its ``__name__`` is not ``"__main__"``), nothing happens.

    Args:
        assignment: Id of the assignment, for example ``"ppo"``.
        namespace: The notebook's names: pass ``globals()``.
        notebook: The notebook's file; usually it is found without.

    Raises:
        FileNotFoundError: The notebook's file is not found.
        ValueError: It is no notebook, or there is no such assignment.
    """
    if namespace.get("__name__") != "__main__":
        return
    exercises = _exercises(assignment)
    opened = open_notebook(assignment, namespace, notebook)
    if _is_untouched(opened, exercises, namespace):
        _say([_("Nothing to hand in yet: no exercise is written. Has the notebook been saved?")])
        return
    lines = [*_judged(run_afresh(opened.cells, exercises), exercises), *_unsaved(opened, exercises, namespace)]
    archive, names = _write_archive(assignment, opened)
    if POLICY_FILE not in names and any(POLICY_FILE in cell["source"] for cell in opened.cells):
        lines.append(
            _("… {file} is not there: train an agent and save it if you want to hand it in, too").format(
                file=POLICY_FILE
            )
        )
    _say([*lines, "", _("Upload {path} ({names}).").format(path=archive, names=", ".join(names))])
    _offer_download(archive)


def _exercises(assignment: str) -> tuple[str, ...]:
    try:
        cases = import_module(f"rlhelpers.visible_checks.{assignment}").CASES
        return tuple(name for name in cases if name != POLICY)
    except ImportError as error:
        raise ValueError(
            _("assignment: expected the id of a graded assignment, received {name!r}; restore the cell").format(
                name=assignment
            )
        ) from error


def _is_untouched(notebook: NotebookFile, exercises: Sequence[str], namespace: Mapping[str, Any]) -> bool:
    """Whether every exercise is still its stub, in the file and in what has been run."""
    codes = [cell["source"] for cell in notebook.cells if cell["cell_type"] == "code"]
    stubs = sum(any(text in code for text in stub_messages()) for code in codes)
    return stubs >= len(exercises) and not any(name in namespace and is_written(namespace[name]) for name in exercises)


def _judged(run: FreshRun, exercises: Sequence[str]) -> Iterator[str]:
    """What the fresh run says, in lines."""
    for state, text in (
        ("not defined", _("✗ not defined after all cells have run: {names}")),
        ("not written", _("… not written yet: {names}")),
    ):
        if names := [name for name in exercises if run.exercises.get(name) == state]:
            yield text.format(names=", ".join(names))
    if run.exercises and set(run.exercises.values()) == {"written"}:
        yield _("✓ all {count} exercises are written").format(count=len(exercises))
    if not run.failures:
        yield _("✓ the notebook runs from a fresh kernel")
        return
    first = run.failures[0]
    yield _("✗ in a fresh kernel the cell that begins with `{beginning}` fails: {error}").format(
        beginning=first.beginning, error=first.error
    )
    if first.line:
        yield _("    line {line}").format(line=first.line)
    if len(run.failures) > 1:
        yield _("    (and {count} more after it)").format(count=len(run.failures) - 1)


def _unsaved(notebook: NotebookFile, exercises: Sequence[str], namespace: Mapping[str, Any]) -> Iterator[str]:
    """Says which exercises were last run in another version than the saved one."""
    texts = [cell["source"] for cell in notebook.cells]
    for name in exercises:
        sources = _sources(namespace.get(name), namespace)
        if not all(any(source in text for text in texts) for source in sources):
            yield _(
                "✗ {name}: what you ran last is not what is saved; save the notebook and run this cell again"
            ).format(name=name)


def _sources(written: object, namespace: Mapping[str, Any]) -> Iterator[str]:
    """The texts of a notebook's function, or of the methods of its class, as they were run."""
    members = vars(written).values() if isinstance(written, type) else [written]
    for member in members:
        function = inspect.unwrap(member) if callable(member) else None
        if isinstance(function, FunctionType) and function.__globals__ is namespace:
            with contextlib.suppress(OSError, TypeError):
                yield inspect.getsource(function).rstrip()


def _write_archive(assignment: str, notebook: NotebookFile) -> tuple[Path, list[str]]:
    """Writes the archive, as a whole or not at all; its path and the names of what is in it."""
    name = notebook.name
    if not re.fullmatch(rf"{re.escape(assignment)}(\.[a-z]{{2}})?\.ipynb", name):  # Colab's "Copy of ..."
        language = current_language()
        name = f"{assignment}.ipynb" if language == "en" else f"{assignment}.{language}.ipynb"
    files = {name: notebook.content}
    policy = notebook.folder / POLICY_FILE
    if policy.is_file():
        files[POLICY_FILE] = policy.read_bytes()
    archive = notebook.folder / f"{assignment}.zip"
    handle, temporary = tempfile.mkstemp(prefix=f".{assignment}-", suffix=".zip", dir=notebook.folder)
    try:
        with os.fdopen(handle, "wb") as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
            for each, content in files.items():
                packed.writestr(each, content)
        Path(temporary).replace(archive)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return archive, list(files)


def _offer_download(archive: Path) -> None:
    """On Colab files go with the runtime: the browser is asked to save this one."""
    try:
        from google.colab import files  # type: ignore[import-not-found]
    except ImportError:
        return
    files.download(str(archive))


def _say(lines: Sequence[str]) -> None:
    print("\n".join(lines))  # noqa: T201  # below the cell
