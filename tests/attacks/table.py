"""The table of docs/security.md: every attack, and what each level does about it.

python -m tests.attacks.table    prints it
"""

from autograder.sandbox.levels import ISOLATED
from tests.attacks.attack import Attack
from tests.attacks.corpus import SANDBOX_ATTACKS

SIGNS = {"stopped": "✓", "open": "✗", "not tried": "·"}


def rows() -> list[str]:
    """Its lines."""
    head = ["attack", "what it wants", *ISOLATED, "control"]
    lines = [head, ["---"] * len(head), *map(_row, SANDBOX_ATTACKS)]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def _row(attack: Attack) -> list[str]:
    signs = [
        SIGNS["not tried" if level not in attack.levels else "open" if level in attack.open_at else "stopped"]
        for level in ISOLATED
    ]
    control = "" if not attack.control else "limits off" if attack.limits else "none"
    return [attack.name, attack.harm, *signs, control]


if __name__ == "__main__":
    print("\n".join(rows()))
