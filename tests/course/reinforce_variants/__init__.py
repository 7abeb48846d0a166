"""Right solutions of the REINFORCE assignment that look unlike the reference: hidden checks must pass every one."""

from autograder.suites.variant import Variant
from tests.course.reinforce_variants.baselines import BASELINES
from tests.course.reinforce_variants.experiences import COLLECTORS
from tests.course.reinforce_variants.losses import LOSSES
from tests.course.reinforce_variants.networks import ACTORS, VALUES
from tests.course.reinforce_variants.returns import DISCOUNTED, TO_GO
from tests.course.reinforce_variants.trainings import TRAINERS

KINDS = {
    "Actor": ACTORS,
    "collect_experience": COLLECTORS,
    "policy_gradient_loss": LOSSES,
    "train": TRAINERS,
    "discounted_return": DISCOUNTED,
    "returns_to_go": TO_GO,
    "ValueNetwork": VALUES,
    "train_with_baseline": BASELINES,
}


VARIANTS = tuple(Variant.numbered(f"set_{number}", KINDS, number) for number in range(max(map(len, KINDS.values()))))
"""Each right variant is in one of the sets."""
