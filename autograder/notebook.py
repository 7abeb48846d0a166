"""A notebook file that nobody vouches for, read into plain cells.

Whatever is wrong with the file, the answer is a SubmissionError with a sentence. nbformat is not used for reading: it
trusts the structure of what it reads, and importing it costs a second of CPU (its validator builds a grammar of URIs),
as much as grading a submission. What is read is little: the text of each cell and the metadata beside it.
"""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from autograder.errors import SubmissionError
from autograder.message import message

MAX_FILE_BYTES = 50 * 1024 * 1024  # a notebook holds its videos
MAX_CELLS = 2_000
MAX_CODE_CHARACTERS = 1_000_000
NEWEST_FORMAT = 4

CellKind = Literal["code", "markdown", "raw"]


@dataclass(frozen=True)
class PlainCell:
    """One cell of a file, in any version of the format, reduced to what grading needs.

    Attributes:
        kind: ``code``, ``markdown`` or ``raw``.
        source: Text with Unix line ends that can be encoded as UTF-8.
        id: Cell id as found in the file, or an empty string.
        grade_id: nbgrader's name of the cell as found in the file, or an empty string.
        tags: Tags that are valid in nbformat 4.5, without repetition.
        attachments: Images of a markdown cell: name to MIME type to base64 text.
    """

    kind: CellKind
    source: str
    id: str = ""
    grade_id: str = ""
    tags: tuple[str, ...] = ()
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)


def read_untrusted(path: Path, *, within: Path, max_bytes: int = MAX_FILE_BYTES) -> bytes:
    """Reads a regular file of a hand-in without ever waiting for it or leaving the folder ``within``.

    Raises:
        SubmissionError: The file is a link to a place outside, a pipe, a device or a folder, is larger than
            ``max_bytes``, or cannot be read.
    """
    try:
        target = path.resolve(strict=True)
        if not target.is_relative_to(within.resolve(strict=True)):
            raise SubmissionError(
                message(
                    "{name}: expected a file inside the submission's folder, received a link to a place outside of it; "
                    "hand in the file itself",
                    name=path.name,
                )
            )
        _require_small_regular(path.name, target.stat(), max_bytes)
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with os.fdopen(os.open(target, flags), "rb") as stream:
            _require_small_regular(path.name, os.fstat(stream.fileno()), max_bytes)
            return stream.read(max_bytes)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        raise SubmissionError(
            message(
                "{name}: expected a readable file, received an error ({error}); hand the file in again",
                name=path.name,
                error=getattr(error, "strerror", None) or message("a link that leads nowhere"),
            )
        ) from error


def _require_small_regular(name: str, status: os.stat_result, max_bytes: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        found = message("a folder") if stat.S_ISDIR(status.st_mode) else message("a pipe, socket or device")
        raise SubmissionError(
            message("{name}: expected a file, received {found}; hand in the file itself", name=name, found=found)
        )
    if status.st_size > max_bytes:
        raise SubmissionError(
            message(
                "{name}: expected at most {most} MiB, received {size:.0f} MiB; "
                "clear the outputs of all cells, save and hand in again",
                name=name,
                most=max_bytes // 2**20,
                size=status.st_size / 2**20,
            )
        )


def read_cells(path: Path, *, within: Path) -> tuple[tuple[PlainCell, ...], tuple[str, ...]]:
    """Reads the cells of a notebook in format 2 to 4; outputs are dropped.

    Args:
        path: The notebook.
        within: Folder that the file has to lie in, after following links.

    Returns:
        The cells in the order of the file, and notes on what was left out.

    Raises:
        SubmissionError: The file cannot be read, is not JSON, is no notebook, or is of a size that no homework has.
    """
    return parse_cells(path.name, read_untrusted(path, within=within))


def parse_cells(name: str, content: bytes) -> tuple[tuple[PlainCell, ...], tuple[str, ...]]:
    """Reads the cells of a notebook from the content of its file; as ``read_cells``, whatever the file is in.

    Args:
        name: Of the file, for messages.
        content: What is in it.

    Raises:
        SubmissionError: It is not JSON, is no notebook, or is of a size that no homework has.
    """
    entries = _entries(name, _parse(name, content))
    cells = [cell for entry in entries if (cell := _plain_cell(entry)) is not None]
    if sum(len(cell.source) for cell in cells if cell.kind == "code") > MAX_CODE_CHARACTERS:
        raise SubmissionError(
            message(
                "{name}: expected at most {most:,} characters of code, received more; "
                "keep data in files, not in cells, and hand in again",
                name=name,
                most=MAX_CODE_CHARACTERS,
            )
        )
    lost = len(entries) - len(cells)
    note = message("Cells of {name} without readable text, which are left out: {count}.", name=name, count=lost)
    return tuple(cells), (note,) if lost else ()


def _parse(name: str, content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except UnicodeDecodeError as error:
        raise _no_notebook(name, message("bytes that are not UTF-8 (at byte {place})", place=error.start)) from error
    except (RecursionError, MemoryError) as error:
        raise _no_notebook(name, message("JSON nested too deeply")) from error
    except ValueError as error:
        found = message("text that is not ({error})", error=error) if content.strip() else message("an empty file")
        raise _no_notebook(name, found) from error
    if not isinstance(document, dict):
        raise _no_notebook(name, message("JSON whose top is a {type}", type=type(document).__name__))
    return document


def _no_notebook(name: str, found: str) -> SubmissionError:
    return SubmissionError(
        message(
            "{name}: expected a notebook in JSON, received {found}; "
            "open it in Jupyter or Colab, save it as .ipynb and hand in again",
            name=name,
            found=found,
        )
    )


def _entries(name: str, document: dict[str, Any]) -> list[Any]:
    """The raw cells: format 4 keeps them in ``cells``, formats 2 and 3 in ``worksheets``."""
    version = document.get("nbformat")
    if isinstance(version, int) and version > NEWEST_FORMAT:
        raise SubmissionError(
            message(
                "{name}: expected notebook format {newest} or older, received {version}; "
                "save it in format {newest} and hand in again",
                name=name,
                newest=NEWEST_FORMAT,
                version=str(version)[:9],
            )
        )
    holders = [document] if "cells" in document else document.get("worksheets")
    lists = [holder.get("cells") for holder in holders if isinstance(holder, dict)] if isinstance(holders, list) else []
    entries = [entry for cells in lists if isinstance(cells, list) for entry in cells]
    if not entries:
        raise SubmissionError(
            message(
                "{name}: expected a notebook with cells, received none; check that the right file was saved", name=name
            )
        )
    if len(entries) > MAX_CELLS:
        raise SubmissionError(
            message(
                "{name}: expected at most {most:,} cells, received {cells:,}; remove the ones not needed",
                name=name,
                most=MAX_CELLS,
                cells=len(entries),
            )
        )
    return entries


def _plain_cell(entry: object) -> PlainCell | None:
    """One cell, or None if the entry holds no text that could be one's."""
    if not isinstance(entry, dict) or not isinstance(entry.get("cell_type"), str):
        return None
    source = _text(entry.get("source", entry.get("input", "")))  # code was called input up to format 3
    if source is None:
        return None
    kind, source = _kind(entry, source)
    metadata = entry.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    nbgrader = metadata.get("nbgrader")
    return PlainCell(
        kind=kind,
        source=source,
        id=_string(entry.get("id") or metadata.get("id")),  # Colab keeps it in the metadata
        grade_id=_string(nbgrader.get("grade_id")) if isinstance(nbgrader, dict) else "",
        tags=_tags(metadata.get("tags")),
        attachments=_attachments(entry.get("attachments")) if kind == "markdown" else {},
    )


def _kind(entry: dict[str, Any], source: str) -> tuple[CellKind, str]:
    match entry["cell_type"]:
        case "code":
            return "code", source
        case "markdown" | "html":
            return "markdown", source
        case "heading":  # up to format 3
            level = entry.get("level")
            level = level if isinstance(level, int) and 1 <= level <= 6 else 1
            return "markdown", f"{'#' * level} {' '.join(source.split())}"
        case _:
            return "raw", source


def _string(value: object) -> str:
    return value if isinstance(value, str) and value.isprintable() else ""


def _text(value: object) -> str | None:
    """Joins the lines of a cell; lone surrogates, which no file can hold, become U+FFFD."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "".join(value)
    if not isinstance(value, str):
        return None
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _tags(value: object) -> tuple[str, ...]:
    tags = value if isinstance(value, list) else []
    return tuple(dict.fromkeys(tag for tag in tags if _string(tag) and "," not in tag))


def _attachments(value: object) -> dict[str, dict[str, str]]:
    """Those attachments that are well formed: name -> MIME type -> text."""
    bundles = value.items() if isinstance(value, dict) else ()
    return {
        name: {kind: text for kind, data in bundle.items() if _string(kind) and (text := _text(data)) is not None}
        for name, bundle in bundles
        if _string(name) and isinstance(bundle, dict)
    }
