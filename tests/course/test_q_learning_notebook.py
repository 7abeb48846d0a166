"""The Q-learning notebook, run as a notebook, released and graded."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import gymnasium as gym
import jupytext
import nbformat
import pytest

from autograder.course import load_course
from autograder.release import release
from autograder.suites.check_plugin import points_per_exercise
from rlhelpers.exact_blackjack import OBSERVATIONS
from rlhelpers.tabular_model import TabularModel, greedy_probabilities
from solutions import q_learning

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "solutions" / "q_learning.py"
PARAMETERS = {
    "lake_episodes": 50,
    "blackjack_episodes": 200,
    "alpha_episodes": 20,
    "alpha_seeds": 2,
    "video_seconds": 0.5,
}


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The notebook after papermill has run it with tiny parameters, and the folder that it ran in."""
    folder = tmp_path_factory.mktemp("q_learning")
    jupytext.write(jupytext.read(SOURCE), folder / "q_learning.ipynb")
    options = [word for name, value in PARAMETERS.items() for word in ("-p", name, str(value))]
    done = subprocess.run(
        [sys.executable, "-m", "papermill", "q_learning.ipynb", "executed.ipynb", "--no-progress-bar", *options],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return nbformat.read(folder / "executed.ipynb", as_version=4), folder


def outputs(notebook, source):
    """What the code cells whose source contains ``source`` put out."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and source in cell.source]
    return [output for cell in cells for output in cell.outputs]


@pytest.mark.parametrize("drawing", ["draw_lake(", "plot_scores(alphas", "draw_blackjack("])
def test_policies_and_scores_are_pictures(executed, drawing):
    assert any("image/png" in output.get("data", {}) for output in outputs(executed[0], drawing))


def test_the_video_is_in_the_notebook(executed):
    notebook, folder = executed
    pages = [output["data"]["text/html"] for output in outputs(notebook, "show_video") if "data" in output]
    assert any("<video" in page and "data:video/mp4;base64," in page for page in pages)
    assert (folder / "lake.mp4").stat().st_size > 0


def test_exact_values_are_told(executed):
    printed = "".join(output.get("text", "") for output in outputs(executed[0], "print("))
    assert re.search(r"reaches the goal with probability 0\.\d{4}, the best one with 0\.7442\n", printed)
    assert re.search(r"exact mean return of a game: learned -0\.\d{4}, best -0\.0431, at random -0\.3942\n", printed)


def test_every_visible_check_passes_in_the_notebook(executed):
    for exercise in load_course(ROOT).assignment("q_learning").exercises:
        (shown,) = outputs(executed[0], f'check("{exercise}")')
        summary = shown["data"]["text/plain"].splitlines()[0]
        assert re.fullmatch(rf"{exercise}: (\d+) of \1 visible checks passed", summary), summary


def test_nothing_is_printed_on_stderr(executed):
    assert [output for output in outputs(executed[0], "") if output.get("name") == "stderr"] == []


def test_importing_the_source_neither_trains_nor_prints(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "import solutions.q_learning as q; print(hasattr(q, 'lake_q'))"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_the_header_says_the_points_and_deadlines_of_the_course():
    assignment = load_course(ROOT).assignment("q_learning")
    header = jupytext.read(SOURCE).cells[0].source
    rows = re.findall(r"^\| `(\w+)` \| .* \| *([\d.]*) *\| *([\d.]*) *\| ([\d.]+) \|$", header, re.MULTILINE)
    assert {name: float(points) for name, _, _, points in rows} == points_per_exercise("q_learning")
    assert all(float(lake or 0) + float(blackjack or 0) == float(points) for _, lake, blackjack, points in rows)
    assert [sum(float(row[column] or 0) for row in rows) for column in (1, 2)] == [1.0, 1.0]
    for deadline in (assignment.soft_deadline, assignment.hard_deadline):
        assert deadline is not None
        assert f"{deadline.day} {deadline:%B %Y, %H:%M}" in header


def test_tables_have_the_shapes_that_the_text_says():
    for env_id, sizes in (("FrozenLake-v1", (16,)), ("Blackjack-v1", OBSERVATIONS)):
        with gym.make(env_id) as env:
            assert q_learning.observation_sizes(env) == sizes


def test_the_numbers_of_the_text_are_right():
    model = TabularModel.of(gym.make("FrozenLake-v1"))
    policy = greedy_probabilities(model.optimal_q(gamma=0.99).round(9))
    assert f"{model.expected_return(policy):.4f}" == "0.7402"
    assert "0.7402" in SOURCE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Reports of an untouched hand-in and of the solutions, by ``autograder grade``."""
    root = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "course.toml", root)
    shutil.copytree(ROOT / "solutions", root / "solutions")
    course = load_course(root)
    assignment = course.assignment("q_learning")
    release(course, assignment, points_per_exercise("q_learning"))
    released = json.loads(course.released(assignment).read_text(encoding="utf-8"))
    with_solutions = json.loads((course.nbgrader_source_dir / "q_learning" / "q_learning.ipynb").read_text("utf-8"))
    for student, notebook in (("untouched", released), ("solved", with_solutions)):
        folder = root / "submitted" / student / "q_learning"
        folder.mkdir(parents=True)
        (folder / "q_learning.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "autograder.cli", "grade", "submitted", "--out", "results", "--workers", "1"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return {
        student: json.loads((root / "results" / student / "q_learning" / "report.json").read_text("utf-8"))
        for student in ("untouched", "solved")
    }


def test_the_untouched_release_gets_nothing_and_the_solutions_everything(graded):
    found = {student: (each["status"], each["score"], each["max_score"]) for student, each in graded.items()}
    assert found == {"untouched": ("graded", 0.0, 2.0), "solved": ("graded", 2.0, 2.0)}
