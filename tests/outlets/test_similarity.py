"""Similarity: real code in real notebooks; who has copied is found, who has only solved the same exercise is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.errors import InputError
from autograder.outlets.similarity import fingerprints, similar_pairs
from autograder.report import GradeReport
from tests.outlets.sample_reports import report

RELEASED = """
def rollout(env, actor, seed, device):
    \"\"\"Plays one episode and returns the sum of its rewards.\"\"\"
    raise NotImplementedError
"""
USUAL = """
def rollout(env, actor, seed, device):
    observation, info = env.reset(seed=seed)
    total, done = 0.0, False
    while not done:
        action = actor.get_action(observation, greedy=True)
        observation, reward, terminated, truncated, info = env.step(action)
        total += reward
        done = terminated or truncated
    return total
"""
ODD = """
def rollout(env, actor, seed, device):
    rewards = []
    state = env.reset(seed=seed)[0]
    for step in itertools.count():
        with torch.no_grad():
            batch = torch.as_tensor(state[None], dtype=torch.float32, device=device)
            choice = actor.get_action(batch, greedy=True)[0]
        answer = env.step(choice.cpu().numpy().astype("float64"))
        state = answer[0]
        rewards.append(float(answer[1]))
        if any(answer[2:4]) or step > 10_000:
            break
    return math.fsum(rewards)
"""


def notebook(path: Path, source: str) -> None:
    marks = {"grade_id": "rollout", "solution": True, "locked": False, "grade": False}
    cells = [{"cell_type": "code", "source": source, "metadata": {"nbgrader": marks}}]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": cells}))


def a_class(folder: Path, odd: dict[str, str], usual: int = 20) -> list[GradeReport]:
    """Everybody solves it in the usual way but those in ``odd``."""
    sources = {f"student-{number:02d}": USUAL for number in range(usual)} | odd
    for student, source in sources.items():
        notebook(folder / student / "ppo" / "executed.ipynb", source)
    notebook(folder / "released.ipynb", RELEASED)
    return [report(student) for student in sources]


def test_a_copy_with_other_names_is_found_and_nobody_else(tmp_path: Path) -> None:
    renamed = ODD.replace("answer", "result").replace("rewards", "r_list").replace("choice", "a")
    renamed = renamed.replace("return math", "# mine\n    return math")
    reports = a_class(tmp_path, {"student-90": ODD, "student-91": renamed})
    (pair,) = similar_pairs(reports, tmp_path, tmp_path / "released.ipynb")
    assert pair.students == ("student-90", "student-91")
    assert pair.share > 0.8
    assert pair.exercises == ("rollout",)


def test_the_usual_solution_is_no_hint_even_if_all_have_it(tmp_path: Path) -> None:
    assert similar_pairs(a_class(tmp_path, {"student-90": ODD}), tmp_path, tmp_path / "released.ipynb") == []


def test_what_the_notebook_gave_is_no_hint(tmp_path: Path) -> None:
    reports = a_class(tmp_path, {"student-90": ODD, "student-91": ODD})
    notebook(tmp_path / "released.ipynb", ODD)
    assert similar_pairs(reports, tmp_path, tmp_path / "released.ipynb") == []


def test_who_has_no_notebook_is_left_out_and_a_broken_one_is_named(tmp_path: Path) -> None:
    reports = [*a_class(tmp_path, {}), report("student-99")]
    assert similar_pairs(reports, tmp_path, tmp_path / "released.ipynb") == []
    (tmp_path / "student-00" / "ppo" / "executed.ipynb").write_text("no notebook")
    with pytest.raises(InputError, match="expected a notebook"):
        similar_pairs(reports, tmp_path, tmp_path / "released.ipynb")


def test_fingerprints_are_the_same_in_every_process() -> None:
    program = f"from autograder.outlets.similarity import fingerprints; print(sorted(fingerprints({ODD!r})))"
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])},
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert found == {str(sorted(fingerprints(ODD)))}
    assert len(fingerprints(ODD)) > 12


def test_code_of_a_few_characters_or_none_has_no_fingerprints() -> None:
    assert fingerprints("") == fingerprints("x = 1\n") == set()
