"""Fixtures of the sandbox's tests."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from autograder.sandbox.door import SubmissionProcess, WarmProcess
from autograder.sandbox.limits import Limits

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def submission(warm: WarmProcess) -> Iterator[SubmissionProcess]:
    """An isolated submission with the limits of a class."""
    with warm.submission(Limits(cell_seconds=10.0, check_seconds=5.0)) as opened:
        yield opened
