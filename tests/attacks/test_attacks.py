"""Every attack on the sandbox at every level: it does no harm, or the one that the table admits.

The controls show the same attacks succeed without isolation, or with larger limits.
"""

import os

import pytest

from autograder.sandbox.levels import ISOLATED
from tests.attacks.corpus import SANDBOX_ATTACKS
from tests.attacks.outcomes import outcomes
from tests.attacks.run import attacks_at

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="emulates containers: as root only")


@pytest.mark.parametrize("level", ISOLATED)
def test_attacks_do_no_harm_but_what_the_table_admits(level: str) -> None:
    found = outcomes("run", level)
    assert found.keys() == {attack.name for attack in SANDBOX_ATTACKS}
    assert {name for name in found if found[name]["harmed"]} == {
        attack.name for attack in SANDBOX_ATTACKS if level in attack.open_at
    }


@pytest.mark.parametrize("level", ISOLATED)
def test_attacks_touch_nothing_else_outside(level: str) -> None:
    admitted = {attack.name for attack in SANDBOX_ATTACKS if level in attack.open_at}
    assert {name: each["others"] for name, each in outcomes("run", level).items() if each["others"]}.keys() <= admitted


def test_the_same_attacks_succeed_without_isolation() -> None:
    assert [name for name, each in outcomes("run", "none").items() if not each["harmed"]] == []
    assert len(outcomes("run", "none")) == len(attacks_at("none")) > 50


def test_the_same_attacks_succeed_with_larger_limits() -> None:
    found = outcomes("run", "namespaces", "--lifted")
    assert [name for name, each in found.items() if not each["harmed"]] == []
    assert len(found) == len(attacks_at("namespaces", lifted=True)) > 20
