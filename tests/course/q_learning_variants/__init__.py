"""Right solutions of the Q-learning assignment that look unlike the reference: hidden checks must pass every one."""

from autograder.suites.variant import Variant
from tests.course.q_learning_variants.policies import POLICIES
from tests.course.q_learning_variants.selections import SELECTIONS
from tests.course.q_learning_variants.trainings import TRAININGS
from tests.course.q_learning_variants.updates import UPDATES


def _sets() -> tuple[Variant, ...]:
    """Two sets of all exercises, and every other solution by itself among the reference's."""
    parts = {
        "epsilon_greedy": POLICIES,
        "q_update": UPDATES,
        "train_q_learning": TRAININGS,
        "select_alpha": SELECTIONS,
    }
    whole = [Variant.numbered(name, parts, number) for number, name in enumerate(("short", "unlike"))]
    single = [
        Variant(name, {exercise: source})
        for exercise, cells in parts.items()
        for name, source in list(cells.items())[2:]
    ]
    return (*whole, *single)


VARIANTS = _sets()
