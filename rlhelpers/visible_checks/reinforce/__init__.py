"""Visible checks of the REINFORCE assignment."""

from collections.abc import Mapping

from rlhelpers.visible_checks.case import Case
from rlhelpers.visible_checks.reinforce.baseline import BASELINE_CASES
from rlhelpers.visible_checks.reinforce.experience import EXPERIENCE_CASES
from rlhelpers.visible_checks.reinforce.loss import LOSS_CASES
from rlhelpers.visible_checks.reinforce.networks import ACTOR_CASES, VALUE_CASES
from rlhelpers.visible_checks.reinforce.returns import DISCOUNTED_CASES, TO_GO_CASES
from rlhelpers.visible_checks.reinforce.training import TRAINING_CASES

CASES: Mapping[str, tuple[Case, ...]] = {
    "Actor": ACTOR_CASES,
    "collect_experience": EXPERIENCE_CASES,
    "policy_gradient_loss": LOSS_CASES,
    "train": TRAINING_CASES,
    "discounted_return": DISCOUNTED_CASES,
    "returns_to_go": TO_GO_CASES,
    "ValueNetwork": VALUE_CASES,
    "train_with_baseline": BASELINE_CASES,
}
