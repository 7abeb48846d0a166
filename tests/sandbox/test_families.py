"""Families of processes as /proc shows them."""

import os
import subprocess
import sys
from pathlib import Path

from autograder.sandbox.families import (
    family,
    family_by_parents,
    memory_bytes,
    pid_of,
    proportional_memory_bytes,
)
from autograder.sandbox.limits import MEBIBYTE

PARENT_OF_TWO = """
import subprocess, sys
one, two = (subprocess.Popen(["sleep", "100"]) for _ in "12")
print(one.pid, two.pid, flush=True)
sys.stdin.read()
one.kill(), two.kill()
"""


def test_a_family_is_a_process_and_its_descendants() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT_OF_TWO], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        children = list(map(int, parent.stdout.readline().split()))
        for found in (family(parent.pid), family_by_parents(parent.pid)):
            assert found[0] == parent.pid
            assert sorted(found[1:]) == sorted(children)
        parent.communicate()
    assert family(0) == family_by_parents(0) == []


def test_a_pidfd_names_its_process_until_it_has_ended() -> None:
    with subprocess.Popen(["sleep", "100"]) as process:
        pidfd = os.pidfd_open(process.pid)
        assert pid_of(pidfd) == process.pid
        process.kill()
        process.wait()
        assert pid_of(pidfd) == 0
        os.close(pidfd)


def test_what_is_no_pidfd_names_no_process() -> None:
    with Path(os.devnull).open() as file:
        assert pid_of(file.fileno()) == 0
    assert pid_of(-1) == pid_of(10**6) == 0


def test_memory_is_seen() -> None:
    code = f"held = b'x' * {64 * MEBIBYTE}; print('held', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        proportional = proportional_memory_bytes(holder.pid)
        assert proportional is not None
        assert 64 * MEBIBYTE < proportional < 96 * MEBIBYTE
        assert 64 * MEBIBYTE < memory_bytes(holder.pid) < 96 * MEBIBYTE
        holder.kill()


def test_a_process_that_has_ended_has_no_memory() -> None:
    assert memory_bytes(2**22 + 1) == 0
    assert proportional_memory_bytes(2**22 + 1) is None
