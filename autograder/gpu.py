"""GPU: whether this machine has one that students' networks can use, seen without torch, and its device nodes."""

from __future__ import annotations

import ctypes.util
import importlib.metadata
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import InputError
from autograder.grading_plan import Device

_NODES = ("nvidia[0-9]*", "nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset", "nvidia-caps/*")


@dataclass(frozen=True)
class Gpu:
    """What was found.

    Attributes:
        nodes: Device nodes of NVIDIA's driver.
        missing: What keeps it from being used, with the remedy; empty if it can be.
    """

    nodes: tuple[Path, ...]
    missing: str = ""


def find_gpu(folder: Path = Path("/dev")) -> Gpu:
    """Looks for an NVIDIA GPU, its driver, and a torch that is built for it; nothing of CUDA is initialised.

    Args:
        folder: Where device nodes are.
    """
    nodes = tuple(sorted(path for pattern in _NODES for path in folder.glob(pattern)))
    if not any(path.name.removeprefix("nvidia").isdigit() for path in nodes):
        return Gpu(nodes, f"no {folder}/nvidia0; a GPU that is there needs NVIDIA's driver")
    if ctypes.util.find_library("cuda") is None:
        return Gpu(nodes, "no libcuda; install NVIDIA's driver")
    version = importlib.metadata.version("torch")
    if version.endswith("+cpu"):
        return Gpu(nodes, f"torch {version} is built without CUDA; install the same version from PyPI")
    return Gpu(nodes)


def choose_device(wish: str, *, trains: bool) -> Device:
    """The device for students' networks.

    Args:
        wish: ``cpu``, ``cuda``, or ``auto``: a GPU where there is one and the plan trains, since for the small networks
            of a few episodes the way to it costs more than it gives.
        trains: Whether the plan trains.

    Raises:
        InputError: ``cuda`` was asked for, and there is none.
    """
    if wish == "cpu" or (wish == "auto" and not trains):
        return "cpu"
    missing = find_gpu().missing
    if wish == "cuda" and missing:
        raise InputError(f"--device cuda: expected a GPU that torch can use, found {missing}; or use --device cpu")
    return "cpu" if missing else "cuda"
