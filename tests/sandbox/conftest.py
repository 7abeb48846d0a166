"""Fixtures of the sandbox's tests."""

from collections.abc import Iterator

import pytest

from autograder.sandbox.door import SubmissionProcess, WarmProcess
from autograder.sandbox.limits import Limits

HOSTILE = """
import gymnasium, msgpack, os, signal, socket, struct, sys, time

def connections():
    for name in sorted(os.listdir("/proc/self/fd"), key=int):
        link = f"/proc/self/fd/{name}"
        if os.path.exists(link) and os.readlink(link).startswith("socket"):
            yield socket.socket(fileno=os.dup(int(name)))

def connection():
    return list(connections())[-1]

def frame(message):
    payload = msgpack.packb(message)
    return struct.pack(">I", len(payload)) + payload

def say(*messages):
    for message in messages:
        connection().sendall(frame(message))
"""


@pytest.fixture
def submission(warm: WarmProcess) -> Iterator[SubmissionProcess]:
    """An isolated submission with the limits of a class."""
    with warm.submission(Limits(cell_seconds=10.0, check_seconds=5.0)) as opened:
        yield opened


@pytest.fixture
def plain(plain_warm: WarmProcess) -> Iterator[SubmissionProcess]:
    """A submission without isolation, for controls."""
    with plain_warm.submission(Limits()) as opened:
        yield opened


@pytest.fixture
def hostile(warm: WarmProcess) -> Iterator[SubmissionProcess]:
    """A submission that knows how to write to the grader by itself, with short limits."""
    with warm.submission(Limits(check_seconds=1.0)) as opened:
        assert opened.run_cell(1, HOSTILE, 10.0).error is None
        yield opened
