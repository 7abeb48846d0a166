"""AutogradedNotebook: a report put into a notebook, where nbgrader's own tools and formgrader look for it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from autograder.language import catalogue
from autograder.lateness import DECIMALS
from autograder.message import in_language
from autograder.report import GradeReport

_SHOWN_ON_TOP = ("attention", "extension", "late")


def show_report(notebook: Any, report: GradeReport) -> None:
    """Puts points where nbgrader's SaveAutoGrades reads them, and what the report says of the whole on top.

    Args:
        notebook: A notebook of ``nbformat``, changed in place.
        report: The report.
    """
    import nbformat  # takes a second (jsonschema compiles a grammar), and few runs need it

    say = partial(in_language, translate=catalogue(report.language).gettext)
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade"):
            _show_points(cell, report, say(report.attention or ""))
    texts = [say(fact["text"]) for fact in report.evidence if fact["kind"] in _SHOWN_ON_TOP]
    if texts:
        lines = "\n\n".join(texts)
        notebook.cells.insert(0, nbformat.v4.new_markdown_cell(lines))  # type: ignore[no-untyped-call]


def stand_in(released: Path, report: GradeReport) -> str:
    """The released notebook with the report in it, as JSON: for a hand-in that is no notebook or cannot be run.

    Without a notebook a hand-in is not shown by formgrader, and gets no feedback of nbgrader's.

    Raises:
        OSError: The released notebook cannot be read.
        ValueError: It is no notebook.
    """
    import nbformat

    notebook = nbformat.read(released, as_version=4)  # type: ignore[no-untyped-call]
    show_report(notebook, report)
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _show_points(cell: Any, report: GradeReport, attention: str) -> None:
    """Points of a check cell as its result, in a way that nbgrader 0.9 cannot misread.

    An error gives nothing until RecordReport leaves the cell to a person; no result at all would give full marks,
    which for a bonus exercise, whose points are extra credit, are none.
    """
    from nbformat.v4 import new_output

    marks = cell.metadata.nbgrader
    checks = [check for check in report.checks if check.exercise == marks.grade_id.removeprefix("check_")]
    cell.outputs = [output for output in cell.get("outputs", []) if output.output_type == "stream" and checks]
    if report.status == "needs_attention" or not checks:
        text = attention or "not judged"
        cell.outputs.append(new_output("error", ename="NotGraded", evalue=text, traceback=[text]))  # type: ignore[no-untyped-call]
    elif marks.points > 0:
        points = min(round(sum(check.points for check in checks), DECIMALS), marks.points)
        cell.outputs.append(new_output("execute_result", {"text/plain": f"{points:g}"}))  # type: ignore[no-untyped-call]
