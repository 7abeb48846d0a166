"""Videos, recorded with the real simulator and read back."""

import os
import subprocess
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from torch import nn

from rlhelpers import record_video, show_video, silence_mujoco
from rlhelpers.rendering import choose_renderer


class Idle(nn.Module):
    """Remembers how it was asked."""

    def __init__(self, action_dim):
        super().__init__()
        self.action = nn.Parameter(torch.zeros(1, action_dim), requires_grad=False)
        self.asked = []

    def get_action(self, obs, greedy=False):
        self.asked.append((tuple(obs.shape), obs.dtype, greedy))
        return self.action


class Blinking(gym.Env):
    """Frames of odd size, black and white in turn; it ends after 3 steps."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012  # as gymnasium has it
    observation_space = gym.spaces.Box(-1.0, 1.0, (2,))
    action_space = gym.spaces.Box(-1.0, 1.0, (1,))

    def __init__(self, render_mode="rgb_array"):
        self.render_mode = render_mode

    def reset(self, *, seed=None, options=None):
        self.steps, self.seed = 0, seed
        return np.zeros(2), {}

    def step(self, action):
        self.steps += 1
        return np.zeros(2), 0.0, False, self.steps == 3, {}

    def render(self):
        return np.full((33, 47, 3), 255 * (self.steps % 2), np.uint8)


def read(path, height, width):
    """What ffmpeg says of a file, and its frames (imageio's own reader leaves pipes open)."""
    from imageio_ffmpeg import get_ffmpeg_exe  # type: ignore[import-untyped]

    command = [get_ffmpeg_exe(), "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    return done.stderr.decode(), np.frombuffer(done.stdout, np.uint8).reshape(-1, height, width, 3)


def test_a_half_cheetah_is_filmed_at_its_own_speed(tmp_path, monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", "osmesa")
    silence_mujoco()
    actor = Idle(6)
    with gym.make("HalfCheetah-v5", render_mode="rgb_array") as env:
        path = record_video(env, actor, tmp_path / "cheetah.mp4", max_seconds=0.25)
        model: Any = env.unwrapped
        assert model.model.vis.quality.shadowsize == 0
    description, frames = read(path, 480, 480)
    assert len(frames) == 5
    assert all(word in description for word in ("h264", "yuv420p", "480x480", "20 fps"))
    assert frames[0].std() > 10  # a picture, not one colour
    assert actor.asked == [((1, 17), torch.float32, True)] * 4


def test_the_video_ends_with_the_episode_and_odd_sizes_are_rounded_up(tmp_path):
    env = Blinking()
    path = record_video(env, Idle(1), str(tmp_path / "blinking.mp4"), max_seconds=100, seed=5)
    description, frames = read(path, 34, 48)
    assert env.seed == 5
    assert len(frames) == 4
    assert "48x34" in description
    assert [round(frame.mean()) > 128 for frame in frames] == [False, True, False, True]


def test_a_function_is_asked_with_plain_observations(tmp_path):
    asked = []

    def policy(obs):
        asked.append(obs)
        return np.zeros(1)

    record_video(Blinking(), policy, tmp_path / "blinking.mp4")
    assert len(asked) == 3
    assert all(isinstance(obs, np.ndarray) and obs.shape == (2,) for obs in asked)


def test_an_environment_without_frames_and_a_length_of_nothing_are_refused(tmp_path):
    with pytest.raises(ValueError, match="expected render_mode 'rgb_array', received None"):
        record_video(Blinking(render_mode=None), Idle(1), tmp_path / "video.mp4")
    with pytest.raises(ValueError, match="max_seconds: expected a positive number, received 0"):
        record_video(Blinking(), Idle(1), tmp_path / "video.mp4", max_seconds=0)


def test_outside_of_a_notebook_the_file_is_named(capsys):
    show_video("cheetah.mp4")
    assert capsys.readouterr().out == "video: cheetah.mp4\n"


def test_a_renderer_of_the_users_choice_stays(monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", "glfw")
    assert choose_renderer() == "glfw"


def test_a_renderer_that_works_is_found(monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", "to be restored")
    monkeypatch.delenv("MUJOCO_GL")
    chosen = choose_renderer()
    assert chosen in {"egl", "osmesa"}
    assert os.environ["MUJOCO_GL"] == chosen


def test_where_nothing_works_mujoco_is_left_to_itself(monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", "to be restored")
    monkeypatch.delenv("MUJOCO_GL")
    monkeypatch.setattr("rlhelpers.rendering._TRIAL", "raise SystemExit('{library}')")
    assert choose_renderer() is None
    assert "MUJOCO_GL" not in os.environ


def test_what_mujoco_warns_of_goes_to_its_logger(tmp_path, monkeypatch, caplog, capfd):
    monkeypatch.chdir(tmp_path)
    silence_mujoco()
    with caplog.at_level("INFO", logger="mujoco"):
        gym.make("HalfCheetah-v5").close()  # its model uses a deprecated attribute
    assert "deprecated" in caplog.text
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []
