"""References in the sandbox, once for all tests of scoring."""

import pytest

from autograder.sandbox.limits import Limits
from tests.scoring.submitted import CARTPOLE, SOLUTIONS, Submitted


@pytest.fixture(scope="module")
def submitted(warm):
    with warm.submission(Limits()) as process:
        assert process.run_cell(1, (SOLUTIONS / "ppo.py").read_text(), 60.0).error is None
        yield Submitted(process)


@pytest.fixture(scope="module")
def balancing(warm):
    """REINFORCE's."""
    with warm.submission(Limits()) as process:
        assert process.run_cell(1, (SOLUTIONS / "reinforce.py").read_text(), 60.0).error is None
        yield Submitted(process, CARTPOLE)
