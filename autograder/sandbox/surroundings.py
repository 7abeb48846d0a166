"""Surroundings of the warm process: the files it may see, and its environment variables."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

import autograder
from autograder.sandbox.confinement import HOME_FOLDER
from autograder.sandbox.isolation import WALLED
from autograder.sandbox.levels import Level

SOURCE = Path(autograder.__file__).parent.parent
_PARTS_OF_PYTHON = ("bin", "lib", "lib64", "include", "share", "pyvenv.cfg")  # not the rest: it may be a home folder


def visible_paths() -> list[Path]:
    """Python, the libraries, the guest's side of the door, rlhelpers, matplotlib's lists of fonts."""
    prefixes = [Path(sys.base_prefix), Path(sys.prefix), Path(sys.executable).parent.parent]
    python = [prefix / part for prefix in prefixes for part in _PARTS_OF_PYTHON]
    libraries = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    python += [path for path in libraries if not any(path.is_relative_to(prefix) for prefix in prefixes)]
    package = SOURCE / "autograder"
    ours = [package / "__init__.py", package / "errors.py", package / "sandbox", SOURCE / "rlhelpers"]
    paths = [*python, *ours, *font_folder().glob("fontlist-*.json")]
    return sorted({path for path in paths if path.exists()})


def hidden_folders() -> list[Path]:
    """What of the autograder stays out of the sandbox wherever it is installed; what of it is visible stays so."""
    return [SOURCE / "autograder"]


def font_folder() -> Path:
    """Where matplotlib keeps its lists of this machine's fonts."""
    configured = os.environ.get("MPLCONFIGDIR")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "matplotlib"
    return Path(configured) if configured else cache


def environment(level: Level, folder: Path, *, gpu: bool = False) -> dict[str, str]:
    """The whole environment of the warm process: nothing of the grader's own goes in.

    Args:
        level: Isolation level.
        folder: Temporary folder that stands in for /tmp where the sandbox has none of its own.
        gpu: Whether students' networks may use a GPU. The warm process itself never does: CUDA does not survive a
            fork, and whether there is a GPU is asked of NVML, which does.
    """
    home = HOME_FOLDER if level in WALLED else str(folder / "home")
    osmesa = any(Path("/usr/lib").glob("*/libOSMesa.so*"))
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": str(SOURCE),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": home,
        "USER": "student",
        "LOGNAME": "student",
        "IPYTHONDIR": f"{home}/ipython",
        "MPLCONFIGDIR": f"{home}/matplotlib",
        "TORCHINDUCTOR_CACHE_DIR": f"{home}/torchinductor",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": os.environ.get("CUDA_VISIBLE_DEVICES", "0") if gpu else "",
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
        "MUJOCO_GL": "osmesa" if osmesa else "disable",
        "SDL_VIDEODRIVER": "dummy",
        "SDL_AUDIODRIVER": "dummy",
        "PIP_RETRIES": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
    }
