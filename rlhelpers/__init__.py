"""What the course's notebooks import; nothing that students are asked to write.

Importing it is quick: torch, gymnasium, matplotlib and the rest are imported by the function that needs them.
"""

from rlhelpers.evaluation import evaluate_policy
from rlhelpers.handing_in import hand_in
from rlhelpers.inline_checks import inline_checks
from rlhelpers.learning_curves import plot_learning_curves
from rlhelpers.mujoco_warnings import silence_mujoco
from rlhelpers.policy_file import load_policy, save_policy
from rlhelpers.rendering import render_offscreen
from rlhelpers.seeding import set_seed
from rlhelpers.stub import is_written
from rlhelpers.vector_environments import make_vec_env
from rlhelpers.video import record_video, show_video

__all__ = [
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
