"""The student edition of the real course: what is in it, what is not, and that it works on its own."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tomllib
from packaging.utils import canonicalize_name

from autograder.course import load_course
from autograder.errors import InputError
from autograder.student_edition import write_student_edition
from tests.lock_file import read_lock
from tests.made_up_course import REPOSITORY

COURSE = load_course(REPOSITORY)
SOLUTION = re.compile(r"# BEGIN SOLUTION\n(.*?)# END SOLUTION", re.DOTALL)
ON_TOP = {".student-edition", "LICENSE", "README.md", "README.ru.md", "environment.yml", "pyproject.toml"}


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    folder = tmp_path_factory.mktemp("public") / "drl"
    write_student_edition(COURSE, folder)
    return folder


@pytest.fixture
def own(edition, tmp_path):
    """An edition of one's own."""
    shutil.copytree(edition, tmp_path / "drl")
    return tmp_path / "drl"


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_is_these_files_and_no_others(edition):
    notebooks = {
        f"notebooks/{assignment.id}/{assignment.id}{ending}.ipynb"
        for assignment in COURSE.assignments.values()
        for ending in ("", *(f".{each}" for each in COURSE.translations if COURSE.catalogue(assignment, each).exists()))
    }
    root = REPOSITORY / "rlhelpers"
    package = {f"rlhelpers/{path.relative_to(root).as_posix()}" for path in root.rglob("*.py")}
    package |= {f"rlhelpers/{path.relative_to(root).as_posix()}" for path in root.rglob("*.mo")}
    package |= {f"rlhelpers/{path.relative_to(root).as_posix()}" for path in root.rglob("*.json")}
    assert set(files(edition)) == ON_TOP | notebooks | package


def test_no_solution_and_nothing_of_the_grader_is_in_it(edition):
    everything = "\n".join(content.decode(errors="replace") for content in files(edition).values())
    lines = {
        line.strip()
        for source in COURSE.source_dir.glob("*.py")
        for solution in SOLUTION.findall(source.read_text(encoding="utf-8"))
        for line in solution.splitlines()
        if len(line.strip()) > 35
    }
    assert len(lines) > 40
    assert sorted(line for line in lines if line in everything) == []
    assert "SOLUTION" not in everything
    for name in ("autograder", "nbgrader_config", "misconception", "import pytest", "course.secret", "gradebook.db"):
        assert name not in everything, name


def test_a_hidden_suite_would_be_noticed(edition):
    """The words looked for above are in the suites: the test before this one can fail."""
    suite = "\n".join(file.read_text() for file in (REPOSITORY / "autograder" / "suites" / "ppo").glob("*.py"))
    assert "import pytest" in suite
    assert "misconception" in suite
    assert "autograder" in suite


def test_a_student_notebook_names_no_folder_of_this_machine(edition):
    for file in edition.rglob("*.ipynb"):
        assert str(REPOSITORY) not in file.read_text(encoding="utf-8")


def test_rlhelpers_is_python_3_10(edition):
    for file in (edition / "rlhelpers").rglob("*.py"):
        ast.parse(file.read_text(encoding="utf-8"), str(file), feature_version=(3, 10))
    assert tomllib.loads((edition / "pyproject.toml").read_text())["project"]["requires-python"] == ">=3.10"


def test_the_package_requires_what_is_imported_and_what_the_course_is_tested_with(edition):
    project = tomllib.loads((edition / "pyproject.toml").read_text())["project"]
    required = {re.split(r"[\[>=]", each)[0].replace("-", "_") for each in project["dependencies"]}
    imported = {
        name.split(".")[0]
        for file in (edition / "rlhelpers").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        for name in _imported(node)
    }
    third_party = imported - set(sys.stdlib_module_names) - {"rlhelpers", "google"}
    assert {name.lower() for name in third_party} <= required
    locked = {release.name: release.version for release in read_lock(REPOSITORY / "requirements.lock")}
    pinned = dict(re.findall(r"- ([\w-]+)(?:\[[^]]*\])?==(\S+)", (edition / "environment.yml").read_text()))
    assert pinned == {name: locked[canonicalize_name(name)] for name in pinned}
    unpinned = {"rich", "stable_baselines3", "tqdm", "ipywidgets"}
    assert required - unpinned <= {name.replace("-", "_") for name in pinned}


def _imported(node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def test_the_readmes_lead_to_every_notebook(edition):
    for readme, language in (("README.md", "en"), ("README.ru.md", "ru")):
        text = (edition / readme).read_text(encoding="utf-8")
        linked = re.findall(r"\]\((?!http)([^)]+)\)", text)
        assert all((edition / path).is_file() for path in linked)
        for assignment in COURSE.assignments.values():
            assert f"[{assignment.title_in(language)}](notebooks/{assignment.id}/" in text
        assert "2027-01-17, 23:59 | 2027-01-31, 23:59" in text


def test_a_second_edition_changes_nothing_and_leaves_what_is_not_its_own(own):
    (own / ".git").mkdir()
    (own / ".git" / "HEAD").write_text("ref: refs/heads/main")
    (own / "syllabus.pdf").write_bytes(b"ours")
    before = files(own)
    write_student_edition(COURSE, own)
    assert files(own) == before


def test_what_is_no_longer_a_part_of_it_is_removed(own):
    manifest = own / ".student-edition"
    (own / "notebooks" / "pong").mkdir()
    (own / "notebooks" / "pong" / "pong.ipynb").write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    manifest.write_text(manifest.read_text() + f"{empty}  notebooks/pong/pong.ipynb\n")
    write_student_edition(COURSE, own)
    assert not (own / "notebooks" / "pong").exists()
    assert "pong" not in manifest.read_text()


def test_other_peoples_files_are_never_written_over(own, tmp_path):
    (own / "README.md").write_text("our own words")
    before = files(own)
    with pytest.raises(InputError, match=r"README\.md: expected the file of an earlier student edition"):
        write_student_edition(COURSE, own)
    assert files(own) == before
    foreign = tmp_path / "thesis"
    foreign.mkdir()
    (foreign / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match=r"found thesis\.tex in it; name another folder"):
        write_student_edition(COURSE, foreign)
    assert list(files(foreign)) == ["thesis.tex"]
    (own / ".student-edition").write_text("0  ../thesis/thesis.tex\n")
    with pytest.raises(InputError, match="expected lines of digest and file"):
        write_student_edition(COURSE, own)
    assert list(files(foreign)) == ["thesis.tex"]


def test_a_clone_of_an_empty_repository_will_do(tmp_path):
    (tmp_path / ".git").mkdir()
    write_student_edition(COURSE, tmp_path)
    assert (tmp_path / ".git").is_dir()
    assert (tmp_path / "README.md").is_file()


def test_a_course_that_is_not_released_is_refused(tmp_path):
    shutil.copy(REPOSITORY / "course.toml", tmp_path)
    with pytest.raises(
        InputError, match=r"\.ipynb: expected a released notebook, found none; run `autograder release`"
    ):
        write_student_edition(load_course(tmp_path), tmp_path / "public")
    assert not (tmp_path / "public").exists()


def test_public_is_about_the_whole_course(tmp_path):
    command = [sys.executable, "-m", "autograder.cli", "release", "ppo", "--public", str(tmp_path / "public")]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "it is about the whole course" in done.stderr


def test_it_installs_with_pip_and_a_notebook_runs_from_it(own, tmp_path):
    target = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--target", str(target), str(own)], check=True, capture_output=True, timeout=300)
    assert (target / "rlhelpers" / "locale" / "ru" / "LC_MESSAGES" / "rlhelpers.mo").is_file()
    environment = os.environ | {"PYTHONPATH": str(target), "MUJOCO_GL": "osmesa"}
    notebook = own / "notebooks" / "gymnasium_intro" / "gymnasium_intro.ipynb"
    document = json.loads(notebook.read_text(encoding="utf-8"))
    probe = "import rlhelpers.visible_checks.ppo\nassert rlhelpers.__file__.startswith({!r}), rlhelpers.__file__"
    document["cells"][-1]["source"] = probe.format(str(target))
    work = tmp_path / "work"
    work.mkdir()
    (work / "tour.ipynb").write_text(json.dumps(document))
    command = [
        sys.executable,
        "-m",
        "papermill",
        "--no-progress-bar",
        "tour.ipynb",
        "done.ipynb",
        "-p",
        "num_episodes",
        "3",
    ]
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert Path(work, "done.ipynb").is_file()
