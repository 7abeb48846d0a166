"""GPU: whether this machine has one that students' networks can use, seen without torch, and its device nodes."""

from __future__ import annotations

import ctypes.util
import importlib.metadata
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import AutograderError, InputError
from autograder.grading_plan import Device
from autograder.sandbox.door import WarmProcess
from autograder.sandbox.limits import Limits

_NODES = ("nvidia[0-9]*", "nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset", "nvidia-caps/*")
_TRIAL = "import torch\nassert torch.ones(3, device='cuda').sum().item() == 3.0"
_TRIAL_SECONDS = 60.0


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


def gpu_finding() -> tuple[str, bool]:
    """What `autograder doctor` says of a GPU, and whether it is as it should be; none at all is no fault.

    Where there is one, a submission adds three numbers on it, in the sandbox.
    """
    found = find_gpu()
    if found.missing:
        return f"GPU: none that torch can use ({found.missing}); --device auto trains on the CPU", not found.nodes
    try:
        with WarmProcess(devices=found.nodes) as warm, warm.submission(Limits()) as submission:
            ran = submission.run_cell(1, _TRIAL, _TRIAL_SECONDS)
    except AutograderError as error:
        return f"GPU: there, but no sandbox starts with it ({error}); use --device cpu", False
    if ran.error is not None:
        return f"GPU: there, but not usable in the sandbox ({ran.error}: {ran.message}); use --device cpu", False
    return f"GPU: {len(found.nodes)} device nodes, usable in the sandbox; tiers that train use it", True
