"""Film: a video of recorded states, drawn in a process of its own, so that a driver's crash costs no grade.

``python -m autograder.scoring.film ENV_ID`` reads float64 states [N, S] in numpy's format from standard input and
writes an MP4 to standard output.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.ctrl_c import ctrl_c_kept_from_children
from autograder.scoring.environment import frames_per_second, make_environment
from autograder.scoring.simulator import Simulator, simulator_of

MAX_BYTES = 400_000
FILM_SECONDS = 90.0
LEAST_SECONDS = 2.0
MAX_FRAMES_PER_SECOND = 25
_QUALITY = ["-crf", "28", "-maxrate", "260k", "-bufsize", "260k"]  # 10 seconds stay below MAX_BYTES


def make_film(env_id: str, states: Sequence[NDArray[np.float64]]) -> tuple[bytes, str]:
    """Draws recorded states.

    Args:
        env_id: The environment that they are of.
        states: As ``Episodes`` records them.

    Returns:
        An MP4 (H.264) of at most ``MAX_BYTES``, and an empty reason; or no bytes, and why there is no video.
    """
    stream = io.BytesIO()
    np.save(stream, np.stack(states), allow_pickle=False)
    try:
        with ctrl_c_kept_from_children():
            process = subprocess.Popen(  # noqa: S603  # our own module
                [sys.executable, "-m", "autograder.scoring.film", env_id],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        with process:
            try:
                film, said = process.communicate(stream.getvalue(), FILM_SECONDS)
            finally:
                process.kill()  # if it has not ended
    except (OSError, subprocess.TimeoutExpired) as error:
        return b"", type(error).__name__
    if process.returncode != 0 or not film:
        lines = said.decode(errors="replace").strip().splitlines()
        return b"", lines[-1][:200] if lines else f"exit status {process.returncode}"
    if len(film) > MAX_BYTES:
        return b"", f"{len(film)} bytes, more than {MAX_BYTES}"
    return film, ""


def main() -> None:
    """Draws what standard input holds."""
    # MuJoCo looks for a screen unless it is told not to; a missing library is an error when it is imported.
    os.environ.setdefault("MUJOCO_GL", "osmesa")
    from rlhelpers.rendering import render_offscreen

    render_offscreen()
    states = np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False)
    sys.stdout.buffer.write(_filmed(sys.argv[1], states))


def _filmed(env_id: str, states: NDArray[np.float64]) -> bytes:
    """An MP4 of the states at their own speed."""
    played = make_environment(env_id)
    played.reset(seed=0)
    simulator = simulator_of(played)
    if simulator is None:
        raise ValueError(f"{env_id}: expected an environment of MuJoCo or of classic control, received another")
    rate = frames_per_second(played)
    every = max(1, round(rate / MAX_FRAMES_PER_SECOND))
    stage = simulator.stage(env_id)
    return _encoded(_pictures(simulator, stage, states[::every], round(LEAST_SECONDS * rate / every)), rate / every)


def _pictures(simulator: Simulator, stage: Any, states: NDArray[np.float64], least: int) -> Iterator[NDArray[np.uint8]]:
    """A picture of each state; where they are few, the last one again and again."""
    for state in states:
        simulator.show(stage, state)
        picture = np.ascontiguousarray(stage.render(), dtype=np.uint8)
        yield picture
    for _ in range(len(states), least):
        yield picture


def _encoded(pictures: Iterator[NDArray[np.uint8]], rate: float) -> bytes:
    """An MP4 of pictures [height, width, 3], so many a second."""
    from imageio_ffmpeg import write_frames  # type: ignore[import-untyped]

    first = next(pictures)
    with tempfile.TemporaryDirectory(prefix="film-") as folder:
        path = Path(folder) / "rollout.mp4"
        writer = write_frames(
            str(path),
            (first.shape[1], first.shape[0]),
            fps=rate,
            codec="libx264",
            quality=None,
            macro_block_size=2,
            ffmpeg_log_level="error",
            output_params=[*_QUALITY, "-movflags", "+faststart"],
        )
        writer.send(None)
        for picture in chain([first], pictures):
            writer.send(picture)
        writer.close()
        return path.read_bytes()


if __name__ == "__main__":
    main()
