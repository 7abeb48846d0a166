"""Right solutions of the REINFORCE assignment that look unlike the reference: hidden checks must pass every one."""

from tests.course.reinforce_variants.baselines import BASELINES
from tests.course.reinforce_variants.experiences import COLLECTORS
from tests.course.reinforce_variants.losses import LOSSES
from tests.course.reinforce_variants.networks import ACTORS, VALUES
from tests.course.reinforce_variants.returns import DISCOUNTED, TO_GO
from tests.course.reinforce_variants.trainings import TRAINERS
from tests.course.variant import Variant

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


def _whole_set(number: int) -> Variant:
    """One right variant of every exercise, in the order of the exercises."""
    cells = {exercise: list(kinds.values())[number % len(kinds)] for exercise, kinds in KINDS.items()}
    return Variant(f"set_{number}", cells)


VARIANTS = tuple(_whole_set(number) for number in range(max(len(kinds) for kinds in KINDS.values())))
"""Each right variant is in one of the sets."""
