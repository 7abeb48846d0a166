"""The door under fire: whatever bytes a sandbox sends, the grader reads a value or raises a typed error of the guest's.

``benchmarks.fuzz_wire`` does the same for a million frames.
"""

import random
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import CheckFailed, GuestError, ReplyRejected
from benchmarks.fuzz_wire import READERS, Watch, read
from benchmarks.hostile_frames import hostile_frames, valid_frames
from benchmarks.peak_memory import peak_bytes

MEBIBYTE = 1024 * 1024


def answered(frame: bytes) -> None:
    """Any other exception fails the test."""
    try:
        read(frame)
    except (GuestError, CheckFailed):
        return


@given(st.binary(max_size=400))
@settings(max_examples=300)
def test_any_bytes_are_read_or_rejected(frame: bytes) -> None:
    answered(frame)


@given(st.integers(0, 2**64 - 1))
@settings(max_examples=300)
def test_mutated_replies_are_read_or_rejected(seed: int) -> None:
    for frame in islice(hostile_frames(random.Random(seed)), 3):
        answered(frame)


def test_every_reader_meets_replies_that_it_takes_and_replies_that_it_rejects() -> None:
    taken: dict[int, set[bool]] = {number: set() for number in range(len(READERS) + 1)}
    for frame in islice(valid_frames(random.Random(1)), 4000):
        try:
            read(frame)
        except ReplyRejected:
            taken[frame[0] % len(taken)].add(False)
        except (GuestError, CheckFailed):
            continue
        else:
            taken[frame[0] % len(taken)].add(True)
    lenient = {number for number, outcomes in taken.items() if outcomes != {True, False}}
    assert all(taken[number] for number in taken)
    assert len(lenient) <= len(taken) // 2, lenient


def test_a_reader_that_raises_something_else_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.fuzz_wire.READERS", (lambda student, handle: dict[str, str]()["x"],) * len(READERS))
    watch = Watch()
    for frame in islice(valid_frames(random.Random(2)), 5):
        watch.take(frame)
    assert next(iter(watch.failures)).startswith("KeyError")


def test_memory_does_not_grow_with_the_frames() -> None:
    frames = hostile_frames(random.Random(3))
    for frame in islice(frames, 500):
        answered(frame)
    before = peak_bytes(anew=True)
    for frame in islice(frames, 1500):
        answered(frame)
    assert peak_bytes() - before < 64 * MEBIBYTE


def test_a_frame_that_claims_much_costs_little() -> None:
    claims = (b"\xdd\x7f\xff\xff\xff", b"\xc6\x7f\xff\xff\xff", b"\xdf\x00\x01\xff\xff", b"\xc9\x01\xff\xff\xff\x01")
    before = peak_bytes(anew=True)
    for payload in claims:
        with pytest.raises(GuestError):
            read(b"\0" + len(payload).to_bytes(4) + payload)
    assert peak_bytes() - before < 16 * MEBIBYTE
