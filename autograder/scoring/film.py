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
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autograder.scoring.episodes import USUAL_FRAMES_PER_SECOND, make_environment, show_state

MAX_BYTES = 400_000
FILM_SECONDS = 90.0
MAX_FRAMES_PER_SECOND = 25
_WIDTH, _HEIGHT = 400, 300
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
        done = subprocess.run(  # noqa: S603  # our own module
            [sys.executable, "-m", "autograder.scoring.film", env_id],
            input=stream.getvalue(),
            capture_output=True,
            timeout=FILM_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return b"", type(error).__name__
    if done.returncode != 0 or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        return b"", said[-1][:200] if said else f"exit status {done.returncode}"
    if len(done.stdout) > MAX_BYTES:
        return b"", f"{len(done.stdout)} bytes, more than {MAX_BYTES}"
    return done.stdout, ""


def main() -> None:
    """Draws what standard input holds."""
    env_id = sys.argv[1]
    states = np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False)
    # MuJoCo looks for a screen unless it is told not to; a missing library is an error when it is imported.
    os.environ.setdefault("MUJOCO_GL", "osmesa")
    from rlhelpers.rendering import render_offscreen

    render_offscreen()
    sys.stdout.buffer.write(_drawn(env_id, states))


def _drawn(env_id: str, states: NDArray[np.float64]) -> bytes:
    import gymnasium
    from imageio_ffmpeg import write_frames  # type: ignore[import-untyped]

    from rlhelpers.rendering import cheapen_rendering, follow_with_camera

    simulated = gymnasium.spec(env_id).entry_point
    size = {"width": _WIDTH, "height": _HEIGHT} if "mujoco" in str(simulated) else {}
    environment = make_environment(env_id, render_mode="rgb_array", **size)
    environment.reset(seed=0)
    cheapen_rendering(environment)
    follow_with_camera(environment)
    rate = environment.metadata.get("render_fps") or USUAL_FRAMES_PER_SECOND
    every = max(1, round(rate / MAX_FRAMES_PER_SECOND))
    options = [*_QUALITY, "-movflags", "+faststart"]
    with tempfile.TemporaryDirectory(prefix="film-") as folder:
        path = Path(folder) / "rollout.mp4"
        writer = None
        for state in states[::every]:
            show_state(environment, state)
            picture = np.ascontiguousarray(environment.render(), dtype=np.uint8)
            if writer is None:
                shape = (picture.shape[1], picture.shape[0])
                writer = write_frames(
                    str(path),
                    shape,
                    fps=rate / every,
                    codec="libx264",
                    quality=None,
                    macro_block_size=2,
                    ffmpeg_log_level="error",
                    output_params=options,
                )
                writer.send(None)
            writer.send(picture)
        if writer is not None:
            writer.close()
        environment.close()
        return path.read_bytes()


if __name__ == "__main__":
    main()
