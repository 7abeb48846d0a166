"""Restoration: however a notebook was edited, the graded one has its locked cells and all of the student's work."""

import copy
import random
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import InputError, SubmissionError
from autograder.notebook import PlainCell, read_cells
from autograder.released_notebook import read_release
from autograder.restoration import Cell, RestoredNotebook, restore
from tests.released_numbers import ASSIGNMENT, RELEASED, SOLUTIONS, solved, untouched, write_release

NAMES = [cell["metadata"].get("nbgrader", {}).get("grade_id", "") for cell in RELEASED["cells"]]
LOCKED = {name for name in NAMES if name.startswith(("check_", "imports", "given"))}


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return read_release(write_release(tmp_path_factory.mktemp("release")))


@pytest.fixture
def restored(tmp_path, release):
    def restored_from(notebook):
        path = tmp_path / "numbers.ipynb"
        path.write_bytes(notebook.content())
        return restore(read_cells(path, within=tmp_path)[0], release, ASSIGNMENT.exercises)

    return restored_from


def names(notebook: RestoredNotebook) -> list[str]:
    return [cell.grade_id or "" for cell in notebook.cells]


def by_name(notebook: RestoredNotebook, name: str) -> Cell:
    (cell,) = [cell for cell in notebook.cells if cell.grade_id == name]
    return cell


def run(notebook: RestoredNotebook) -> dict[str, Any]:
    """The global names after all cells that are to be run."""
    names: dict[str, Any] = {}
    for cell in notebook.cells:
        if cell.is_run:
            exec(cell.source, names)
    return names


def assert_sound(notebook: RestoredNotebook) -> None:
    """What holds for every restored notebook."""
    nbformat.validate(nbformat.from_dict(copy.deepcopy(notebook.json)))
    named = [name for name in names(notebook) if name]
    assert len(named) == len(set(named))
    assert set(named) >= LOCKED
    released = {name: cell for name, cell in zip(NAMES, RELEASED["cells"], strict=True) if name}
    for index, (cell, made) in enumerate(zip(notebook.cells, notebook.json["cells"], strict=True), start=1):
        assert (cell.index, cell.kind, cell.source) == (index, made["cell_type"], made["source"])
        assert made["metadata"] == (released[cell.grade_id]["metadata"] if cell.grade_id else made["metadata"])
        assert ("nbgrader" in made["metadata"]) == bool(cell.grade_id)
        if cell.grade_id in LOCKED:
            assert made == released[cell.grade_id]
        if cell.kind == "code":
            assert made["outputs"] == []


def test_the_untouched_release_comes_out_as_it_is(restored):
    notebook = restored(untouched())
    assert_sound(notebook)
    assert notebook.json == RELEASED
    assert notebook.notes == ()
    assert notebook.written == 0


def test_every_cell_has_the_role_that_the_release_gives_it(restored):
    roles = {(cell.grade_id or cell.source): (cell.role, cell.is_run) for cell in restored(solved()).cells}
    assert roles == {
        "# Čísla\nRead this first.": ("own", False),
        "repetitions = 3": ("own", True),
        "imports": ("given", True),
        "double": ("solution", True),
        "check_double": ("check", False),
        "halve": ("solution", True),
        "check_halve": ("check", False),
        "given_parts": ("given", True),
        "Counter": ("solution", True),
        "check_Counter": ("check", False),
        "print(double(repetitions))": ("training", False),
    }


def test_solutions_and_own_cells_stay_in_the_students_order(restored):
    notebook = restored(solved().add("def helper(): ...", before="check_double").add("notes", "halve", "markdown"))
    assert_sound(notebook)
    assert [cell.source for cell in notebook.cells][3:7] == [
        SOLUTIONS["double"],
        "def helper(): ...",
        'check("double")',
        "notes",
    ]
    assert notebook.notes == ()
    assert notebook.written == 3


def test_a_changed_locked_cell_is_back_after_what_the_student_wrote_into_it(restored):
    edited = solved().write("imports", "import math\nimport string").write("check_double", "print(1.0)\n1.0")
    notebook = restored(edited)
    assert_sound(notebook)
    at = by_name(notebook, "imports").index
    assert notebook.cells[at - 2] == Cell(at - 1, "code", "import math\nimport string")
    assert by_name(notebook, "imports").source == "import math\n\ncheck = print"
    note = "had been changed; the released text is back, the changed one stands before it"
    assert notebook.notes == (f"Cell {at} (`imports`) {note}.", f"Cell {at + 3} (`check_double`) {note}.")
    assert "string" in run(notebook)


def test_blank_space_does_not_count_as_a_change(restored):
    notebook = restored(solved().write("imports", "\nimport math   \n\ncheck = print\n\n"))
    assert_sound(notebook)
    assert notebook.notes == ()


def test_an_emptied_locked_cell_is_back(restored):
    notebook = restored(solved().write("imports", "  \n"))
    assert_sound(notebook)
    assert len(notebook.cells) == len(NAMES)
    assert notebook.notes == ("Cell 3 (`imports`) had been changed; the released text is back.",)


def test_a_locked_cell_made_markdown_is_code_again(restored):
    notebook = solved()
    for name in ("imports", "double"):
        notebook.cells[notebook.place(name)] = {
            **{key: value for key, value in notebook.cells[notebook.place(name)].items() if key in ("id", "metadata")},
            "cell_type": "markdown",
            "source": notebook.source(name),
        }
    result = restored(notebook)
    assert_sound(result)
    assert by_name(result, "imports").is_run
    assert by_name(result, "double").is_run
    assert result.notes == ("Cell 4 (`double`) had been made a markdown cell; it is code again.",)


def test_missing_cells_are_put_back_where_they_were(restored):
    notebook = restored(solved().drop("imports", "check_double", "halve", "check_Counter"))
    assert_sound(notebook)
    assert names(notebook) == NAMES
    assert by_name(notebook, "halve").source == RELEASED["cells"][5]["source"]
    assert notebook.notes[0] == "Cell 3 (`imports`) was missing; the released one is put back."
    assert len(notebook.notes) == 4
    assert notebook.written == 2


def test_given_code_moves_ahead_of_what_needs_it(restored):
    notebook = restored(solved().move("imports", "Counter").move("Counter", "given_parts"))
    assert_sound(notebook)
    order = names(notebook)
    assert order.index("imports") < order.index("double")
    assert order.index("given_parts") < order.index("Counter")
    assert notebook.notes[0] == "Cell 3 (`imports`) stood below code that needs it; it is moved up."
    assert run(notebook)["Part"].size > 3


def test_cells_in_any_other_order_stay_there(restored):
    notebook = restored(solved().move("halve", "double").move("check_halve", "double"))
    assert_sound(notebook)
    assert [name for name in names(notebook) if name][1:4] == ["halve", "check_halve", "double"]
    assert notebook.notes == ()


def test_cells_without_any_metadata_are_recognised(restored):
    notebook = restored(solved().strip())
    assert_sound(notebook)
    assert names(notebook) == NAMES
    assert [cell.role for cell in notebook.cells][-1] == "training"
    assert notebook.notes == ()
    assert notebook.written == 3


def test_untouched_stubs_are_recognised_without_metadata(restored):
    notebook = restored(untouched().strip())
    assert names(notebook) == NAMES
    assert notebook.written == 0


def test_a_notebook_of_format_3_is_restored(restored):
    notebook = restored(solved().to_format_3())
    assert_sound(notebook)
    assert names(notebook) == NAMES
    assert notebook.notes == ()


def test_two_solutions_in_one_cell_count_both(restored):
    notebook = restored(solved().merge("double", "halve"))
    assert_sound(notebook)
    assert "halve" not in names(notebook)
    assert run(notebook)["halve"](4) == 2
    assert notebook.written == 3


@pytest.mark.parametrize("before", ["double", "check_double", "check_Counter"])
def test_a_solution_in_a_cell_of_its_own_counts_instead_of_the_stub(restored, before):
    notebook = restored(solved(double=RELEASED["cells"][3]["source"]).add(SOLUTIONS["double"], before=before))
    assert_sound(notebook)
    assert by_name(notebook, "double").source == SOLUTIONS["double"]
    assert run(notebook)["double"](4) == 8
    assert notebook.notes == ("An untouched copy of `double` is left out.",)
    assert notebook.written == 3


def test_a_solution_by_assignment_counts_instead_of_the_stub(restored):
    own = "def twice(number):\n    return 2 * number\n\ndouble = twice"
    notebook = restored(solved(double=RELEASED["cells"][3]["source"]).add(own, before="double"))
    assert run(notebook)["double"](4) == 8


def test_a_solution_written_into_the_check_cell_or_the_training_cell_is_run(restored):
    notebook = solved(double="", halve="")
    notebook.write("check_double", SOLUTIONS["double"])
    notebook.cells[-1]["source"] = SOLUTIONS["halve"]
    result = restored(notebook)
    assert_sound(result)
    assert run(result)["double"](4) == 8
    assert run(result)["halve"](4) == 2


def test_a_use_of_a_function_is_no_definition_of_it(restored):
    notebook = restored(untouched().add("double == 3\nresult = double(2)\n    # def double", before="double"))
    assert by_name(notebook, "double").source == RELEASED["cells"][3]["source"]
    assert notebook.written == 0


def test_of_copies_of_a_solution_cell_all_are_run_and_the_last_one_bears_the_name(restored):
    notebook = restored(solved().repeat("double", "def double(number):\n    return 3 * number"))
    assert_sound(notebook)
    assert by_name(notebook, "double").source == SOLUTIONS["double"]
    assert run(notebook)["double"](4) == 8
    assert notebook.notes == ("2 cells are named `double`: all are run, the last one counts.",)


def test_an_untouched_stub_does_not_undo_a_solution_above_it(restored):
    edited = solved(double=RELEASED["cells"][3]["source"]).repeat("double", SOLUTIONS["double"])
    notebook = restored(edited)
    assert_sound(notebook)
    assert run(notebook)["double"](4) == 8


def test_the_halves_of_a_split_solution_cell_are_both_run(restored):
    edited = solved(double="def double(number):\n    return factor * number").repeat("double", "factor = 2")
    assert run(restored(edited))["double"](4) == 8


def test_of_copies_of_a_locked_cell_one_is_kept(restored):
    edited = solved().repeat("imports").repeat("check_double").repeat("check_halve", "print('forged')")
    notebook = restored(edited)
    assert_sound(notebook)
    assert [cell.source for cell in notebook.cells if cell.role == "own"][2:] == ["print('forged')"]
    assert notebook.notes == (
        "An untouched copy of `imports` is left out.",
        "An untouched copy of `check_double` is left out.",
    )


def test_tags_of_the_student_cannot_take_a_solution_or_check_out(restored):
    notebook = solved()
    for cell in notebook.cells:
        cell["metadata"]["tags"] = ["training", "skip-execution"]
    result = restored(notebook)
    assert_sound(result)
    assert [cell.role for cell in result.cells if cell.grade_id] == [
        cell.role for cell in restored(solved()).cells if cell.grade_id
    ]
    assert all(cell.tags == () for cell in result.cells if cell.grade_id)


def test_a_training_cell_is_one_by_the_release_or_by_its_tag(restored):
    notebook = solved().add("train_for_hours()", before="check_Counter")
    notebook.cells[notebook.place("check_Counter") - 1]["metadata"] = {"tags": ["training"]}
    notebook.cells[-1]["metadata"] = {}
    notebook.cells[-1]["source"] = "changed = train_longer()"
    roles = [(cell.source, cell.role) for cell in restored(notebook).cells]
    assert ("train_for_hours()", "training") in roles
    assert ("changed = train_longer()", "training") in roles


def test_altered_names_do_not_hide_a_cell(restored):
    notebook = solved()
    for cell in notebook.cells:
        cell["metadata"] = {"nbgrader": {"grade_id": "something_else", "points": 100, "locked": False}}
    result = restored(notebook)
    assert_sound(result)
    assert names(result) == NAMES


def test_ids_are_kept_where_valid_and_free(restored):
    notebook = solved().add("a = 1", "double").add("b = 2", "double").add("c = 3", "double").add("d = 4", "double")
    at = notebook.place("double")
    for cell, cell_id in zip(notebook.cells[at - 4 : at], ["mine", "mine", "not valid!", "imports"], strict=True):
        cell["id"] = cell_id
    result = restored(notebook)
    assert_sound(result)
    ids = {cell["source"]: cell["id"] for cell in result.json["cells"]}
    assert ids["a = 1"] == "mine"
    assert len(set(ids.values())) == len(result.cells)


@pytest.mark.parametrize(
    "cells",
    [
        [PlainCell("code", "x = 1"), PlainCell("markdown", "# Essay")],
        [PlainCell("code", "def double(): ...", grade_id=name) for name in ("Actor", "train", "double", "check_Actor")],
        [PlainCell("markdown", "def double(x): ...")],
    ],
)
def test_a_notebook_of_another_assignment_is_refused(release, cells):
    with pytest.raises(SubmissionError) as refused:
        restore(cells, release, ASSIGNMENT.exercises)
    assert "expected a notebook of this assignment with its exercises (Counter, double, halve)" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_notebook_with_one_exercise_of_three_left_is_accepted(restored):
    notebook = solved()
    notebook.json["cells"] = [cell for cell in notebook.cells if "double" in cell["id"]]
    result = restored(notebook)
    assert_sound(result)
    assert [name for name in names(result) if name] == [name for name in NAMES if name]


@pytest.mark.parametrize("content", [None, "{", "[]", '{"cells": [{"cell_type": "code"}], "metadata": {}}'])
def test_a_broken_release_is_the_instructors_matter(tmp_path, content):
    path = tmp_path / "numbers.ipynb"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match="run `autograder release`"):
        read_release(path)


_EDITS = st.lists(
    st.tuples(st.sampled_from(["drop", "repeat", "change", "empty", "unname", "move", "retype"]), st.integers(0, 30)),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(edits=_EDITS, seed=st.integers(0, 9))
def test_any_edits_leave_a_sound_notebook_with_all_of_the_students_work(release, edits, seed):
    cells = [
        PlainCell(cell["cell_type"], cell["source"], cell["id"], name, tuple(cell["metadata"].get("tags", ())))
        for cell, name in zip(solved().cells, NAMES, strict=True)
    ]
    rng = random.Random(seed)
    for number, (edit, place) in enumerate(edits):
        at = place % len(cells)
        cell = cells[at]
        match edit:
            case "drop" if len(cells) > 1:
                cells.pop(at)
            case "repeat":
                cells.insert(rng.randrange(len(cells)), cell)
            case "change":
                cells[at] = PlainCell(cell.kind, f"written = {number}", cell.id, cell.grade_id, cell.tags)
            case "empty":
                cells[at] = PlainCell(cell.kind, "", cell.id, cell.grade_id)
            case "unname":
                cells[at] = PlainCell(cell.kind, cell.source)
            case "move":
                cells.insert(rng.randrange(len(cells)), cells.pop(at))
            case "retype":
                cells[at] = PlainCell("markdown", cell.source, cell.id, cell.grade_id)
    try:
        notebook = restore(cells, release, ASSIGNMENT.exercises)
    except SubmissionError:
        return
    assert_sound(notebook)
    kept = {cell.source for cell in notebook.cells}
    assert {cell.source for cell in cells if cell.source.strip() and "Write your" not in cell.source} <= kept
