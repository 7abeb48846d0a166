"""How check("...") behaves in a notebook, whatever the student's code does."""

import random
from typing import Any

import numpy as np
import pytest
import torch

from rlhelpers import inline_checks
from rlhelpers.inline_checks import run_checks
from rlhelpers.visible_checks.ppo import CASES

EXERCISES = [name for name in CASES if name != "policy"]


def test_every_check_passes_for_the_reference(solved):
    tables = [run_checks("ppo", exercise, solved) for exercise in EXERCISES]
    assert [str(table) for table in tables if not table.passed] == []


def test_nothing_is_written_in_the_notebook_as_released(untouched):
    for exercise in EXERCISES:
        table = run_checks("ppo", exercise, untouched)
        assert {row.verdict for row in table.rows} == {"not written"}, str(table)
        assert "is not written yet" in table.summary


def test_an_exercise_that_needs_another_one_says_which(solved, untouched):
    table = run_checks("ppo", "evaluate", solved | {"rollout": untouched["rollout"]})
    # The reference's evaluate calls the rollout of its own globals; a function with these globals shows the same.
    assert table.passed
    table = run_checks("ppo", "evaluate", untouched | {"evaluate": lambda *args, **kwargs: untouched["rollout"](*args)})
    assert table.summary == "evaluate: `rollout` is not written yet"


def test_a_name_that_is_missing_is_said():
    table = run_checks("ppo", "make_env", {})
    assert table.summary == "make_env: `make_env` is not defined; run the cells above first"


def test_an_exercise_that_there_is_not_is_a_row_too(solved):
    table = run_checks("ppo", "multistep", solved)
    assert not table.passed
    assert "make_env, Actor" in table.rows[0].expected
    assert table.rows[0].received == "'multistep'"


class Unprintable(Exception):
    def __str__(self):
        raise ValueError("no text")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (SystemExit(1), "SystemExit: 1"),
        (NotImplementedError("discrete actions"), "NotImplementedError: discrete actions"),
        (Unprintable(), "Unprintable: (its message cannot be printed)"),
    ],
)
def test_what_the_students_code_raises_is_a_failed_row(error, said):
    def critic_loss(target_values, pred_values):
        raise error

    table = run_checks("ppo", "critic_loss", {"critic_loss": critic_loss})
    assert {row.verdict for row in table.rows} == {"failed"}
    assert table.rows[0].received.startswith(said)


def test_an_exception_comes_with_the_students_own_line():
    import linecache

    source = "import torch\ndef critic_loss(target_values, pred_values):\n    return torch.add(target_values, 'x')\n"
    names: dict[str, Any] = {}
    exec(compile(source, "cell", "exec"), names)
    linecache.cache["cell"] = (len(source), None, source.splitlines(keepends=True), "cell")
    received = run_checks("ppo", "critic_loss", names).rows[0].received
    assert received.endswith("line 3 of the cell, in critic_loss: return torch.add(target_values, 'x')")


@pytest.mark.parametrize("result", [None, 3, "text", [1, 2], (), object(), np.zeros(6), torch.zeros(6, 6)])
def test_results_of_every_kind_are_rows(result):
    names = {exercise: lambda *args, **kwargs: result for exercise in EXERCISES}
    for exercise in EXERCISES:
        assert "passed" not in str(run_checks("ppo", exercise, names).rows[0].verdict)


def test_random_numbers_go_on_as_if_nothing_had_been_checked(solved):
    def draw():
        return random.random(), np.random.rand(), torch.rand(()).item()

    torch.manual_seed(1), np.random.seed(1), random.seed(1)
    expected = draw()
    torch.manual_seed(1), np.random.seed(1), random.seed(1)
    run_checks("ppo", "Actor", solved)
    run_checks("ppo", "PPOTrainer", solved)
    assert draw() == expected


def test_outside_of_a_notebook_check_does_nothing(solved, capsys):
    inline_checks("ppo", solved)("make_env")
    assert capsys.readouterr().out == ""


def test_check_prints_text_where_there_is_no_notebook(solved, capsys):
    assert inline_checks("ppo", solved | {"__name__": "__main__"})("critic_loss") is None
    assert capsys.readouterr().out.startswith("critic_loss: 2 of 2 visible checks passed")


def test_no_progress_bars_are_drawn_and_they_work_again_afterwards(solved, capsys):
    from tqdm.auto import tqdm

    run_checks("ppo", "PPOTrainer", solved)
    assert capsys.readouterr().err == ""
    assert not tqdm([]).disable


def test_the_probes_are_registered_only_while_they_are_needed(solved):
    import gymnasium as gym

    run_checks("ppo", "evaluate", solved)
    assert not [name for name in gym.registry if name.startswith("rlhelpers")]
