"""MuJoCo's warnings: where they go."""

from __future__ import annotations

import logging


def silence_mujoco() -> None:
    """Sends what MuJoCo warns of to Python's logger ``"mujoco"``, at level INFO, which shows nothing by default.

    By itself MuJoCo prints from C, past everything that a notebook can catch, and appends to a file MUJOCO_LOG.TXT
    in the working directory. To see its warnings: ``logging.basicConfig(level="INFO")``.
    Without MuJoCo installed this does nothing.
    """
    try:
        import mujoco
    except ImportError:
        return
    mujoco.set_mju_user_warning(_log)


def _log(text: str) -> None:
    logging.getLogger("mujoco").info("%s", text)
