"""What several test modules share: warm processes, started once."""

import os
from collections.abc import Iterator

import pytest
import torch
from hypothesis import settings

from autograder.sandbox.door import WarmProcess
from rlhelpers import set_seed

settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")
# Several tests run at a time: threads that wait for each other's share of a matrix make them ten times as slow.
torch.set_num_threads(1)
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """Every test begins with the same random numbers, whatever ran before it in the same process."""
    set_seed(0)


@pytest.fixture(scope="session")
def warm() -> Iterator[WarmProcess]:
    """A warm process with the strong isolation."""
    with WarmProcess() as process:
        yield process


@pytest.fixture(scope="session")
def plain_warm() -> Iterator[WarmProcess]:
    """A warm process without isolation: what is stopped in the other one works here."""
    with WarmProcess("none") as process:
        yield process
