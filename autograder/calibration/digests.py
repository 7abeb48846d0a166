"""Digests that tie a calibration to what it was made from: the reference's code, and the code that measures.

Prose, comments, docstrings, types and messages make no difference to what is measured, so they are left out; so are
lists of misconceptions, whose own digests stand beside their outcomes.
"""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

from autograder.suites.check_plugin import SUITES

_DIGITS = 16


def reference_digest(source: Path) -> str:
    """Digest of the code of an assignment's source, without what runs only in a notebook.

    Numbers and texts that the parameters cell gives names to are used by cells that train, which are left out too.
    """
    tree = ast.parse(source.read_text(encoding="utf-8"))
    tree.body = [node for node in tree.body if not _is_parameter(node)]
    return _digest([_Bare().visit(tree)])


def _is_parameter(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)


def measuring_digest(assignment_id: str) -> str:
    """Digest of ``training_checks.py`` and of the modules of the suite that it imports, directly or not."""
    package = f"autograder.suites.{assignment_id}"
    found: dict[str, ast.Module] = {}
    waiting = ["training_checks"]
    while waiting:
        name = waiting.pop()
        file = SUITES / assignment_id / f"{name}.py"
        if name in found or not file.exists():
            continue
        found[name] = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(found[name]):
            if isinstance(node, ast.ImportFrom) and node.module is not None:
                names = [node.module] if node.module != package else [f"{package}.{each.name}" for each in node.names]
                waiting += [each.removeprefix(f"{package}.") for each in names if each.startswith(f"{package}.")]
    return _digest([_Bare(without_texts=True).visit(found[name]) for name in sorted(found)])


def _digest(trees: list[ast.AST]) -> str:
    return hashlib.sha256("\n".join(ast.dump(tree) for tree in trees).encode()).hexdigest()[:_DIGITS]


class _Bare(ast.NodeTransformer):
    """Takes off docstrings, types, check cells and ``if __name__ ...`` blocks; on demand messages and names, too."""

    def __init__(self, without_texts: bool = False) -> None:
        self._without_texts = without_texts

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        is_check = isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "check"
        return None if is_check or isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if "__name__" in ast.dump(node.test) else self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        is_text = self._without_texts and isinstance(node.value, str) and " " in node.value
        return ast.Constant("") if is_text else node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(node.arg)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        return self.generic_visit(ast.AnnAssign(node.target, ast.Constant(None), node.value, node.simple))

    def visit_Tuple(self, node: ast.Tuple) -> ast.AST:
        names = self._without_texts and all(map(_is_name, node.elts))
        return ast.Tuple([], node.ctx) if names else self.generic_visit(node)


def _is_name(node: ast.expr) -> bool:
    return isinstance(node, ast.Starred) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
