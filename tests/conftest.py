"""What several test modules share: warm processes, started once."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from autograder.sandbox.door import WarmProcess
from rlhelpers import set_seed

settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")


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
