"""Every released notebook as a student sees it, in JupyterLab; pictures for people are left in build/screenshots."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest

from autograder.assignment_source import read_source
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


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    root = tmp_path_factory.mktemp("lab")
    (root / "work").mkdir()
    for notebook in RELEASED:
        shutil.copy(notebook, root / "work")
    for assignment in GRADED:
        nbformat.write(_solved(assignment), root / "work" / f"{assignment.id}.solved.ipynb")
    with jupyterlab(root / "work", root) as running:
        yield running


def _solved(assignment):
    """The notebook with solutions, without training, and in the end a check that has hostile text to show."""
    notebook = read_source(COURSE.source(assignment), assignment, points_per_exercise(assignment.id))
    notebook.cells = [cell for cell in notebook.cells if "training" not in cell.metadata.get("tags", [])]
    exercise = next(name for name in assignment.exercises if name[0].islower())
    for source in (f"{exercise} = lambda *_, **__: {HOSTILE!r}", f'check("{exercise}")'):
        notebook.cells.append(nbformat.v4.new_code_cell(source))
    return notebook


def require_readable(page):
    """Nothing of Markdown, LaTeX or HTML is left as text, and every picture is there."""
    assert [page["prose"][match.start() - 40 : match.end() + 40] for match in MARKDOWN.finditer(page["prose"])] == []
    assert [text for text in page["plain_outputs"] if HTML.search(text)] == []
    assert (page["formula_errors"], page["empty_formulas"]) == ([], 0)
    assert (page["broken_pictures"], page["broken_videos"]) == ([], 0)


@pytest.mark.parametrize("notebook", RELEASED, ids=lambda file: file.name)
def test_a_released_notebook_is_shown_as_it_should_be(lab, notebook):
    assignment = COURSE.assignment(notebook.parent.name)
    seen = lab.run(notebook.name, PICTURES)
    require_readable(seen.page)
    source = nbformat.read(notebook, as_version=4)
    prose = "\n".join(cell.source for cell in source.cells if cell.cell_type == "markdown")
    assert seen.page["formulas"] >= prose.count("$$") // 2 > 0
    assert seen.page["tables"] >= len(re.findall(r"^\| :?-", prose, re.MULTILINE)) > 0
    assert {name: bool(shown) for name, shown in seen.page["checks"].items()} == {
        f'check("{exercise}")': True for exercise in assignment.exercises
    }
    # Cells that train need what is not written yet; nothing else may fail.
    assert {error.removeprefix("NotImplementedError: ") for error in seen.errors} <= set(stub_messages())
    assert bool(seen.errors) == assignment.is_graded
    if not assignment.is_graded:
        assert seen.executed == sum(cell.cell_type == "code" for cell in source.cells)
        assert seen.page["videos"] > 0


@pytest.mark.parametrize("assignment", GRADED, ids=lambda each: each.id)
def test_tables_of_checks_are_tables(lab, assignment):
    seen = lab.run(f"{assignment.id}.solved.ipynb", PICTURES)
    require_readable(seen.page)
    assert seen.errors == ()
    assert all("visible checks passed" in shown for shown in seen.page["checks"].values())
    *_, last = seen.page["checks"].values()
    assert HOSTILE in " ".join(shown for shown in seen.page["checks"].values()), last


def test_the_pictures_are_there():
    assert all((PICTURES / f"{Path(file).stem}-01.png").stat().st_size > 20_000 for file in RELEASED)
