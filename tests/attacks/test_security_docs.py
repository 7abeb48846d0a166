"""The tables of docs/security.md tell what the corpus of attacks and the code have."""

import itertools
import pkgutil
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.sandbox.limits import Limits
from tests.attacks.corpus import GRADED_ATTACKS, SANDBOX_ATTACKS
from tests.attacks.table import graded_rows, level_rows, rows, summary_rows

ROOT = Path(__file__).parents[2]


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
