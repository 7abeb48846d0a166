"""The reference in the sandbox, once for all tests of scoring."""

import pytest

from autograder.sandbox.limits import Limits
from tests.scoring.submitted import SOURCE, Submitted


@pytest.fixture(scope="module")
def submitted(warm):
    with warm.submission(Limits()) as process:
        assert process.run_cell(1, SOURCE.read_text(), 60.0).error is None
        yield Submitted(process)
