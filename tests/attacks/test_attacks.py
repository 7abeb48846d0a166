"""Every attack at every level at which it is tried: it does no harm, or the one that the table admits.

The controls show the same attacks succeed without isolation, or with the limits of a class in place of small ones.
"""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from autograder.sandbox.levels import ISOLATED, LANDLOCKED
from tests.attacks.corpus import SANDBOX_ATTACKS
from tests.attacks.run import attacks_at
from tests.attacks.table import rows

ROOT = Path(__file__).parents[2]
CONTAINER = ROOT / "tests" / "sandbox" / "machine_like_docker.py"
USERS = {"separate-users": "0", "landlock": "61999"}  # nobody else's: signals could reach nobody else

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="emulates containers: as root only")


@cache
def outcomes(level: str, *options: str) -> dict[str, dict[str, Any]]:
    """What came of the attacks at a level, each run once; the weaker levels as in a container."""
    command = [sys.executable, "-m", "tests.attacks.run", level, *options]
    if level in LANDLOCKED:
        command = [sys.executable, str(CONTAINER), USERS[level], *command]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1500, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return {found["name"]: found for found in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("level", ISOLATED)
def test_attacks_do_no_harm_but_what_the_table_admits(level: str) -> None:
    found = outcomes(level)
    tried = {attack.name: attack for attack in SANDBOX_ATTACKS if level in attack.levels}
    assert found.keys() == tried.keys()
    assert {name for name in found if found[name]["harmed"]} == {
        name for name, attack in tried.items() if level in attack.open_at
    }


@pytest.mark.parametrize("level", ISOLATED)
def test_attacks_touch_nothing_else_outside(level: str) -> None:
    admitted = {attack.name for attack in SANDBOX_ATTACKS if level in attack.open_at}
    assert {name: each["others"] for name, each in outcomes(level).items() if each["others"]}.keys() <= admitted


def test_the_same_attacks_succeed_without_isolation() -> None:
    assert [name for name, each in outcomes("none").items() if not each["harmed"]] == []
    assert len(outcomes("none")) == len(attacks_at("none")) > 40


def test_the_same_attacks_succeed_with_larger_limits() -> None:
    found = outcomes("namespaces", "--lifted")
    assert [name for name, each in found.items() if not each["harmed"]] == []
    assert len(found) == len(attacks_at("namespaces", lifted=True)) > 5


def test_the_table_of_the_documentation_is_that_of_the_corpus() -> None:
    text = (ROOT / "docs" / "security.md").read_text()
    assert "\n".join(rows()) in text


def test_the_corpus_is_large_and_its_names_are_its_own() -> None:
    names = [attack.name for attack in SANDBOX_ATTACKS]
    assert len(names) == len(set(names)) >= 60
