"""ExecutedNotebook: an assignment's notebook with solutions, run top to bottom by papermill with a small budget."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
import nbformat

from tests.course.judged_suite import COURSE
from tests.made_up_course import REPOSITORY

# Parameters of notebooks that would otherwise take longer than seconds.
SMALL_BUDGETS: dict[str, dict[str, float]] = {
    "reinforce": {
        "epochs": 2,
        "comparison_seeds": 2,
        "num_eval_episodes": 2,
        "dqn_timesteps": 1100,
        "video_seconds": 0.2,
    },
    "q_learning": {
        "lake_episodes": 50,
        "blackjack_episodes": 200,
        "alpha_episodes": 20,
        "alpha_seeds": 2,
        "video_seconds": 0.5,
    },
    "ppo": {
        "total_timesteps": 2 * 64 * 2,
        "num_vec_envs": 2,
        "num_env_steps": 64,
        "num_eval_episodes": 1,
        "video_seconds": 0.2,
        "experiment_timesteps": 2 * 64,
        "experiment_seeds": 2,
    },
}


@dataclass(frozen=True)
class ExecutedNotebook:
    """A notebook after it has run.

    Attributes:
        notebook: With outputs.
        folder: It ran there; the notebook without outputs is there, too.
    """

    notebook: Any
    folder: Path

    @classmethod
    def run(cls, assignment: str, folder: Path) -> "ExecutedNotebook":
        """Runs an assignment's notebook in a folder of its own."""
        source = COURSE.source(COURSE.assignment(assignment))
        jupytext.write(jupytext.read(source), folder / f"{assignment}.ipynb")
        budget = SMALL_BUDGETS.get(assignment, {})
        options = [word for name, value in budget.items() for word in ("-p", name, str(value))]
        papermill = [sys.executable, "-m", "papermill", f"{assignment}.ipynb", "executed.ipynb", "--no-progress-bar"]
        surroundings = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}  # the kernel's own
        done = subprocess.run(
            [*papermill, *options],
            cwd=folder,
            env=surroundings | {"PYTHONPATH": str(REPOSITORY), "MUJOCO_GL": "osmesa"},
            capture_output=True,
            text=True,
            check=False,
            timeout=600.0,  # seconds are enough; a kernel that has gone astray would be waited for for ever
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return cls(nbformat.read(folder / "executed.ipynb", as_version=4), folder)

    def outputs(self, source: str = "") -> list[Any]:
        """What the code cells whose source contains ``source`` put out."""
        cells = [cell for cell in self.notebook.cells if cell.cell_type == "code" and source in cell.source]
        return [output for cell in cells for output in cell.outputs]

    def images(self, source: str) -> int:
        """How many PNG images they put out; what they put out in their place is told where there is none."""
        shown = self.outputs(source)
        images = sum("image/png" in output.get("data", {}) for output in shown)
        assert images, f"no image, in place of it: {shown}"
        return images
