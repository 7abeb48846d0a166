"""Handing in a made-up assignment of two exercises: real files, real kernels, an archive that the grader reads."""

import json
import linecache
import sys
import zipfile
from types import ModuleType
from typing import Any

import pytest

from autograder.submission import read_submission
from rlhelpers import hand_in
from rlhelpers.handing_in import POLICY_FILE
from rlhelpers.stub import STUB_MESSAGE
from tests.released_numbers import ASSIGNMENT, solved, write_release

DOUBLE = "def double(number):\n    return 2 * number"
HALVE = "def halve(number):\n    return number / 2"
STUB = f"def halve(number):\n    raise NotImplementedError({STUB_MESSAGE!r})"


def notebook(*sources: str, **metadata: Any) -> dict[str, Any]:
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": text,
        }
        for number, text in enumerate(sources)
    ]
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture
def names() -> dict[str, Any]:
    """A notebook's globals."""
    return {"__name__": "__main__"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working directory, and an assignment with visible checks for two exercises."""
    module: Any = ModuleType("rlhelpers.visible_checks.numbers")
    module.CASES = {"double": (), "halve": ()}
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def save(folder, *sources, name="numbers.ipynb"):
    (folder / name).write_text(json.dumps(notebook(*sources)))


def packed(folder):
    with zipfile.ZipFile(folder / "numbers.zip") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_whole_notebook_is_packed_as_it_is_with_the_policy(folder, names, capsys):
    save(folder, DOUBLE, HALVE, "import rlhelpers\nrlhelpers.hand_in('numbers', globals())")
    (folder / POLICY_FILE).write_bytes(b"weights")
    hand_in("numbers", names)
    *said, _, last = capsys.readouterr().out.splitlines()
    assert said == ["✓ all 2 exercises are written", "✓ the notebook runs from a fresh kernel"]
    assert last == f"Upload {folder / 'numbers.zip'} (numbers.ipynb, {POLICY_FILE})."
    assert packed(folder) == {"numbers.ipynb": (folder / "numbers.ipynb").read_bytes(), POLICY_FILE: b"weights"}
    assert sorted(path.name for path in folder.iterdir()) == ["numbers.ipynb", "numbers.zip", POLICY_FILE]


def test_what_is_missing_is_said_and_handing_in_goes_on(folder, names, capsys):
    save(folder, "import helpers_of_mine", DOUBLE, STUB, f"rlhelpers.save_policy(actor, {POLICY_FILE!r})")
    hand_in("numbers", names)
    said = capsys.readouterr().out
    assert "… not written yet: halve\n" in said
    assert "begins with `import helpers_of_mine` fails: ModuleNotFoundError" in said
    assert "    line 1: import helpers_of_mine\n    (and 1 more after it)" in said
    assert f"… {POLICY_FILE} is not there" in said
    assert list(packed(folder)) == ["numbers.ipynb"]


def test_an_exercise_that_no_cell_defines_is_named(folder, names, capsys):
    save(folder, HALVE)
    hand_in("numbers", names)
    assert "✗ not defined after all cells have run: double\n✓ the notebook runs" in capsys.readouterr().out


def test_an_untouched_notebook_is_not_packed(folder, names, capsys):
    save(folder, STUB.replace("halve", "double"), STUB)
    exec(STUB, names)
    hand_in("numbers", names)
    assert capsys.readouterr().out.startswith("Nothing to hand in yet")
    assert not (folder / "numbers.zip").exists()


def test_work_that_is_not_saved_is_noticed(folder, names, capsys):
    for text in (DOUBLE, HALVE + " + 0"):  # as IPython keeps the text of a cell that has run
        linecache.cache[f"<cell {text[4]}>"] = (len(text), None, text.splitlines(keepends=True), f"<cell {text[4]}>")
        exec(compile(text, f"<cell {text[4]}>", "exec"), names)
    save(folder, DOUBLE, HALVE)
    hand_in("numbers", names)
    said = capsys.readouterr().out
    assert "✗ halve: what you ran last is not what is saved; save the notebook" in said
    assert "double:" not in said


def test_outside_of_a_notebook_nothing_happens(folder, names, capsys):
    hand_in("numbers", names | {"__name__": "submission"})
    assert capsys.readouterr().out == ""
    assert list(folder.iterdir()) == []


def test_the_file_is_what_the_argument_the_editor_or_the_server_says(folder, names, capsys, monkeypatch):
    (folder / "work").mkdir()
    save(folder / "work", DOUBLE, STUB, name="my copy.ipynb")
    copy = folder / "work" / "my copy.ipynb"
    for options, variable, editor in (
        ({"notebook": "work/my copy.ipynb"}, "", {}),
        ({}, str(copy), {}),
        ({}, "", {"__vsc_ipynb_file__": str(copy)}),
    ):
        monkeypatch.setenv("JPY_SESSION_NAME", variable)
        hand_in("numbers", names | editor, **options)
        (folder / "work" / "numbers.zip").replace(folder / "numbers.zip")
        assert packed(folder) == {"numbers.ipynb": copy.read_bytes()}
    capsys.readouterr()


def test_without_a_file_it_asks_for_one(folder, names):
    with pytest.raises(
        FileNotFoundError, match=r"expected one notebook numbers\.ipynb in .*, found none; pass its path"
    ):
        hand_in("numbers", names)
    save(folder, DOUBLE)
    save(folder, DOUBLE, name="numbers.ru.ipynb")
    with pytest.raises(FileNotFoundError, match=r"found numbers\.ipynb, numbers\.ru\.ipynb; pass its path"):
        hand_in("numbers", names)
    with pytest.raises(FileNotFoundError, match="expected the notebook's file, found none"):
        hand_in("numbers", names, notebook="elsewhere.ipynb")
    (folder / "numbers.ru.ipynb").write_text("{}")
    with pytest.raises(ValueError, match="expected a Jupyter notebook"):
        hand_in("numbers", names, notebook="numbers.ru.ipynb")
    with pytest.raises(ValueError, match="expected the id of a graded assignment, received 'essay'"):
        hand_in("essay", names)


def test_on_colab_the_page_is_asked_and_the_browser_saves_the_archive(folder, names, capsys, monkeypatch):
    """Colab itself cannot be had here: its two calls, as its notebooks use them."""
    page = notebook(DOUBLE, HALVE, colab={"name": "Copy of numbers.ipynb"})
    colab, message, files = ModuleType("google.colab"), ModuleType("_message"), ModuleType("files")
    asked: list[Any] = []

    def blocking_request(*what: str, **how: object) -> dict[str, Any]:
        asked.append(what)
        return {"ipynb": page}

    message.blocking_request = blocking_request  # type: ignore[attr-defined]
    files.download = asked.append  # type: ignore[attr-defined]
    colab._message, colab.files = message, files  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "google", ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    hand_in("numbers", names)
    assert asked == [("get_ipynb",), str(folder / "numbers.zip")]
    assert json.loads(packed(folder)["numbers.ipynb"]) == page


def test_the_grader_reads_what_was_packed(folder, names, capsys):
    (folder / "numbers.ipynb").write_bytes(solved().content())
    (folder / POLICY_FILE).write_bytes(b"weights")
    hand_in("numbers", names)
    assert "✓ the notebook runs from a fresh kernel" in capsys.readouterr().out
    place = folder / "submitted" / "student-01" / "numbers"
    with zipfile.ZipFile(folder / "numbers.zip") as archive:
        archive.extractall(place)
    submission = read_submission(place, ASSIGNMENT, write_release(folder))
    assert submission.notes == ()
    assert submission.policy == (place / POLICY_FILE).read_bytes()
