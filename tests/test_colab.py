"""Notebooks for Colab: the badge and the package, if the course has a public repository."""

import nbformat
import pytest

from autograder.course import load_course
from autograder.errors import InputError
from autograder.release import release
from tests.made_up_course import POINTS, SOURCE, TOML, make_course

PARAMETERS = SOURCE.replace("repetitions = 3", 'repetitions = 3\ncourse_package = ""')
PUBLIC = TOML.replace("[course]", '[course]\npublic_repository = "drl-teachers/drl_notebooks"')
BADGE = (
    "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
    "(https://colab.research.google.com/github/drl-teachers/drl_notebooks/blob/main/notebooks/numbers/numbers.ipynb)"
)


def released(folder, toml, source):
    course = make_course(folder, toml, source)
    numbers = course.assignment("numbers")
    release(course, numbers, POINTS)
    notebook = nbformat.read(course.released(numbers), as_version=4)
    nbformat.validate(notebook)
    return notebook.cells


def test_with_a_public_repository_a_notebook_opens_in_colab_and_installs_the_package(tmp_path):
    plain = released(tmp_path / "plain", TOML, PARAMETERS)
    public = released(tmp_path / "public", PUBLIC, PARAMETERS)
    assert public[0].cell_type == "markdown"
    assert public[0].source == BADGE
    changed = [(old.source, new.source) for old, new in zip(plain, public[1:], strict=True) if old != new]
    assert [new.splitlines()[1] for _, new in changed] == [
        'course_package = "git+https://github.com/drl-teachers/drl_notebooks"'
    ]


def test_without_one_there_is_neither(tmp_path):
    text = " ".join(cell.source for cell in released(tmp_path, TOML, PARAMETERS))
    assert "colab" not in text
    assert 'course_package = ""' in text


def test_a_notebook_that_names_no_package_is_refused(tmp_path):
    with pytest.raises(InputError, match=r'numbers\.py: expected one line course_package = ""'):
        released(tmp_path, PUBLIC, SOURCE)


@pytest.mark.parametrize("name", ["drl_notebooks", "a/b/c", "https://github.com/a/b", "a b/c", ""])
def test_a_repository_is_owner_and_name(tmp_path, name):
    (tmp_path / "course.toml").write_text(PUBLIC.replace("drl-teachers/drl_notebooks", name), encoding="utf-8")
    with pytest.raises(InputError, match="public_repository: expected owner/name of a GitHub repository"):
        load_course(tmp_path)
