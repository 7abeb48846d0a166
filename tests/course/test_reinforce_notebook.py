"""What is particular to the REINFORCE notebook; tests of every notebook are in test_notebooks.py."""

import json
import re
import zipfile
from itertools import pairwise

import pytest
import torch
from safetensors import safe_open

from rlhelpers import load_policy
from solutions import reinforce
from tests.course.executed_notebook import SMALL_BUDGETS


@pytest.fixture(scope="module")
def executed(executed_notebook):
    return executed_notebook("reinforce")


@pytest.mark.parametrize("call", ["mean_returns = train(", "dqn.learn("], ids=["reinforce", "stable_baselines3"])
def test_training_shows_a_progress_bar(executed, call):
    shown = [output.get("data", {}) for output in executed.outputs(call)]
    assert any("application/vnd.jupyter.widget-view+json" in data for data in shown)


def test_learning_curves_of_all_three_kinds_of_scores_are_images(executed):
    assert executed.images("plot_learning_curves") == 3


def test_both_agents_are_filmed(executed):
    assert {video.name for video in executed.folder.glob("*.mp4")} == {"cartpole.mp4", "cartpole_dqn.mp4"}


def test_both_agents_are_scored(executed):
    printed = "".join(output.get("text", "") for output in executed.outputs("print("))
    assert re.search(r"^greedy return: [\d.]+ ± [\d.]+ over 2 episodes$", printed, re.MULTILINE)
    transitions = [int(each.replace(",", "")) for each in re.findall(r"after ([\d,]+) transitions", printed)]
    assert len(transitions) == 2
    assert transitions[0] >= SMALL_BUDGETS["reinforce"]["dqn_timesteps"]
    assert transitions[1] >= 2 * reinforce.batch_episodes * 8  # CartPole takes 8 steps at least to fall


def test_the_shape_trap_is_shown(executed):
    assert any(output.get("text") == "torch.Size([5, 5])\n" for output in executed.outputs("torch.zeros(5, 1)"))


def test_the_policy_is_saved_and_packed(executed):
    with zipfile.ZipFile(executed.folder / "reinforce.zip") as archive:
        assert archive.namelist() == ["reinforce.ipynb", "policy.safetensors"]
    actor = reinforce.Actor(4, 2)
    before = [each.detach().clone() for each in actor.parameters()]
    load_policy(actor, executed.folder / "policy.safetensors")
    assert not all(map(torch.equal, before, actor.parameters()))


def test_the_file_tells_of_its_training(executed):
    with safe_open(executed.folder / "policy.safetensors", "pt") as file:
        history = json.loads(file.metadata()["history"])
    assert len(history) == SMALL_BUDGETS["reinforce"]["epochs"]
    steps, returns = zip(*history, strict=True)
    gained = [after - before for before, after in pairwise((0, *steps))]
    assert gained == pytest.approx([each * reinforce.batch_episodes for each in returns], abs=1)
