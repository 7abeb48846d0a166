"""Inline checks: ``check("exercise")`` in a notebook runs the public cases of an exercise and shows a table."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from types import FrameType
from typing import Any

from rlhelpers.check_table import CheckTable, Row
from rlhelpers.language import translate as _
from rlhelpers.language import use_language
from rlhelpers.seeding import preserved_randomness
from rlhelpers.stub import stub_messages
from rlhelpers.visible_checks.case import Case, NotDefinedError, Notebook


def inline_checks(assignment: str, namespace: Mapping[str, Any], language: str = "en") -> Callable[[str], None]:
    """Returns the function ``check`` of a notebook.

    ``check("exercise")`` never raises: whatever the student's code does is a row of the table. Where the namespace is
    not a notebook's (its ``__name__`` is not ``"__main__"``), ``check`` does nothing, so that importing is quick.

    Args:
        assignment: Id of the assignment, for example ``"ppo"``.
        namespace: The notebook's names: pass ``globals()``.
        language: Of all that the notebook shows from now on, ``"en"`` or ``"ru"``.

    Raises:
        ValueError: There is no such language.
    """
    use_language(language)

    def check(exercise: str) -> None:
        """Runs the visible checks of an exercise and shows their table; the grader's hidden ones are others."""
        if namespace.get("__name__") == "__main__":
            _show(run_checks(assignment, exercise, namespace))

    return check


def run_checks(assignment: str, exercise: str, namespace: Mapping[str, Any]) -> CheckTable:
    """Runs the visible checks of an exercise; torch's, NumPy's and Python's random numbers go on as if it had not.

    Args:
        assignment: Id of the assignment.
        exercise: Name of the exercise.
        namespace: Where the student's functions are.

    Returns:
        The table. An exercise that there is not, and whatever the student's code raises, are rows of it.
    """
    cases: Mapping[str, Sequence[Case]] = import_module(f"rlhelpers.visible_checks.{assignment}").CASES
    if exercise not in cases:
        row = Row(
            "failed", _("name of the exercise"), ", ".join(cases), repr(exercise), _("Restore the given check cell.")
        )
        return CheckTable(str(exercise), (row,))
    notebook = Notebook(namespace)
    rows = []
    for case in cases[exercise]:
        with preserved_randomness():
            rows.append(_judge(case, exercise, notebook))
    return CheckTable(exercise, tuple(rows))


def _judge(case: Case, exercise: str, notebook: Notebook) -> Row:
    what = _(case.what)
    try:
        comparison = case.run(notebook)
    except NotDefinedError as error:
        missing = _("`{name}` is not defined; run the cells above first").format(name=error)
        return Row("not written", what, received=missing)
    except NotImplementedError as error:
        if str(error) not in stub_messages():
            return _raised(case, error, notebook)
        place = _name_of(traceback.walk_tb(error.__traceback__))
        return Row("not written", what, received=_("`{name}` is not written yet").format(name=place))
    except (Exception, SystemExit) as error:
        return _raised(case, error, notebook)
    if comparison.passed:
        return Row("passed", what)
    hint = f"{comparison.trap} {_(case.hint)}".strip()
    return Row("failed", what, comparison.expected, comparison.received, hint)


def _name_of(frames: Iterator[tuple[FrameType, int]]) -> str:
    """Name of the innermost function: ``Actor.get_value``, or before Python 3.11 ``get_value``."""
    code = list(frames)[-1][0].f_code
    return str(getattr(code, "co_qualname", code.co_name))


def _raised(case: Case, error: BaseException, notebook: Notebook) -> Row:
    """A row with the exception, and with the last line of the notebook's own code on the way to it."""
    try:
        message = str(error)[:400]
    except Exception:
        message = _("(its message cannot be printed)")
    received = f"{type(error).__name__}: {message}"
    own = [frame for frame in traceback.walk_tb(error.__traceback__) if notebook.owns(frame[0])]
    if own:
        summary = traceback.StackSummary.extract(iter(own[-1:]))[0]
        place = _("line {line} of the cell, in {name}: {code}")
        received += "\n" + place.format(line=summary.lineno, name=summary.name, code=summary.line)
    return Row("failed", _(case.what), _("no exception"), received, _(case.hint))


def _show(table: CheckTable) -> None:
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        print(table)  # noqa: T201  # there is no notebook to show it in
    else:
        display(table)
