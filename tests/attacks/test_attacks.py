"""Every attack at every level at which it is tried: it does no harm, or the one that the table admits.

The controls show the same attacks succeed without isolation, or with larger limits.
"""

import itertools
import json
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from autograder.sandbox.levels import ISOLATED, LANDLOCKED, Level
from autograder.sandbox.limits import Limits
from tests.attacks.corpus import GRADED_ATTACKS, SANDBOX_ATTACKS
from tests.attacks.graded import graded_attacks_at
from tests.attacks.run import attacks_at
from tests.attacks.table import graded_rows, level_rows, rows, summary_rows

ROOT = Path(__file__).parents[2]
CONTAINER = ROOT / "tests" / "sandbox" / "machine_like_docker.py"
USERS = {"separate-users": "0", "landlock": "61999"}  # nobody else's: signals could reach nobody else

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="emulates containers: as root only")


@cache
def outcomes(level: str, *options: str, module: str = "run") -> dict[str, dict[str, Any]]:
    """What came of the attacks at a level, each run once; the weaker levels as in a container."""
    command = [sys.executable, "-m", f"tests.attacks.{module}", level, *options]
    if level in LANDLOCKED:
        command = [sys.executable, str(CONTAINER), USERS[level], *command]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1500, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return {found["name"]: found for found in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("level", ISOLATED)
def test_attacks_do_no_harm_but_what_the_table_admits(level: str) -> None:
    found = outcomes(level)
    assert found.keys() == {attack.name for attack in SANDBOX_ATTACKS}
    assert {name for name in found if found[name]["harmed"]} == {
        attack.name for attack in SANDBOX_ATTACKS if level in attack.open_at
    }


@pytest.mark.parametrize("level", ISOLATED)
def test_attacks_touch_nothing_else_outside(level: str) -> None:
    admitted = {attack.name for attack in SANDBOX_ATTACKS if level in attack.open_at}
    assert {name: each["others"] for name, each in outcomes(level).items() if each["others"]}.keys() <= admitted


def test_the_same_attacks_succeed_without_isolation() -> None:
    assert [name for name, each in outcomes("none").items() if not each["harmed"]] == []
    assert len(outcomes("none")) == len(attacks_at("none")) > 50


def test_the_same_attacks_succeed_with_larger_limits() -> None:
    found = outcomes("namespaces", "--lifted")
    assert [name for name, each in found.items() if not each["harmed"]] == []
    assert len(found) == len(attacks_at("namespaces", lifted=True)) > 20


@pytest.mark.parametrize("level", ISOLATED)
def test_hostile_hand_ins_earn_nothing_read_nothing_and_get_a_report(level: Level) -> None:
    found = outcomes(level, module="graded")
    assert found.keys() == {attack.name for attack in graded_attacks_at(level)}
    admitted = {attack.name for attack in graded_attacks_at(level) if level in attack.open_at}
    assert {name: each for name, each in found.items() if bool(each["harm"]) is not (name in admitted)} == {}


def test_the_same_hand_ins_succeed_without_the_layer_that_stops_them() -> None:
    found = outcomes("namespaces", "--controls", module="graded")
    assert [name for name, each in found.items() if not each["harmed"]] == []
    assert found.keys() == {attack.name for attack in GRADED_ATTACKS}
    assert [name for name, each in found.items() if each["alarmed"]] == []  # by an honest hand-in


@pytest.mark.parametrize("table", [rows, graded_rows, summary_rows, level_rows])
def test_the_tables_of_the_documentation_are_those_of_the_corpus(table: Callable[[], list[str]]) -> None:
    text = (ROOT / "docs" / "security.md").read_text()
    assert "\n".join(table()) in text


def table_below(heading: str) -> list[list[str]]:
    """Cells of the first table under a heading of the documentation, without its head."""
    below = (ROOT / "docs" / "security.md").read_text().split(f"\n## {heading}\n")[1]
    lines = itertools.takewhile(lambda line: line.startswith("|"), below[below.index("|") :].splitlines())
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in [*lines][2:]]


def test_the_threat_model_names_layers_that_there_are_and_goals_that_are_tried() -> None:
    layers = table_below("Layers")
    threats = table_below("Who attacks, and what for")
    for where in (name for _, _, names in layers for name in re.findall(r"`([^`]+)`", names)):
        assert any((ROOT / "autograder" / folder / where).exists() for folder in (".", "sandbox")), where
    for _, _, goals, stopping, _ in threats:
        assert set(goals.split(", ")) <= {each.goal for each in (*SANDBOX_ATTACKS, *GRADED_ATTACKS)}
        assert {name.strip() for name in stopping.split(";")} <= {layer for layer, _, _ in layers}
    assert {goal for _, _, goals, _, _ in threats for goal in goals.split(", ")} == {
        each.goal for each in (*SANDBOX_ATTACKS, *GRADED_ATTACKS)
    }
    assert {name.strip() for *_, stopping, _ in threats for name in stopping.split(";")} == {row[0] for row in layers}


def number_at(path: str) -> float:
    """What the code has at a dotted path below ``autograder``; ``limits.x`` is the default of a field."""
    if path.startswith("limits."):
        return float(getattr(Limits(), path.partition(".")[2]))
    return float(pkgutil.resolve_name(f"autograder.{path}"))


def test_deadlines_and_caps_of_the_documentation_are_those_of_the_code() -> None:
    rows = table_below("Deadlines and caps")
    assert len(rows) > 15
    for what, deadline, cap, places in rows:
        for path in re.findall(r"`([^`]+)`", places):
            number = number_at(path)
            shown = {f"{number:,g}", f"{number:,.0f}", f"{number / 2**20:g} MiB"}
            assert shown & set(re.findall(r"\d[\d,.]* MiB|\d+[\d,.]*\d|\d", deadline + cap)), (what, path, number)


def test_the_corpus_is_large_and_its_names_are_its_own() -> None:
    for attacks, least in ((SANDBOX_ATTACKS, 60), (GRADED_ATTACKS, 90)):
        names = [attack.name for attack in attacks]
        assert len(names) == len(set(names)) >= least
    assert {attack.goal for attack in GRADED_ATTACKS} == {"forge", "hand-in", "policy file"}
    assert [
        each.name for each in GRADED_ATTACKS if bool(each.naive_test) + bool(each.naive) + bool(each.off) != 1
    ] == []
