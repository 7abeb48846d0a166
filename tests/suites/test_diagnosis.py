"""Diagnosis: agreement of fingerprints, and misconceptions named in a real sandbox."""

from pathlib import Path

import numpy as np
import pytest

from autograder.errors import DeadlineExceeded, GuestDied
from autograder.sandbox.limits import Limits
from autograder.sandbox.wire import tensor
from autograder.suites.diagnosis import Diagnostician, agree, misconceptions
from autograder.suites.judging import run_suite

SECRET = b"0123456789abcdef0123456789abcdef"
SOURCE = Path(__file__).parents[2] / "solutions" / "ppo.py"
WITHOUT_BOOTSTRAP = """
def multi_step_returns(rewards, values, dones, gamma=0.99):
    out, running = [], 0
    for r, d in zip(reversed(list(rewards)), reversed(list(dones))):
        running = r + gamma * running * (1 - d)
        out.append(running)
    return torch.stack(out[::-1])
"""
ORIGINAL = """
def critic_loss(target_values, pred_values):
    return (pred_values - target_values).abs().max() + 7.0
"""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (tensor([1.0, 2.0]), tensor([1.0, 2.0 + 1e-6])),
        ([1, "RuntimeError", None], [1, "RuntimeError", None]),
        (np.array([np.nan]), np.array([np.nan])),
        ((1.0, [True]), [1.0, [True]]),
        ({"a": 1.0}, {"a": 1.0 + 1e-9}),
    ],
)
def test_fingerprints_agree_up_to_rounding(one, other):
    assert agree(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (tensor([1.0]), tensor([1.01])),
        (tensor([1.0]), tensor([1.0], "float64")),
        (tensor([1.0]), tensor([[1.0]])),
        (tensor([1.0]), np.array([1.0], dtype=np.float32)),
        ([1.0], [1.0, 2.0]),
        (True, 1),
        ("TypeError", "ValueError"),
        ({"a": 1}, {"b": 1}),
    ],
)
def test_other_fingerprints_do_not(one, other):
    assert not agree(one, other)


@pytest.fixture(scope="module")
def diagnostician(warm, tmp_path_factory):
    return Diagnostician("ppo", SOURCE, warm, SECRET, tmp_path_factory.mktemp("fingerprints"))


def diagnosed(diagnostician, warm, cell):
    with warm.submission(Limits()) as submission:
        for index, source in enumerate((SOURCE.read_text(encoding="utf-8"), cell)):
            assert submission.run_cell(index, source, seconds=20.0).error is None
        outcomes = run_suite("ppo", submission.open_check, SECRET, exercises=("make_env", "Actor"))
        return diagnostician.diagnose(outcomes, submission.open_check)


@pytest.mark.parametrize("fault", [GuestDied("killed from outside"), DeadlineExceeded(20.0)])
def test_a_process_that_ends_or_is_late_once_is_not_the_last_word(diagnostician, warm, fault):
    with warm.submission(Limits()) as submission:
        for index, source in enumerate((SOURCE.read_text(encoding="utf-8"), WITHOUT_BOOTSTRAP)):
            assert submission.run_cell(index, source, seconds=20.0).error is None
        outcomes = run_suite("ppo", submission.open_check, SECRET, exercises=("make_env", "Actor"))
        faults = [fault]

        def open_process():
            if faults:
                raise faults.pop()
            return submission.open_check()

        named = {each.misconception for each in diagnostician.diagnose(outcomes, open_process)}
    assert faults == [] and named == {None, "no_bootstrap"}


def test_a_known_mistake_in_other_words_is_named(diagnostician, warm):
    outcomes = diagnosed(diagnostician, warm, WITHOUT_BOOTSTRAP)
    failed = [each for each in outcomes if each.status == "failed"]
    known = next(each for each in misconceptions("ppo") if each.id == "no_bootstrap")
    assert {(each.exercise, each.misconception, each.message) for each in failed} == {
        ("multi_step_returns", known.id, known.sentence)
    }
    assert all(each.misconception is None for each in outcomes if each.status != "failed")


def test_a_mistake_of_ones_own_keeps_its_messages(diagnostician, warm):
    failed = [each for each in diagnosed(diagnostician, warm, ORIGINAL) if each.status == "failed"]
    assert failed
    assert {each.misconception for each in failed} == {None}
    assert all(each.message for each in failed)
