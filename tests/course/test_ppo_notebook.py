"""What is particular to the PPO notebook; tests of every notebook are in test_notebooks.py."""

import re
import zipfile

import pytest

from rlhelpers import load_policy
from solutions import ppo
from tests.course.executed_notebook import SMALL_BUDGETS


@pytest.fixture(scope="module")
def executed(executed_notebook):
    return executed_notebook("ppo")


def test_training_shows_a_progress_bar(executed):
    shown = executed.outputs("trainer.learn()")
    assert any("application/vnd.jupyter.widget-view+json" in output.get("data", {}) for output in shown)
    assert any("PPO:" in output["data"]["text/plain"] for output in shown if "data" in output)


def test_the_learning_curve_is_an_image(executed):
    assert executed.images("plot_learning_curves") == 2


def test_the_agent_is_scored_and_saved(executed):
    (printed,) = executed.outputs("evaluate(actor, num_eval_episodes")
    assert re.fullmatch(r"greedy return: -?\d+ ± \d+ over 1 episodes\n", printed["text"])
    actor = ppo.Actor(17, 6, 64)
    load_policy(actor, executed.folder / "policy.safetensors")
    assert actor.normalise.count == SMALL_BUDGETS["ppo"]["total_timesteps"]


def test_the_policy_is_packed_for_handing_in_and_no_log_is_left(executed):
    with zipfile.ZipFile(executed.folder / "ppo.zip") as archive:
        assert archive.namelist() == ["ppo.ipynb", "policy.safetensors"]
    assert not (executed.folder / "MUJOCO_LOG.TXT").exists()
