"""The introduction to Gymnasium: it runs, and what its prose claims is so."""

import re

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from tests.made_up_course import REPOSITORY

SOURCE = REPOSITORY / "solutions" / "gymnasium_intro.py"


@pytest.fixture(scope="module")
def executed(executed_notebook):
    """What the cells put out, by cell, when papermill runs the notebook."""
    done = executed_notebook("gymnasium_intro")
    return done.notebook, done.folder


def shown(executed, source):
    """What the one code cell that contains ``source`` put out, as text."""
    (cell,) = [cell for cell in executed[0].cells if cell.cell_type == "code" and source in cell.source]
    return "".join(output.get("text", "") or output["data"]["text/plain"] for output in cell.outputs)


def table(text, mode):
    """The lines of one autoreset mode's table: (action, observation, next, reward, terminated, final observation)."""
    lines = text.split(f"{mode}\n")[1].split("\n\n")[0].splitlines()[1:]
    return [tuple(re.sub("->", "", line).split()) for line in lines]


def test_nothing_is_printed_on_stderr(executed):
    streams = [output for cell in executed[0].cells for output in cell.get("outputs", ()) if "name" in output]
    assert {output["name"] for output in streams} == {"stdout"}


def test_both_videos_are_in_the_notebook(executed):
    notebook, folder = executed
    pages = [
        output["data"]["text/html"]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "text/html" in output.get("data", {})
    ]
    assert len(pages) == 2
    assert all("data:video/mp4;base64," in page for page in pages)
    assert {path.name for path in (folder / "videos").iterdir()} == {"random-episode-0.mp4", "balance.mp4"}


def test_the_next_step_mode_wastes_a_step_on_the_reset(executed):
    lines = table(shown(executed, "for mode in AutoresetMode"), "NEXT_STEP")
    assert lines[2] == ("3", "2", "3", "3", "True")
    assert lines[3] == ("4", "3", "10", "0", "False")


def test_the_same_step_mode_keeps_the_last_observation_aside(executed):
    lines = table(shown(executed, "for mode in AutoresetMode"), "SAME_STEP")
    assert lines[2] == ("3", "2", "10", "3", "True", "3")
    assert lines[3] == ("4", "10", "11", "4", "False")


def test_the_disabled_mode_waits_for_a_reset(executed):
    lines = table(shown(executed, "for mode in AutoresetMode"), "DISABLED")
    assert lines[2] == ("3", "2", "3", "3", "True")
    assert lines[3] == ("you", "reset", "it:", "10")
    assert lines[4] == ("4", "10", "11", "4", "False")


def test_the_policies_are_as_good_as_the_prose_says(executed):
    text = shown(executed, 'print("follow the pole:"')
    at_random, followed = (float(mean) for mean in re.findall(r"([\d.]+) ±", text))
    assert 18 < at_random < 28  # the prose: about 22; the mean of 200 episodes has a standard error of 0.9
    env = gym.make("CartPole-v1")
    returns = []
    for seed in range(50):
        obs, _ = env.reset(seed=seed)
        steps, over = 0, False
        while not over:
            obs, _, terminated, truncated, _ = env.step(int(obs[2] + obs[3] > 0))
            steps, over = steps + 1, terminated or truncated
        returns.append(steps)
    assert np.mean(returns) > 9 * followed  # "ten times better"
    assert "truncated" in shown(executed, "play(env, balance, seed=0)")


def test_the_limits_of_cart_pole_are_those_of_the_prose():
    env = gym.make("CartPole-v1")
    plain = env.unwrapped
    assert plain.theta_threshold_radians == pytest.approx(np.radians(12.0))  # type: ignore[attr-defined]
    assert plain.x_threshold == 2.4  # type: ignore[attr-defined]
    assert env.spec is not None and env.spec.max_episode_steps == 500


def test_time_limits_are_those_of_the_prose():
    for env_id, steps in (("HalfCheetah-v5", 1000), ("Blackjack-v1", None), ("MountainCar-v0", 200)):
        assert gym.spec(env_id).max_episode_steps == steps


def test_stepping_before_a_reset_is_an_error_and_after_the_end_a_warning():
    env = gym.make("CartPole-v1")
    with pytest.raises(gym.error.ResetNeeded):
        env.step(0)
    env.reset(seed=0)
    while not env.step(0)[2]:
        pass
    with pytest.warns(UserWarning, match="already returned terminated = True"):
        env.step(0)


def test_next_step_is_the_default_mode():
    assert SyncVectorEnv([lambda: gym.make("CartPole-v1")]).metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP


def test_the_copies_of_a_vector_environment_have_the_seeds_of_the_prose(executed):
    assert shown(executed, "np.array_equal(copies") == "True"
    first, again = re.findall(r"\[([^]]*)\]", shown(executed, 'print("first states: "'))[:2]
    assert first == again
