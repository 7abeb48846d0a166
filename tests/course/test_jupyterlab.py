"""Every released notebook as a student sees it, in JupyterLab; pictures for people are left in build/screenshots."""

import re
import shutil
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder.assignment_source import KERNEL, read_source
from autograder.course import load_course
from autograder.suites.check_plugin import points_per_exercise
from rlhelpers.stub import stub_messages
from tests.course.jupyterlab import jupyterlab
from tests.made_up_course import REPOSITORY

COURSE = load_course(REPOSITORY)
PICTURES = REPOSITORY / "build" / "screenshots"
RELEASED = sorted(COURSE.release_dir.glob("*/*.ipynb"))
GRADED = [each for each in COURSE.assignments.values() if each.is_graded]
MARKDOWN = re.compile(r"\$|\*\*|^#+ |\| *:?-{3}|\]\(|</?[a-z]+[^>]*>|&[a-z]+;", re.MULTILINE)
HTML = re.compile(r"</?(div|table|tr|td|th|b|span|video)\b")
HOSTILE = "<b>not bold</b> & <img src=x>"
TABLE = f"""
from rlhelpers.check_table import CheckTable, Row
CheckTable("hostile", (Row("failed", {HOSTILE!r}, {HOSTILE!r}, {HOSTILE!r}, {HOSTILE!r}),))
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    root = tmp_path_factory.mktemp("lab")
    for notebook in RELEASED:  # each in a folder of its own
        (root / "work" / notebook.stem).mkdir(parents=True)
        shutil.copy(notebook, root / "work" / notebook.stem)
    for assignment in GRADED:
        nbformat.write(_solved(assignment), root / "work" / f"{assignment.id}.solved.ipynb")
    nbformat.write(_handed_in(), root / "work" / "homework of mine.ipynb")
    with jupyterlab(root / "work", root) as running:
        yield running


def _solved(assignment):
    """The code with solutions, but for training, and in the end a table with hostile text to show."""
    notebook = read_source(COURSE.source(assignment), assignment, points_per_exercise(assignment.id))
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    trained = ("training", "check_policy")  # there is no agent without training
    notebook.cells = [cell for cell in code if not {*cell.metadata.get("tags", []), cell.id} & {*trained}]
    notebook.cells.append(nbformat.v4.new_code_cell(TABLE))
    return notebook


def _handed_in():
    """One exercise and the call that hands it in; the file's name does not tell the assignment."""
    sources = ("import rlhelpers", "def critic_loss(target_values, pred_values):\n    return 0")
    cells = [nbformat.v4.new_code_cell(source) for source in (*sources, 'rlhelpers.hand_in("ppo", globals())')]
    return nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)


def require_readable(page):
    """Nothing of Markdown, LaTeX or HTML is left as text, and every picture is there."""
    assert [page["prose"][match.start() - 40 : match.end() + 40] for match in MARKDOWN.finditer(page["prose"])] == []
    assert [text for text in page["plain_outputs"] if HTML.search(text)] == []
    assert (page["formula_errors"], page["empty_formulas"]) == ([], 0)
    assert (page["broken_pictures"], page["broken_videos"]) == ([], 0)


def checks_before_training(notebook):
    """For each call of a check, whether its cell comes before the first one that trains."""
    sources = [cell.source for cell in notebook.cells]
    trains = ["training" in cell.metadata.get("tags", ()) for cell in notebook.cells]
    return {source: True not in trains[:place] for place, source in enumerate(sources) if source.startswith('check("')}


@pytest.mark.parametrize("notebook", RELEASED, ids=lambda file: file.name)
def test_a_released_notebook_is_shown_as_it_should_be(lab, notebook):
    assignment = COURSE.assignment(notebook.parent.name)
    seen = lab.run(f"{notebook.stem}/{notebook.name}", PICTURES)
    require_readable(seen.page)
    source = nbformat.read(notebook, as_version=4)
    prose = "\n".join(cell.source for cell in source.cells if cell.cell_type == "markdown")
    assert seen.page["formulas"] >= prose.count("$$") // 2 > 0
    assert seen.page["tables"] >= len(re.findall(r"^\| :?-", prose, re.MULTILINE)) > 0
    # Cells that train need what is not written yet, and Jupyter runs no further; nothing else may fail.
    assert {name: bool(shown) for name, shown in seen.page["checks"].items()} == checks_before_training(source)
    assert {error.removeprefix("NotImplementedError: ") for error in seen.errors} <= set(stub_messages())
    assert bool(seen.errors) == assignment.is_graded
    assert len(seen.page["checks"]) == len(assignment.judged)
    if not assignment.is_graded:
        assert seen.executed == sum(cell.cell_type == "code" for cell in source.cells)
        assert seen.page["videos"] > 0


@pytest.mark.parametrize("assignment", GRADED, ids=lambda each: each.id)
def test_tables_of_checks_are_tables(lab, assignment):
    seen = lab.run(f"{assignment.id}.solved.ipynb", PICTURES)
    require_readable(seen.page)
    assert seen.errors == ()
    for call, shown in seen.page["checks"].items():
        passed = re.search(r": (\d+) of (\d+) visible checks passed", shown)
        assert passed is not None and passed[1] == passed[2], (call, shown)
    assert seen.page["output_tables"] == len(assignment.exercises) + 1
    assert seen.page["outputs"][-1].count(HOSTILE) == 4


def test_handing_in_finds_its_own_notebook(lab, tmp_path):
    seen = lab.run("homework of mine.ipynb", tmp_path)
    assert seen.errors == ()
    said = "".join(seen.page["outputs"])
    assert "✗ not defined after all cells have run: make_env, Actor, " in said
    assert "critic_loss" not in said
    assert "✓ the notebook runs from a fresh kernel" in said
    (archive,) = re.findall(r"Upload (\S+ppo\.zip) \(ppo\.ipynb\)", said)
    with zipfile.ZipFile(archive) as packed:
        assert packed.read("ppo.ipynb") == (Path(archive).parent / "homework of mine.ipynb").read_bytes()


def test_the_pictures_are_there():
    assert all((PICTURES / f"{Path(file).stem}-01.png").stat().st_size > 20_000 for file in RELEASED)
