"""What tests of the course share: its notebooks, each run once."""

from collections.abc import Callable
from functools import cache

import pytest

from tests.course.executed_notebook import ExecutedNotebook


@pytest.fixture(scope="session")
def executed_notebook(tmp_path_factory) -> Callable[[str], ExecutedNotebook]:
    """Gives the notebook of an assignment after it has run."""
    return cache(lambda assignment: ExecutedNotebook.run(assignment, tmp_path_factory.mktemp(assignment)))
