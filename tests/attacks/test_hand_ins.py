"""Every hostile hand-in through the whole of grading: nothing is earned, read or run, and there is a report.

The controls show the same hand-ins succeed without the layer that stops them, and that an honest one raises no alarm.
"""

import os

import pytest

from autograder.sandbox.levels import ISOLATED, Level
from tests.attacks.corpus import GRADED_ATTACKS
from tests.attacks.graded import graded_attacks_at
from tests.attacks.outcomes import outcomes

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="emulates containers: as root only")


@pytest.mark.parametrize("level", ISOLATED)
def test_hostile_hand_ins_earn_nothing_read_nothing_and_get_a_report(level: Level) -> None:
    found = outcomes("graded", level)
    assert found.keys() == {attack.name for attack in graded_attacks_at(level)}
    admitted = {attack.name for attack in graded_attacks_at(level) if level in attack.open_at}
    assert {name: each for name, each in found.items() if bool(each["harm"]) is not (name in admitted)} == {}


def test_the_same_hand_ins_succeed_without_the_layer_that_stops_them() -> None:
    found = outcomes("graded", "namespaces", "--controls")
    assert [each for each in found.values() if not each["harmed"]] == []
    assert found.keys() == {attack.name for attack in GRADED_ATTACKS}
    assert [name for name, each in found.items() if each["alarmed"]] == []  # by an honest hand-in
