"""The PPO notebook as namespaces: with its solutions, and as students get it."""

import re
from pathlib import Path

import pytest

from rlhelpers.stub import STUB_MESSAGE
from solutions import ppo

SOLUTION = re.compile(r"^( *)# BEGIN SOLUTION\n.*?# END SOLUTION", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="session")
def solved():
    return vars(ppo)


@pytest.fixture(scope="session")
def untouched():
    stub = f'raise NotImplementedError("{STUB_MESSAGE}")'
    source = SOLUTION.sub(lambda match: match[1] + stub, Path(ppo.__file__).read_text(encoding="utf-8"))
    names = {"__name__": "notebook"}  # not "__main__": the training cells stay idle
    exec(compile(source, "notebook", "exec"), names)
    return names
