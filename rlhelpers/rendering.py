"""Rendering without a screen: which OpenGL library MuJoCo can use here, and how to make its pictures cheap."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import gymnasium as gym

_TRIAL = "from mujoco.{library} import GLContext; context = GLContext(16, 16); context.make_current(); context.free()"
_TRIAL_SECONDS = 60


def render_offscreen() -> None:
    """Lets pygame, which draws Gymnasium's simple environments, do without a screen where there is none.

    Otherwise it looks for one when it starts, and complains on the terminal. Call it before the first picture.
    """
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ):
        os.environ.setdefault("SDL_VIDEODRIVER", "dummy")


def choose_renderer() -> str | None:
    """Sets ``MUJOCO_GL`` to a library that works on this machine, unless it is set already.

    Only Linux leaves a choice. There each library is tried in a process of its own, because one without its driver may
    end the process that tries it; EGL comes first, since it can use a GPU.

    Returns:
        The value of ``MUJOCO_GL``; None where MuJoCo's own default is left in place, for want of a better one.
    """
    if "MUJOCO_GL" not in os.environ and sys.platform == "linux":
        for library in ("egl", "osmesa"):
            if _works(library):
                os.environ["MUJOCO_GL"] = library
                break
    return os.environ.get("MUJOCO_GL")


def cheapen_rendering(env: gym.Env[Any, Any]) -> None:
    """Turns off a MuJoCo environment's shadows and antialiasing, 8 times the cost of a picture drawn in software.

    It works before the first ``render()`` only. Other environments are left as they are.
    """
    quality = getattr(getattr(getattr(env.unwrapped, "model", None), "vis", None), "quality", None)
    if quality is not None:
        quality.shadowsize = 0
        quality.offsamples = 0


def follow_with_camera(env: gym.Env[Any, Any]) -> None:
    """Films a MuJoCo environment by its model's camera that tracks the animal, if there is one.

    Gymnasium's default is one that stays where it is, and the animal is out of the picture within seconds.
    """
    renderer = getattr(env.unwrapped, "mujoco_renderer", None)
    if renderer is None:
        return
    import mujoco

    camera = mujoco.mj_name2id(renderer.model, mujoco.mjtObj.mjOBJ_CAMERA, "track")
    if camera != -1:
        renderer.camera_id = camera


def _works(library: str) -> bool:
    try:
        trial = subprocess.run(  # noqa: S603  # our own text, and nothing of a user's
            [sys.executable, "-c", _TRIAL.format(library=library)],
            capture_output=True,
            timeout=_TRIAL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return trial.returncode == 0
