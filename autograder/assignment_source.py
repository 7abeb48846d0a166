"""Assignment source: the instructor's percent file, read as the notebook that nbgrader releases from.

In the source a cell says in one word what it is for, and everything else that nbgrader wants to know follows:

    # %% exercise="name"     the student's cell; what is between BEGIN SOLUTION and END SOLUTION is taken out
    # %% check="name"        the graded cell: one call, check("name")
    # %% locked="any_name"   given code that is restored before grading
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment
from autograder.errors import InputError
from autograder.policy_task import POLICY

BEGIN, END = "BEGIN SOLUTION", "END SOLUTION"
KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
ROLES = ("exercise", "check", "locked")
# Metadata that is handed on as it stands: tags, and how Colab and Jupyter fold a cell.
KEPT = ("tags", "cellView", "jupyter")


def read_source(file: Path, assignment: Assignment, points: Mapping[str, float]) -> Any:
    """Reads an instructor's source.

    Args:
        file: The percent file.
        assignment: Says which exercises there must be, and which of them are bonus.
        points: What the hidden suite gives for each exercise.

    Returns:
        A notebook of format 4.5 with solutions, nbgrader's metadata and cell ids that depend on content only.

    Raises:
        InputError: The file cannot be read, or exercises, checks and suite do not fit together.
    """
    import jupytext

    try:
        notebook = jupytext.reads(file.read_text(encoding="utf-8"), fmt="py:percent")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: the assignment's source cannot be read ({error})") from error
    except Exception as error:  # jupytext gives no class of its own to the errors of its parser
        raise InputError(f"{file}: expected a jupytext percent file, received {error!r}") from error
    _require_suite(assignment, points)
    points = _with_policy(assignment, points)
    roles = [_role(file, number, cell) for number, cell in enumerate(notebook.cells, start=1)]
    _require_cells(file, assignment, roles)
    for (role, name), cell in zip(roles, notebook.cells, strict=True):
        _require_source(file, role, name, cell.source)
        _describe(cell, role, name, 0.0 if name in assignment.bonus else points.get(name, 0.0))
    _name_cells(notebook.cells)
    notebook.metadata = KERNEL
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def _with_policy(assignment: Assignment, points: Mapping[str, float]) -> Mapping[str, float]:
    """The points of the check cells: what the suite gives, and what the trained agent does."""
    return points if assignment.policy is None else {**points, POLICY: assignment.policy.points}


def _require_suite(assignment: Assignment, points: Mapping[str, float]) -> None:
    if missing := [name for name in assignment.exercises if points.get(name, 0.0) <= 0.0]:
        raise InputError(
            f"assignment {assignment.id}: expected a hidden suite with points for every exercise, received none "
            f"for {', '.join(missing)}; write checks, or take the exercise out of course.toml"
        )
    if strays := sorted(set(points) - set(assignment.exercises)):
        raise InputError(
            f"assignment {assignment.id}: expected a hidden suite of the exercises in course.toml, received one that "
            f"also judges {', '.join(strays)}; add to exercises, or correct the suite's exercise mark"
        )


def _role(file: Path, number: int, cell: Any) -> tuple[str, str]:
    """What a cell is for, and its name: ``("check", "make_env")``; ``("", "")`` for a cell without a role."""
    metadata = {key: value for key, value in cell.metadata.items() if not key.startswith("lines_to_")}
    roles = [key for key in ROLES if key in metadata]
    place = f"{file.name}, cell {number}"
    if strays := sorted(set(metadata) - set(ROLES) - set(KEPT)):
        known = ", ".join((*ROLES, *KEPT))
        raise InputError(f"{place}: expected metadata {known}, received {', '.join(strays)}; correct or remove it")
    if not roles:
        return "", ""
    if len(roles) > 1 or cell.cell_type != "code":
        raise InputError(f"{place}: expected one role, on code, received {', '.join(roles)}; split the cell")
    name = metadata[roles[0]]
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_]+", name):
        raise InputError(f"{place}: {roles[0]}: expected a name of letters, digits, _, received {name!r}; rename")
    return roles[0], name


def _require_cells(file: Path, assignment: Assignment, roles: list[tuple[str, str]]) -> None:
    for wanted, due in (("exercise", assignment.exercises), ("check", assignment.judged)):
        names = [name for role, name in roles if role == wanted]
        if names != list(due):
            expected = ", ".join(due) or "none"
            raise InputError(
                f"{file.name}: expected one {wanted} cell for each of {expected}, in this "
                f"order (course.toml), received {', '.join(names) or 'none'}; add, remove or move cells"
            )
    for name in assignment.exercises:
        if roles.index(("check", name)) < roles.index(("exercise", name)):
            raise InputError(f"{file.name}: expected the check of {name} after its exercise; move the cell")
    counts = Counter(_grade_id(*role) for role in roles if role[0])
    if repeated := [name for name, count in counts.items() if count > 1]:
        raise InputError(f"{file.name}: expected each cell name once, received {', '.join(repeated)} again; rename")


def _require_source(file: Path, role: str, name: str, source: str) -> None:
    place, call = f"{file.name}, {role} {name}", f'check("{name}")'
    if role == "check" and source.strip() != call:
        raise InputError(f"{place}: expected the one line {call}, received {source!r}; correct it")
    if role == "exercise":
        if name not in _definitions(place, source):
            raise InputError(f"{place}: expected a function or class {name}, received none; add it")
        if BEGIN not in source or END not in source:
            # nbgrader would put the stub in place of the whole cell, signature and docstring included.
            raise InputError(f"{place}: expected # {BEGIN} and # {END}, received none; add them")


def _definitions(place: str, source: str) -> set[str]:
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise InputError(f"{place}: expected valid Python, received an error ({error}); correct it") from error
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name for node in body if isinstance(node, definitions)}


def _grade_id(role: str, name: str) -> str:
    return f"check_{name}" if role == "check" else name


def _describe(cell: Any, role: str, name: str, points: float) -> None:
    """Replaces a cell's short metadata by nbgrader's, version 3."""
    cell.metadata = {key: cell.metadata[key] for key in KEPT if key in cell.metadata}
    if role:
        cell.metadata["nbgrader"] = {
            "schema_version": 3,
            "grade_id": _grade_id(role, name),
            "grade": role == "check",
            "solution": role == "exercise",
            "locked": role != "exercise",
            "task": False,
        }
    if role == "check":
        cell.metadata["nbgrader"]["points"] = int(points) if points == int(points) else round(points, 6)


def _name_cells(cells: list[Any]) -> None:
    """Gives each cell an id: its grade_id, or a digest of its text, numbered where a text occurs again."""
    seen: Counter[str] = Counter()
    for cell in cells:
        marks = cell.metadata.get("nbgrader", {})
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
        name = str(marks.get("grade_id", f"{cell.cell_type}-{digest}"))[:50]
        seen[name] += 1
        cell.id = name if seen[name] == 1 else f"{name}-{seen[name]}"
