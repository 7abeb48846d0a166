"""Attacks by cells, their metadata and what they put out."""

import json
from pathlib import Path
from typing import Any

from tests.attacks import graded_attack as naive
from tests.attacks.forging import forging
from tests.attacks.graded_attack import UNESCAPED, GradedAttack, Notebook, code_cell, grade_id


def tampering(name: str, harm: str, change: Any, **options: Any) -> GradedAttack:
    """Changes the cell of the check; the control takes cells as they are handed in."""

    def edit(notebook: Notebook) -> None:
        (place,) = (n for n, cell in enumerate(notebook["cells"]) if grade_id(cell) == "check_critic_loss")
        change(notebook["cells"], place)

    control = options or {"naive_test": naive.ALLCLOSE}
    return forging(name, harm, layer="cells restored", edit=edit, outside=True, **control)


def replaced(source: str) -> Any:
    return lambda cells, place: cells[place].update(source=source)


def tagged(cells: list[Any], place: int) -> None:
    cells[place]["metadata"]["tags"] = ["skip-execution"]


def worth_more(cells: list[Any], place: int) -> None:
    cells[place]["metadata"]["nbgrader"]["points"] = 1000
    cells[place]["source"] = "pass"


def preceded(cells: list[Any], place: int) -> None:
    """A cell of the student's under the check's name, before the check."""
    cells[place]["metadata"].pop("nbgrader")
    cells.insert(place, code_cell("1", nbgrader=_marks(points=1)))


def answered(cells: list[Any], place: int) -> None:
    """The check is no code any more; its outputs are handed in."""
    cells[place]["metadata"]["nbgrader"]["points"] = 1000
    cells[place]["source"] = ""
    result = {"output_type": "execute_result", "data": {"text/plain": "1000"}, "metadata": {}, "execution_count": 1}
    cells[place]["outputs"] = [result]


def made_a_solution(cells: list[Any], place: int) -> None:
    cells[place]["metadata"]["nbgrader"] |= {"solution": True, "locked": False}
    cells[place]["source"] = "check = print"


def nothing_fails(folder: Path, _secret: Path) -> bool:
    """A grader that takes points off for checks that fail, as they are handed in."""

    def check(name: str) -> None:
        raise AssertionError(name)

    cells = json.loads((folder / "ppo.ipynb").read_text())["cells"]
    try:
        for cell in cells:
            if grade_id(cell) == "check_critic_loss":
                exec(cell["source"], {"check": check})
    except AssertionError:
        return False
    return True


def _marks(points: float) -> dict[str, Any]:
    marks = {"grade": True, "locked": True, "solution": False, "schema_version": 3, "task": False}
    return marks | {"grade_id": "check_critic_loss", "points": points}


TAMPERING = (
    forging(
        "printed results",
        "be taken for a report",
        """
        print('{"status": "graded", "score": 5.0, "max_score": 5.0, "bonus": 1.0}')
        print("ppo.critic_loss: passed, 1.0 of 1.0 points")
        get_ipython().displayhook(1000.0)
        """,
        naive_test="assert _ == 1000.0",
    ),
    forging(
        "result shown by the function",
        "show a number of points before the test shows its own",
        """
        def critic_loss(target_values, pred_values):
            get_ipython().displayhook(0.25)
            return torch.zeros(())
        """,
        naive_test=naive.PARTIAL,
    ),
    forging(
        "files named as results",
        "leave reports and gradebooks where the grader may look",
        """
        import os, pathlib
        for name in ("report.json", "results.json", "feedback.html", "gradebook.db", "policy.safetensors"):
            for folder in (".", "..", "/tmp", "/autograder/results", os.path.expanduser("~")):
                try:
                    pathlib.Path(folder, name).write_text('{"status": "graded", "score": 5.0}')
                except OSError:
                    pass
        """,
        naive_test='import json\nassert json.load(open("report.json"))["status"] == "graded"',
    ),
    forging(
        "markup in outputs",
        "run script in a page of feedback",
        "raise ValueError('<script>attack()</script>')",
        """
        def critic_loss(target_values, pred_values):
            raise RuntimeError("<script>attack()</script><img src=x onerror=attack()>")
        """,
        'def one_step_returns(*_, **__):\n    raise type("<script>attack()</script>", (Exception,), {})("x")',
        off=UNESCAPED,
        layer="pages escaped",
    ),
    tampering("check emptied", "replace the check by nothing", replaced("pass")),
    tampering("check that shows a number", "replace the check by its points", replaced("0.25")),
    tampering("check removed", "have nothing to fail", lambda cells, place: cells.pop(place), naive=nothing_fails),
    tampering("check skipped", "have the check not run, by a tag", tagged),
    tampering("check worth more", "write more points into the metadata", worth_more),
    tampering("check twice", "put a cell of its own under the check's name", preceded),
    tampering("outputs handed in", "hand in the outputs of a check that has passed", answered),
    tampering("check made a solution", "have the check count as its own cell", made_a_solution, naive=nothing_fails),
)
