"""Notebooks run afresh, in real kernels."""

import os

from rlhelpers.fresh_run import CellFailure, run_afresh
from rlhelpers.stub import STUB_MESSAGE


def code(source, **metadata):
    return {"cell_type": "code", "metadata": metadata, "source": source}


def test_cells_that_fail_are_named_with_their_line_and_the_others_run_on():
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "not Python"},
        code("def written():\n    return 1"),
        code("# a comment\n\nhalf = 1\nmissing + half\n"),
        code("def broken(:"),
        code(f"class Unwritten:\n    def method(self):\n        raise NotImplementedError({STUB_MESSAGE!r})"),
        code("Unwritten().method()"),
        code(""),
    ]
    run = run_afresh(cells, ["written", "Unwritten", "absent"])
    first, second, third = run.failures
    assert first == CellFailure("# a comment", "NameError: name 'missing' is not defined", "4: missing + half")
    assert second.error.startswith("SyntaxError: invalid syntax")
    assert third == CellFailure(
        "Unwritten().method()", f"NotImplementedError: {STUB_MESSAGE}", "1: Unwritten().method()"
    )
    assert run.exercises == {"written": "written", "Unwritten": "not written", "absent": "not defined"}


def test_what_the_grader_does_not_run_is_not_run():
    cells = [
        code("1 / 0", tags=["training"]),
        code("1 / 0", nbgrader={"grade": True, "grade_id": "check_x"}),
        code("if __name__ == '__main__':\n    1 / 0"),
        code("import dataclasses, pickle\n@dataclasses.dataclass\nclass Pair:\n    left: int"),
        code("assert pickle.loads(pickle.dumps(Pair(1))) == Pair(1)"),
    ]
    assert run_afresh(cells, []).failures == []


def test_it_runs_in_an_empty_folder_and_leaves_none(tmp_path):
    note = tmp_path / "note"
    cells = [code(f"import os, pathlib; pathlib.Path({str(note)!r}).write_text(f'{{os.getcwd()}} {{os.listdir()}}')")]
    assert run_afresh(cells, []).failures == []
    folder, listing = note.read_text().split(" ", 1)
    assert listing == "[]"
    assert not os.path.exists(folder)  # noqa: PTH110


def test_a_loop_without_end_is_interrupted_and_the_rest_runs():
    run = run_afresh([code("while True:\n    pass"), code("def f(): return 2")], ["f"], cell_seconds=1)
    assert run.failures == [
        CellFailure("while True:", "TimeoutError: it ran for more than 1 seconds", "1: while True:")
    ]
    assert run.exercises == {"f": "written"}


def test_a_cell_that_ends_python_is_named():
    for source in ("exit()", "import os; os._exit(3)"):
        run = run_afresh([code("def f(): return 2"), code(source), code("later = 1")], ["f"])
        assert run.failures == [CellFailure(source, "it ended the Python process")]
        assert run.exercises == {}


def test_a_loop_that_cannot_be_interrupted_is_given_up(monkeypatch):
    monkeypatch.setattr("rlhelpers.fresh_run._GRACE_SECONDS", 1.0)
    stubborn = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    run = run_afresh([code(stubborn)], [], cell_seconds=1)
    assert run.failures[0].error == "it ran for more than 1 seconds and could not be interrupted"
