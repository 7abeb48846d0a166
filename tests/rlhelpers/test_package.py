"""The package as notebooks import it."""

import subprocess
import sys
from pathlib import Path

import rlhelpers

ROOT = Path(__file__).parents[2]


def run_python(code):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )


def test_importing_it_imports_no_slow_library():
    slow = "torch gymnasium matplotlib mujoco IPython imageio imageio_ffmpeg safetensors tqdm jupyter_client".split()
    done = run_python(f"import sys, rlhelpers; print([name for name in {slow!r} if name in sys.modules])")
    assert done.stdout.strip() == "[]"


def test_it_imports_nothing_of_the_autograder():
    code = (
        "import sys, pkgutil, importlib, rlhelpers\n"
        "for module in pkgutil.walk_packages(rlhelpers.__path__, 'rlhelpers.'): importlib.import_module(module.name)\n"
        "print([name for name in sys.modules if name.split('.')[0] == 'autograder'])"
    )
    assert run_python(code).stdout.strip() == "[]"


def test_the_public_names_are_these():
    assert rlhelpers.__all__ == [
        "evaluate_policy",
        "hand_in",
        "inline_checks",
        "is_written",
        "load_policy",
        "make_vec_env",
        "plot_learning_curves",
        "record_video",
        "render_offscreen",
        "save_policy",
        "set_seed",
        "show_video",
        "silence_mujoco",
    ]
    assert all(callable(getattr(rlhelpers, name)) and getattr(rlhelpers, name).__doc__ for name in rlhelpers.__all__)
