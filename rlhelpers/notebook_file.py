"""The notebook that is open: where its file is, in Jupyter, VS Code and Colab."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlhelpers.language import translate as _

_COLAB_SECONDS = 60


@dataclass(frozen=True)
class NotebookFile:
    """A notebook as it is saved.

    Attributes:
        name: Name of the file, or what Colab calls the notebook.
        folder: Where it is, and where what belongs to it goes.
        content: The file.
        cells: Its cells as nbformat 4 has them, but with sources in one text each.
    """

    name: str
    folder: Path
    content: bytes
    cells: tuple[dict[str, Any], ...]


def open_notebook(assignment: str, namespace: Mapping[str, Any], path: str | Path | None = None) -> NotebookFile:
    """Reads the notebook that this is called from.

    Args:
        assignment: Id of the assignment: its file is looked for in the working directory where nothing else tells.
        namespace: The notebook's globals.
        path: The file, if you know it.

    Raises:
        FileNotFoundError: There is no such file, or it cannot be found out which one it is.
        ValueError: The file is no notebook.
    """
    if path is None and (document := _from_colab()) is not None:
        name = str(document.get("metadata", {}).get("colab", {}).get("name", f"{assignment}.ipynb"))
        return _notebook(name, Path.cwd(), json.dumps(document, ensure_ascii=False).encode())
    file = Path(path).absolute() if path is not None else _find(assignment, namespace)
    if not file.is_file():
        raise FileNotFoundError(
            _("{file}: expected the notebook's file, found none; pass its path: notebook=...").format(file=file)
        )
    return _notebook(file.name, file.parent, file.read_bytes())


def _from_colab() -> dict[str, Any] | None:
    """The notebook as Colab's page holds it; None outside of Colab. There is no file of it in the runtime."""
    try:
        from google.colab import _message  # type: ignore[import-not-found]
    except ImportError:
        return None
    answer = _message.blocking_request("get_ipynb", request="", timeout_sec=_COLAB_SECONDS)
    document = answer.get("ipynb") if isinstance(answer, dict) else None
    return document if isinstance(document, dict) else None


def _find(assignment: str, namespace: Mapping[str, Any]) -> Path:
    """The file by what VS Code or Jupyter's server tell, else the only one here with the assignment's name."""
    told = (namespace.get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME"))
    for place in told:
        if isinstance(place, str) and place.endswith(".ipynb") and Path(place).is_file():
            return Path(place).absolute()
    pattern = re.compile(rf"{re.escape(assignment)}(\.[a-z]{{2}})?\.ipynb")
    here = sorted(file for file in Path.cwd().iterdir() if pattern.fullmatch(file.name))
    if len(here) != 1:
        raise FileNotFoundError(
            _(
                "expected one notebook {assignment}.ipynb in {folder}, found {found}; pass its path: notebook=..."
            ).format(assignment=assignment, folder=Path.cwd(), found=", ".join(file.name for file in here) or _("none"))
        )
    return here[0]


def _notebook(name: str, folder: Path, content: bytes) -> NotebookFile:
    try:
        cells = tuple({**cell, "source": "".join(cell["source"])} for cell in json.loads(content)["cells"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            _("{name}: expected a Jupyter notebook, received something else ({error!r}); save it again").format(
                name=name, error=error
            )
        ) from error
    return NotebookFile(name, folder, content, cells)
