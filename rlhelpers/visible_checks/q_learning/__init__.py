"""Visible checks of the Q-learning assignment."""

from collections.abc import Mapping

from rlhelpers.visible_checks.case import Case
from rlhelpers.visible_checks.q_learning.policy import POLICY_CASES
from rlhelpers.visible_checks.q_learning.selection import SELECTION_CASES
from rlhelpers.visible_checks.q_learning.training import TRAINING_CASES
from rlhelpers.visible_checks.q_learning.update import UPDATE_CASES

CASES: Mapping[str, tuple[Case, ...]] = {
    "epsilon_greedy": POLICY_CASES,
    "q_update": UPDATE_CASES,
    "train_q_learning": TRAINING_CASES,
    "select_alpha": SELECTION_CASES,
}
