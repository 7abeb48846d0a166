"""Doctor: what this machine gives to the autograder, and the command that mends what is missing."""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import AutograderError
from autograder.gpu import gpu_finding
from autograder.sandbox.door import WarmProcess
from autograder.sandbox.limits import Limits

_LIBRARIES = ("torch", "gymnasium", "mujoco", "numpy", "nbgrader", "dask", "pytest")
_LOOK_AROUND = """
import os, socket
assert os.getpid() < 100, "sees the machine's processes"
assert not os.access("/usr", os.W_OK), "may write to /usr"
assert [name for _, name in socket.if_nameindex()] == ["lo"], "sees the machine's network"
"""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        text: What was found, and what to do about it.
        well: Whether it is as it should be.
        needed: Whether grading needs it.
    """

    text: str
    well: bool = True
    needed: bool = True


def examine() -> list[Finding]:
    """Looks at everything; never raises for what it finds."""
    examinations: tuple[Callable[[], Finding], ...] = (_python, _libraries, _bubblewrap, _isolation, _rendering, _gpu)
    return [examination() for examination in examinations]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    well = sys.version_info >= (3, 11)
    return Finding(f"Python {version}" + ("" if well else ": expected 3.11 or newer; install it"), well)


def _libraries() -> Finding:
    found, missing = [], []
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding(f"Libraries: {', '.join(missing)} not found; run `make install`", well=False)
    return Finding(f"Libraries: {', '.join(found)}")


def _bubblewrap() -> Finding:
    path = shutil.which("bwrap")
    if path is None:
        return Finding("bubblewrap: not found; run `apt-get install bubblewrap`", well=False)
    return Finding(f"bubblewrap: {path}")


def _isolation() -> Finding:
    """Starts the real thing: a warm process, a submission in it, and a look at what it sees."""
    try:
        with WarmProcess() as warm, warm.submission(Limits()) as submission:
            result = submission.run_cell(1, _LOOK_AROUND, 10.0)
    except AutograderError as error:
        return Finding(f"Isolation: none of the levels that grading accepts can be had: {error}", well=False)
    if result.error is not None:
        return Finding(f"Isolation: leaks ({result.message}); do not grade on this machine", well=False)
    return Finding("Isolation: namespaces (bubblewrap, and namespaces of its own for each submission)")


def _rendering() -> Finding:
    if any(Path("/usr/lib").glob("*/libOSMesa.so*")):
        return Finding("Rendering: OSMesa; videos of agents can be made without a screen")
    advice = "run `apt-get install libosmesa6` to film agents without a screen"
    return Finding(f"Rendering: no OSMesa; {advice}", well=False, needed=False)


def _gpu() -> Finding:
    text, well = gpu_finding()
    return Finding(text, well, needed=False)
