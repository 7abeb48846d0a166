"""The course's notebooks, run as notebooks."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import jupytext
import nbformat
import pytest

from autograder.course import load_course
from autograder.suites.check_plugin import points_per_exercise
from rlhelpers import load_policy
from solutions import ppo

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "solutions" / "ppo.py"
PARAMETERS = {
    "total_timesteps": 2 * 64 * 2,
    "num_vec_envs": 2,
    "num_env_steps": 64,
    "num_eval_episodes": 1,
    "video_seconds": 0.2,
    "experiment_timesteps": 2 * 64,
    "experiment_seeds": 2,
}


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The notebook after papermill has run it with tiny parameters, and the folder that it ran in."""
    folder = tmp_path_factory.mktemp("ppo")
    jupytext.write(jupytext.read(SOURCE), folder / "ppo.ipynb")
    options = [word for name, value in PARAMETERS.items() for word in ("-p", name, str(value))]
    done = subprocess.run(
        [sys.executable, "-m", "papermill", "ppo.ipynb", "executed.ipynb", "--no-progress-bar", *options],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "MUJOCO_GL": "osmesa"},
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


def test_training_shows_a_progress_bar(executed):
    notebook, _ = executed
    shown = outputs(notebook, "trainer.learn()")
    assert any("application/vnd.jupyter.widget-view+json" in output.get("data", {}) for output in shown)
    assert any("PPO:" in output["data"]["text/plain"] for output in shown if "data" in output)


def test_the_learning_curve_is_an_image(executed):
    notebook, _ = executed
    assert any("image/png" in output.get("data", {}) for output in outputs(notebook, "plot_learning_curves"))


def test_the_video_is_in_the_notebook(executed):
    notebook, folder = executed
    pages = [output["data"]["text/html"] for output in outputs(notebook, "show_video") if "data" in output]
    assert any("<video" in page and "data:video/mp4;base64," in page for page in pages)
    assert (folder / "cheetah.mp4").stat().st_size > 0


def test_the_agent_is_scored_and_saved(executed):
    notebook, folder = executed
    (printed,) = outputs(notebook, "evaluate(actor, num_eval_episodes")
    assert re.fullmatch(r"greedy return: -?\d+ ± \d+ over 1 episodes\n", printed["text"])
    actor = ppo.Actor(17, 6, 64)
    load_policy(actor, folder / "policy.safetensors")
    assert actor.normalise.count == PARAMETERS["total_timesteps"]


def test_the_notebook_is_packed_for_handing_in(executed):
    notebook, folder = executed
    said = "".join(output.get("text", "") for output in outputs(notebook, "rlhelpers.hand_in("))
    count = len(load_course(ROOT).assignment("ppo").exercises)
    assert said.startswith(f"✓ all {count} exercises are written\n✓ the notebook runs from a fresh kernel\n")
    with zipfile.ZipFile(folder / "ppo.zip") as archive:
        assert archive.namelist() == ["ppo.ipynb", "policy.safetensors"]
        assert archive.read("ppo.ipynb") == (folder / "ppo.ipynb").read_bytes()


def test_every_visible_check_passes_in_the_notebook(executed):
    notebook, _ = executed
    for exercise in load_course(ROOT).assignment("ppo").exercises:
        (shown,) = outputs(notebook, f'check("{exercise}")')
        summary = shown["data"]["text/plain"].splitlines()[0]
        assert re.fullmatch(rf"{exercise}: (\d+) of \1 visible checks passed", summary), summary


def test_nothing_is_printed_on_stderr_and_no_log_is_left(executed):
    notebook, folder = executed
    assert [output for output in outputs(notebook, "") if output.get("name") == "stderr"] == []
    assert not (folder / "MUJOCO_LOG.TXT").exists()


def test_importing_the_source_neither_trains_nor_prints(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "import solutions.ppo as ppo; print(hasattr(ppo, 'trainer'))"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_the_header_says_the_points_and_deadlines_of_the_course():
    assignment = load_course(ROOT).assignment("ppo")
    header = jupytext.read(SOURCE).cells[0].source
    rows = re.findall(r"^\| `(\w+)` \| .* \| ([\d.]+)( \(bonus\))? \|$", header, re.MULTILINE)
    said = {name: float(points) for name, points, _ in rows}
    assert assignment.policy is not None
    assert list(said) == list(assignment.judged)
    assert said == pytest.approx(points_per_exercise("ppo") | {"policy": assignment.policy.points})
    for mean_return in (assignment.policy.full_at, assignment.policy.zero_at):
        assert f"{mean_return:,.0f}" in header
    assert [name for name, _, bonus in rows if bonus] == list(assignment.bonus)
    for deadline in (assignment.soft_deadline, assignment.hard_deadline):
        assert deadline is not None
        assert f"{deadline.day} {deadline:%B %Y, %H:%M}" in header
