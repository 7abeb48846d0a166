"""A notebook in another language: its prose by a catalogue, and its helpers told to speak that language."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from autograder.prose import translated

_TOLD_BY_KEYWORD, _TOLD = "inline_checks", "use_language"


def translate_notebook(notebook: Any, texts: Mapping[str, str], language: str) -> None:
    """Translates a notebook in place; what ``texts`` lacks stays in English.

    Args:
        notebook: A notebook of nbformat 4.
        texts: Translations of blocks, as ``prose.blocks`` cuts them.
        language: Such as ``ru``.
    """
    for cell in notebook.cells:
        cell.source = translated(cell.cell_type, cell.source, lambda block: texts.get(block, block))
        if cell.cell_type == "code":
            cell.source = _speaking(cell.source, language)


def _speaking(source: str, language: str) -> str:
    """The source with ``language=`` in its call of ``inline_checks``, or with another argument of ``use_language``."""
    if _TOLD_BY_KEYWORD not in source and _TOLD not in source:
        return source
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name == _TOLD_BY_KEYWORD:
                end = _offset(source, node.end_lineno, node.end_col_offset) - 1
                return f'{source[:end]}, language="{language}"{source[end:]}'
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[ast.Constant() as told]) if (
                name == _TOLD
            ):
                start = _offset(source, told.lineno, told.col_offset)
                end = _offset(source, told.end_lineno, told.end_col_offset)
                return f'{source[:start]}"{language}"{source[end:]}'
    return source


def _offset(source: str, line: int | None, column: int | None) -> int:
    """Place in the text of a line, from 1, and a column in UTF-8 bytes."""
    assert line is not None
    before = source.splitlines(keepends=True)[: line - 1]
    return len("".join(before)) + len(source.splitlines()[line - 1].encode()[:column].decode())
