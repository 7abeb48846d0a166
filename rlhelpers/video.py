"""Videos of an agent: recording one, and showing it in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rlhelpers.policy import ActorOrPolicy, Policy, greedy_policy
from rlhelpers.rendering import cheapen_rendering, choose_renderer, follow_with_camera, render_offscreen

if TYPE_CHECKING:
    import gymnasium as gym

DEFAULT_FRAMES_PER_SECOND = 30


def record_video(
    env: gym.Env[Any, Any], actor: ActorOrPolicy, path: str | Path, max_seconds: float = 10.0, *, seed: int = 0
) -> Path:
    """Plays one episode and writes it as an H.264 video, at the speed of the environment's own clock.

    Args:
        env: Environment made with ``render_mode="rgb_array"``; it is left open.
        actor: The policy: an object with ``get_action(obs [1, obs_dim] tensor, greedy=True) -> [1, action_dim]
            tensor``, or any function from one observation of the environment to one action, such as
            ``partial(actor.get_action, greedy=True)`` or ``lambda obs: env.action_space.sample()``.
        path: File to write, ending in ``.mp4``; its folder must exist.
        max_seconds: Length at which the video ends if the episode does not end before.
        seed: Seed of the episode.

    Returns:
        The path.

    Raises:
        ValueError: The environment renders no frames, or ``max_seconds`` is not positive.
    """
    from imageio_ffmpeg import write_frames  # type: ignore[import-untyped]

    if env.render_mode != "rgb_array":
        raise ValueError(
            f"env: expected render_mode 'rgb_array', received {env.render_mode!r}; make it with "
            'make_env(env_id, render_mode="rgb_array")'
        )
    if not max_seconds > 0:
        raise ValueError(f"max_seconds: expected a positive number, received {max_seconds}; choose a length in seconds")
    choose_renderer()
    render_offscreen()
    cheapen_rendering(env)
    follow_with_camera(env)
    rate = env.metadata.get("render_fps") or DEFAULT_FRAMES_PER_SECOND
    frames = _frames(env, greedy_policy(actor), max(1, round(max_seconds * rate)), seed)
    first = next(frames)
    height, width, _ = first.shape
    start_at_once = ["-movflags", "+faststart"]  # the index first, so that a browser need not load all of it
    writer = write_frames(str(path), (width, height), fps=rate, macro_block_size=2, output_params=start_at_once)
    writer.send(None)
    try:
        writer.send(first)
        for frame in frames:
            writer.send(frame)
    finally:
        writer.close()
    return Path(path)


def show_video(path: str | Path) -> None:
    """Shows a video below the notebook's cell, stored in the notebook itself; outside of a notebook, names the file."""
    from IPython import get_ipython
    from IPython.display import Video, display

    if get_ipython() is None:
        print(f"video: {path}")  # noqa: T201  # there is nothing else to show it in
    else:
        display(Video(str(path), embed=True, html_attributes="controls loop autoplay muted"))


def _frames(env: gym.Env[Any, Any], policy: Policy, limit: int, seed: int) -> Iterator[np.ndarray]:
    """Yields up to ``limit`` pictures [height, width, 3] of an episode, uint8, of even height and width."""
    obs, _ = env.reset(seed=seed)
    yield _frame(env)
    for _ in range(limit - 1):
        obs, _, terminated, truncated, _ = env.step(policy(obs))
        yield _frame(env)
        if terminated or truncated:
            return


def _frame(env: gym.Env[Any, Any]) -> np.ndarray:
    picture = np.asarray(env.render(), dtype=np.uint8)
    height, width, _ = picture.shape
    # Video stores one colour for 2 x 2 points: an odd last row or column is drawn twice.
    return np.ascontiguousarray(np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge"))
