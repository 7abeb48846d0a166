"""Videos of recorded states, drawn for real."""

import re
import subprocess

import numpy as np
import pytest
from imageio_ffmpeg import count_frames_and_secs, get_ffmpeg_exe  # type: ignore[import-untyped]

from autograder.scoring.episodes import Episodes
from autograder.scoring.film import MAX_BYTES, make_film


def states(env_id, action, steps):
    with Episodes(env_id, [3]) as episodes:
        for _ in range(steps):
            if not episodes.over:
                episodes.step(np.full(episodes.action_shape, action))
        return episodes.states


def ffmpeg(file, *options):
    command = [get_ffmpeg_exe(), "-hide_banner", "-i", str(file), *options]
    return subprocess.run(command, capture_output=True, check=False)


def frames(file):
    """Height and width as ffmpeg tells them, and all pictures."""
    about = ffmpeg(file).stderr.decode()
    width, height = map(int, re.findall(r"Video: h264 .* (\d+)x(\d+)", about)[0])
    raw = ffmpeg(file, "-f", "rawvideo", "-pix_fmt", "rgb24", "-").stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)


def cart_moving_right(steps):
    """States [x, velocity, angle, angular velocity] of CartPole."""
    return [np.array([0.01 * step, 0.0, 0.0, 0.0]) for step in range(steps)]


@pytest.mark.parametrize(
    ("env_id", "recorded", "seconds"),
    [
        ("HalfCheetah-v5", lambda: states("HalfCheetah-v5", 0.9, 49), 2.5),  # 20 steps a second
        ("CartPole-v1", lambda: cart_moving_right(150), 3.0),  # 50 of them
        ("CartPole-v1", lambda: states("CartPole-v1", 1, 30), 2.0),  # fallen after 0.2 seconds: the last picture stands
    ],
)
def test_a_film_shows_the_recorded_states_at_their_own_speed(tmp_path, env_id, recorded, seconds):
    video, reason = make_film(env_id, recorded())
    assert (video[4:8], reason) == (b"ftyp", "")
    assert len(video) < MAX_BYTES
    file = tmp_path / "rollout.mp4"
    file.write_bytes(video)
    assert count_frames_and_secs(str(file))[1] == pytest.approx(seconds, abs=0.1)
    pictures = frames(file)
    assert np.abs(pictures[0].astype(int) - pictures[-1]).max() > 60  # something moves


def test_the_camera_follows_the_animal(tmp_path):
    """A cheetah 50 metres from the start is in the picture: its brown, which the floor does not have."""
    recorded = states("HalfCheetah-v5", 0.0, 2)
    for state in recorded:
        state[0] = 50.0
    file = tmp_path / "rollout.mp4"
    file.write_bytes(make_film("HalfCheetah-v5", recorded)[0])
    picture = frames(file)[0].astype(int)
    assert ((picture[..., 0] - picture[..., 2]) > 40).sum() > 500


def test_the_cart_is_where_it_was(tmp_path):
    """The cart's middle in the first and the last picture: 1.49 units apart of 4.8 that the picture is wide."""
    file = tmp_path / "rollout.mp4"
    file.write_bytes(make_film("CartPole-v1", cart_moving_right(150))[0])
    pictures = frames(file)
    places = [np.nonzero((picture.sum(-1) < 100).sum(0) > 10)[0].mean() / picture.shape[1] for picture in pictures]
    assert places[-1] - places[0] == pytest.approx(1.48 / 4.8, abs=0.02)


def test_an_environment_that_cannot_be_drawn_is_played_without_a_film():
    assert states("FrozenLake-v1", 0, 3) == []
    assert "expected an environment of MuJoCo or of classic control" in make_film("FrozenLake-v1", [np.zeros(1)])[1]


@pytest.mark.parametrize("library", ["none of them", "glfw"])
def test_where_nothing_can_be_drawn_there_is_a_reason_and_no_crash(monkeypatch, library):
    monkeypatch.setenv("MUJOCO_GL", library)
    monkeypatch.delenv("DISPLAY", raising=False)
    video, reason = make_film("HalfCheetah-v5", states("HalfCheetah-v5", 0.0, 2))
    assert video == b""
    assert reason
