"""Prose of a notebook's cells, cut into blocks that are translated one by one; formulas and code stay as they are.

A block of markdown ends at a blank line outside of formulas and fenced code. Of code cells docstrings and comments are
prose, but not those of solutions, which students never see.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from autograder.assignment_source import BEGIN, END

Translate = Callable[[str], str]

_FENCED = re.compile(r"^ *```.*?(^ *```|\Z)", re.MULTILINE | re.DOTALL)
_WITHOUT_WORDS = re.compile(r"\$\$.*?\$\$|\$[^$]+\$|`+[^`]*`+|https?://\S+|<[^>]*>", re.DOTALL)
_WORDS_IN_FORMULA = re.compile(r"\\text\{[^}]*[a-z] [^}]*\}|\\text\{[^}]* [a-z][^}]*\}")
_DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
_WORD = re.compile(r"[^\W\d_]{2}")
_DIRECTIVE = re.compile(rf"#\s*(noqa|type:|fmt:|%|{BEGIN}|{END})")
_STRING = re.compile(r"""(?is)^([rub]*)(\"{3}|'{3}|"|')(.*)\2$""")


def blocks(kind: str, source: str) -> list[str]:
    """What is to be translated in a cell.

    Args:
        kind: ``markdown`` or ``code``.
        source: Its text.
    """
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return text

    translated(kind, source, note)
    return found


def translated(kind: str, source: str, translate: Translate) -> str:
    """A cell in another language.

    Args:
        kind: ``markdown`` or ``code``; cells of other kinds have no prose.
        source: Its text.
        translate: Gives the translation of a block; the block itself where there is none.
    """
    if kind == "markdown":
        return _translated_blocks(source, translate)
    if kind != "code":
        return source
    made, end = "", 0
    for piece in _pieces(source):
        made += source[end : piece.start] + piece.rebuilt(_translated_blocks(piece.text, translate))
        end = piece.end
    return made + source[end:]


def _translated_blocks(text: str, translate: Translate) -> str:
    return "\n\n".join(translate(block) if _has_words(block) else block for block in _split(text))


def _split(text: str) -> list[str]:
    """Blocks between blank lines; formulas and fenced code are not cut."""
    found: list[list[str]] = [[]]
    inside = ""
    for line in text.split("\n"):
        if not line.strip() and not inside:
            found.append([])
            continue
        found[-1].append(line)
        if inside != "$$" and line.lstrip().startswith("```"):
            inside = "" if inside else "```"
        elif inside != "```" and line.count("$$") % 2:
            inside = "" if inside else "$$"
    return ["\n".join(lines) for lines in found if lines]


def _has_words(block: str) -> bool:
    if _WORDS_IN_FORMULA.search(block):
        return True
    return bool(_WORD.search(_WITHOUT_WORDS.sub("", _FENCED.sub("", block))))


@dataclass(frozen=True)
class _Piece:
    """A docstring or comment.

    Attributes:
        start: Where it begins in the source.
        end: Where it ends.
        text: Its prose, without quotes, ``#`` and indentation.
        opening: What stands before the prose.
        between: What stands before each further line of it.
        closing: What stands behind it.
    """

    start: int
    end: int
    text: str
    opening: str
    between: str
    closing: str = ""

    def rebuilt(self, text: str) -> str:
        """The docstring or comment with another text."""
        first, *rest = text.split("\n")
        lines = [self.opening + first, *(f"{self.between}{line}".rstrip() for line in rest)]
        return "\n".join(lines) + self.closing


def _pieces(source: str) -> Iterator[_Piece]:
    """The docstrings and comments of a cell, in order; none if it is not valid Python."""
    lines = source.split("\n")
    # IPython's commands are no Python, and hold no prose.
    plain = "\n".join(re.sub(r"^(\s*)[%!].*", r"\1pass", line) for line in lines)
    try:
        docstrings = _docstring_places(ast.parse(plain))
    except SyntaxError:
        return
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    hidden, comments = False, list[tokenize.TokenInfo]()
    for token in tokenize.generate_tokens(io.StringIO(plain).readline):
        if token.type == tokenize.COMMENT and BEGIN in token.string:
            hidden = True
        elif token.type == tokenize.COMMENT and END in token.string:
            hidden = False
        elif hidden:
            continue
        elif token.type == tokenize.STRING and token.start in docstrings:
            yield _docstring(token, starts)
        elif token.type == tokenize.COMMENT and not _DIRECTIVE.match(token.string):
            if comments and not _follows(comments[-1], token):
                yield _comment(comments, starts)
                comments.clear()
            comments.append(token)
        elif comments and token.type not in (tokenize.NL, tokenize.NEWLINE):
            yield _comment(comments, starts)
            comments.clear()
    if comments:
        yield _comment(comments, starts)


def _docstring_places(tree: ast.Module) -> set[tuple[int, int]]:
    places = set()
    for node in ast.walk(tree):
        first = next(iter(getattr(node, "body", [])), None) if isinstance(node, _DOCUMENTED) else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            places.add((first.lineno, first.col_offset))
    return places


def _docstring(token: tokenize.TokenInfo, starts: list[int]) -> _Piece:
    match = _STRING.match(token.string)
    assert match is not None
    prefix, quotes, body = match.groups()
    indent = " " * token.start[1]
    text = body.rstrip()
    first, *rest = text.split("\n")
    dedented = [line.removeprefix(indent) if line.strip() else "" for line in rest]
    return _Piece(
        start=starts[token.start[0] - 1] + token.start[1],
        end=starts[token.end[0] - 1] + token.end[1],
        text="\n".join([first, *dedented]),
        opening=prefix + quotes,
        between=indent,
        closing=body[len(text) :] + quotes,
    )


def _follows(before: tokenize.TokenInfo, comment: tokenize.TokenInfo) -> bool:
    """Whether a whole-line comment goes on in the next line."""
    whole = all(not token.line[: token.start[1]].strip() for token in (before, comment))
    return whole and comment.start == (before.start[0] + 1, before.start[1])


def _comment(tokens: list[tokenize.TokenInfo], starts: list[int]) -> _Piece:
    return _Piece(
        start=starts[tokens[0].start[0] - 1] + tokens[0].start[1],
        end=starts[tokens[-1].end[0] - 1] + tokens[-1].end[1],
        text="\n".join(token.string.removeprefix("#").removeprefix(" ") for token in tokens),
        opening="# ",
        between=" " * tokens[0].start[1] + "# ",
    )
