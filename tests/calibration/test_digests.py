"""Digests: prose makes no difference to a calibration, code does."""

import pytest

from autograder.calibration import digests
from autograder.calibration.digests import measuring_digest, reference_digest

SOURCE = '''
# %% [markdown]
# Prose.

# %%
def train(rate=0.1):
    """Trains."""
    return rate  # slowly
'''


def changed(tmp_path, old, new):
    files = []
    for name, text in (("before.py", SOURCE), ("after.py", SOURCE.replace(old, new))):
        (tmp_path / name).write_text(text)
        files.append(tmp_path / name)
    return reference_digest(files[0]) != reference_digest(files[1])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Prose.", "Other prose."),
        ("rate=0.1", "rate: float = 0.1"),
        ("Trains.", "Learns."),
        ("# slowly", ""),
        ("# %%\n", "# %%\nif __name__ == 'x':\n    1\n"),
    ],
)
def test_prose_and_training_cells_make_no_difference(tmp_path, old, new):
    assert not changed(tmp_path, old, new)


@pytest.mark.parametrize(("old", "new"), [("0.1", "0.2"), ("return rate", "return 2 * rate"), ("train(", "learn(")])
def test_code_makes_a_difference(tmp_path, old, new):
    assert changed(tmp_path, old, new)


MODULES = {
    "training_checks": 'from autograder.suites.made_up.runs import run\nCHECK = (run, ("ascends", "stays"), 3)\n',
    "runs": 'def run():\n    raise ValueError("no run at all")\n',
    "test_train": "1\n",
}


@pytest.fixture
def digest_of(tmp_path, monkeypatch):
    monkeypatch.setattr(digests, "SUITES", tmp_path)
    (tmp_path / "made_up").mkdir()

    def take(**changes):
        for name, text in (MODULES | changes).items():
            (tmp_path / "made_up" / f"{name}.py").write_text(text)
        return measuring_digest("made_up")

    return take


def test_what_measures_is_what_training_checks_import(digest_of):
    before = digest_of()
    assert digest_of(runs=MODULES["runs"].replace("ValueError", "TypeError")) != before
    assert digest_of(training_checks=MODULES["training_checks"].replace("3", "4")) != before
    assert digest_of(test_train="2\n") == before


def test_messages_and_lists_of_misconceptions_are_no_part_of_it(digest_of):
    before = digest_of()
    assert digest_of(runs=MODULES["runs"].replace("no run", "not one run")) == before
    assert digest_of(training_checks=MODULES["training_checks"].replace('"stays"', '"stays", "turns"')) == before
