"""The tables of docs/security.md: every attack, and what each level does about it.

python -m tests.attacks.table    prints them
"""

from collections.abc import Iterable, Sequence

from autograder.sandbox.levels import ISOLATED, LEVELS
from tests.attacks.attack import Attack
from tests.attacks.corpus import GRADED_ATTACKS, SANDBOX_ATTACKS
from tests.attacks.graded_attack import GradedAttack

SIGNS = {"stopped": "✓", "open": "✗", "alike": "="}


def rows() -> list[str]:
    """Lines of the table of attacks on the sandbox."""
    return _lines(["attack", "what it wants", *ISOLATED, "control"], map(_row, SANDBOX_ATTACKS))


def graded_rows() -> list[str]:
    """Lines of the table of hand-ins."""
    return _lines(["attack", "what it wants", *ISOLATED, "control without"], map(_graded_row, GRADED_ATTACKS))


def summary_rows() -> list[str]:
    """Lines of the table of goals: attacks stopped, of those tried, and how many controls succeed."""
    attacks: list[Attack | GradedAttack] = [*SANDBOX_ATTACKS, *GRADED_ATTACKS]
    goals = dict.fromkeys(attack.goal for attack in attacks)
    return _lines(["goal", *ISOLATED, "controls that succeed", "left"], (_summary(goal, attacks) for goal in goals))


def level_rows() -> list[str]:
    """Lines of the table of levels."""
    head = ["level", "around a submission", "needs", "weaker than the level above in"]
    return _lines(head, ([f"`{level.name}`", level.shells, level.needs, level.weaker] for level in LEVELS))


def _summary(goal: str, attacks: Sequence[Attack | GradedAttack]) -> list[str]:
    chosen = [attack for attack in attacks if attack.goal == goal]
    stopped = [f"{sum(level not in each.open_at for each in chosen)} of {len(chosen)}" for level in ISOLATED]
    controls = sum(not (isinstance(each, Attack) and each.uncontrolled) for each in chosen)
    left = [f"{each.name} ({', '.join(sorted(each.open_at, key=ISOLATED.index))})" for each in chosen if each.open_at]
    return [goal, *stopped, str(controls), "; ".join(left)]


def _lines(head: list[str], body: Iterable[list[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *body]]


def _row(attack: Attack) -> list[str]:
    signs = [SIGNS["open" if level in attack.open_at else "stopped"] for level in ISOLATED]
    off = "limits off" if attack.limits else "planted" if attack.planted else "ended alone" if attack.off else "none"
    return [attack.name, attack.harm, *signs, f"no: {attack.uncontrolled}" if attack.uncontrolled else off]


def _graded_row(attack: GradedAttack) -> list[str]:
    signs = [
        SIGNS["alike" if level not in attack.levels else "open" if level in attack.open_at else "stopped"]
        for level in ISOLATED
    ]
    return [attack.name, attack.harm, *signs, attack.layer]


if __name__ == "__main__":
    print("\n".join([*summary_rows(), "", *rows(), "", *graded_rows()]))
