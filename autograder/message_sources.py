"""Where English messages come from: calls in the source, templates of pages, and what suites and checks declare."""

from __future__ import annotations

import ast
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import jupytext
from babel.messages.extract import extract_from_file

import autograder
from autograder.catalogues import Source
from autograder.course import Course
from autograder.errors import InputError
from autograder.prose import blocks
from autograder.suites import expect
from autograder.suites.check_plugin import SUITES, collect_checks
from autograder.suites.diagnosis import misconceptions
from rlhelpers.stub import STUB_MESSAGE

_ROOT = Path(autograder.__file__).parents[1]
_JINJA = "jinja2.ext:babel_extract"
_JINJA_OPTIONS = {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}
_TEXT_PARAMETERS = ("what", "text")  # of functions of suites


def assignment_sources(course: Course, assignment_id: str) -> list[Source]:
    """The prose of an assignment's notebook, in its order."""
    file = course.source(course.assignment(assignment_id))
    notebook = jupytext.read(file, fmt="py:percent")
    return [Source(block, file.name) for cell in notebook.cells for block in blocks(cell.cell_type, cell.source)]


def autograder_sources() -> list[Source]:
    """What the autograder says to students, and what stands on its pages.

    Raises:
        InputError: A message in the source is no literal.
    """
    package = _ROOT / "autograder"
    found = [
        *_in_templates(package / "outlets" / "templates"),
        *_in_code(package.rglob("*.py"), _messages),
        *_in_code(SUITES.glob("*/*.py"), _said_in_suites),
    ]
    for assignment_id in sorted({file.parent.name for file in SUITES.glob("*/test_*.py")}):
        place = f"autograder/suites/{assignment_id}"
        for check in collect_checks(assignment_id):
            found.append(Source(check.name.replace("_", " "), place))
            found += [Source(check.hint, place)] if check.hint else []
        found += [Source(each.sentence, place) for each in misconceptions(assignment_id)]
    return found


def rlhelpers_sources() -> list[Source]:
    """What students read in their notebooks: visible checks, plots, handing in.

    Raises:
        InputError: A message in the source is no literal.
    """
    package = _ROOT / "rlhelpers"
    found = [Source(STUB_MESSAGE, "rlhelpers/stub.py"), *_in_code(package.rglob("*.py"), _underscored)]
    for module in pkgutil.iter_modules([str(package / "visible_checks")]):
        if module.ispkg:
            dotted = f"rlhelpers.visible_checks.{module.name}"
            cases = [case for each in import_module(dotted).CASES.values() for case in each]
            found += [
                Source(text, dotted.replace(".", "/")) for case in cases for text in (case.what, case.hint) if text
            ]
    return found


def _in_templates(folder: Path) -> Iterator[Source]:
    for file in sorted(folder.glob("*.j2")):
        for _, message, _, _ in extract_from_file(_JINJA, file, options=_JINJA_OPTIONS):
            yield Source(
                message if isinstance(message, str) else (message[0], message[1]), f"autograder/outlets/{file.name}"
            )


def _in_code(files: Iterable[Path], texts_of: Callable[[ast.Module], Iterator[ast.expr]]) -> Iterator[Source]:
    for file in sorted(files):
        place = file.relative_to(_ROOT)
        for text in texts_of(ast.parse(file.read_text(encoding="utf-8"))):
            yield from (Source(literal, str(place)) for literal in _literals(text, f"{place}, line {text.lineno}"))


def _literals(text: ast.expr, place: str) -> Iterable[str]:
    """The texts that an argument can be; what is computed elsewhere is a message already."""
    match text:
        case ast.Constant(value=str(literal)):
            return [literal] if literal else []
        case ast.IfExp(body=body, orelse=other):
            return [*_literals(body, place), *_literals(other, place)]
        case ast.JoinedStr() | ast.BinOp():
            raise InputError(
                f"{place}: expected a literal that can be translated, received {ast.unparse(text)}; "
                'write message("... {name} ...", name=...)'
            )
    return []


def _underscored(tree: ast.Module) -> Iterator[ast.expr]:
    """Arguments of ``_(...)``."""
    return (call.args[0] for call in _calls(tree) if isinstance(call.func, ast.Name) and call.func.id == "_")


def _messages(tree: ast.Module) -> Iterator[ast.expr]:
    """First arguments of ``message(...)``."""
    return (call.args[0] for call in _calls(tree) if isinstance(call.func, ast.Name) and call.func.id == "message")


def _said_in_suites(tree: ast.Module) -> Iterator[ast.expr]:
    """What functions of suites, those of ``expect`` among them, get or have by default as ``what`` or ``text``."""
    known = _suite_functions() | _parameters(tree)
    for call in _calls(tree):
        match call.func:
            case ast.Name(id=name) if name in known:
                yield from _named_texts(call, known[name])
            case ast.Attribute(value=ast.Name(id="expect"), attr=name):
                yield from _named_texts(call, inspect.signature(getattr(expect, name)).parameters)
    for function in _functions(tree):
        defaults = zip(reversed(function.args.args), reversed(function.args.defaults), strict=False)
        yield from (default for parameter, default in defaults if parameter.arg in _TEXT_PARAMETERS)


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def _parameters(tree: ast.Module) -> dict[str, list[str]]:
    """By name, the parameters of each function that gets a text."""
    found = {function.name: [each.arg for each in function.args.args] for function in _functions(tree)}
    return {name: parameters for name, parameters in found.items() if set(parameters) & set(_TEXT_PARAMETERS)}


@cache
def _suite_functions() -> dict[str, list[str]]:
    """Those of all suites: they import functions from each other."""
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in sorted(SUITES.glob("*/*.py"))]
    return {name: parameters for tree in trees for name, parameters in _parameters(tree).items()}


def _named_texts(call: ast.Call, parameters: Iterable[str]) -> Iterator[ast.expr]:
    given = dict(zip(parameters, call.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    return (given[name] for name in _TEXT_PARAMETERS if name in given)
