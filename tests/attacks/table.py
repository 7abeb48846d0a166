"""The tables of docs/security.md: every attack, and what each level does about it.

python -m tests.attacks.table    prints them
"""

from collections.abc import Iterable

from autograder.sandbox.levels import ISOLATED
from tests.attacks.attack import Attack
from tests.attacks.corpus import GRADED_ATTACKS, SANDBOX_ATTACKS
from tests.attacks.graded_attack import GradedAttack

SIGNS = {"stopped": "✓", "open": "✗", "not tried": "·"}


def rows() -> list[str]:
    """Lines of the table of attacks on the sandbox."""
    return _lines(["attack", "what it wants", *ISOLATED, "control"], map(_row, SANDBOX_ATTACKS))


def graded_rows() -> list[str]:
    """Lines of the table of hand-ins."""
    return _lines(["attack", "what it wants", *ISOLATED, "control without"], map(_graded_row, GRADED_ATTACKS))


def _lines(head: list[str], body: Iterable[list[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *body]]


def _row(attack: Attack) -> list[str]:
    signs = [
        SIGNS["not tried" if level not in attack.levels else "open" if level in attack.open_at else "stopped"]
        for level in ISOLATED
    ]
    control = "" if not attack.control else "limits off" if attack.limits else "none"
    return [attack.name, attack.harm, *signs, control]


def _graded_row(attack: GradedAttack) -> list[str]:
    signs = [SIGNS["stopped" if level in attack.levels else "not tried"] for level in ISOLATED]
    return [attack.name, attack.harm, *signs, attack.layer]


if __name__ == "__main__":
    print("\n".join([*rows(), "", *graded_rows()]))
