"""The channel: whatever the other side does, an exchange ends by its deadline, and no descriptor is left behind."""

import os
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import DeadlineExceeded, GuestDied, ReplyRejected
from autograder.sandbox.channel import Channel
from autograder.sandbox.deadline import Deadline
from autograder.sandbox.wire import MAX_FRAME_BYTES, encode

Pair = tuple[Channel, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Our end as a channel, their end as a bare socket."""
    ours, theirs = socket.socketpair()
    channel = Channel(ours)
    with theirs:
        yield channel, theirs
    channel.close()


def soon() -> Deadline:
    return Deadline(0.2)


def framed(payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + payload


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_frame_arrives(pair: Pair) -> None:
    channel, theirs = pair
    theirs.sendall(framed(encode({"a": 1})))
    assert channel.receive(deadline=soon()) == {"a": 1}


def test_a_large_frame_arrives_in_parts(pair: Pair) -> None:
    channel, theirs = pair
    other = Channel(theirs.dup())
    payload = b"x" * (8 << 20)
    sender = threading.Thread(target=other.send, args=(payload,))
    sender.start()
    assert channel.receive(deadline=Deadline(20.0)) == payload
    sender.join()
    other.close()


@pytest.mark.parametrize("sent", [b"", b"\0", b"\0\0\0\x05", framed(encode(list(range(50))))[:-1]])
def test_a_frame_that_stays_incomplete_ends_with_the_deadline(pair: Pair, sent: bytes) -> None:
    channel, theirs = pair
    theirs.sendall(sent)
    with pytest.raises(DeadlineExceeded):
        channel.receive(deadline=soon())


@pytest.mark.parametrize("sent", [b"", b"\0", b"\0\0\0\x05", b"\0\0\0\x05abc"])
def test_a_connection_that_ends_within_a_frame_is_a_death(pair: Pair, sent: bytes) -> None:
    channel, theirs = pair
    theirs.sendall(sent)
    theirs.close()
    with pytest.raises(GuestDied):
        channel.receive(deadline=soon())


def test_sending_byte_by_byte_gains_no_time(pair: Pair) -> None:
    channel, theirs = pair
    stop = threading.Event()

    def drip() -> None:
        theirs.sendall(b"\0\0\xff\xff")
        while not stop.wait(0.02):
            theirs.sendall(b"\0")

    dripping = threading.Thread(target=drip)
    dripping.start()
    with pytest.raises(DeadlineExceeded):
        channel.receive(deadline=soon())
    stop.set()
    dripping.join()


def test_a_frame_that_announces_too_much_is_rejected_before_it_is_read(pair: Pair) -> None:
    channel, theirs = pair
    theirs.sendall(struct.pack(">I", MAX_FRAME_BYTES + 1))
    with pytest.raises(ReplyRejected, match="at most"):
        channel.receive(deadline=soon())


def test_a_deadline_that_has_passed_is_exceeded_even_if_a_frame_waits(pair: Pair) -> None:
    channel, theirs = pair
    theirs.sendall(framed(encode(1)))
    with pytest.raises(DeadlineExceeded):
        channel.receive(deadline=Deadline(0.0))


def test_a_side_that_does_not_read_cannot_hold_up_the_sender(pair: Pair) -> None:
    channel, _ = pair
    with pytest.raises(DeadlineExceeded):
        channel.send(b"x" * (16 << 20), deadline=soon())


def test_sending_to_a_closed_connection_is_a_death(pair: Pair) -> None:
    channel, theirs = pair
    theirs.close()
    with pytest.raises(GuestDied):
        channel.send(b"x" * (1 << 20), deadline=soon())


def test_a_closed_channel_does_not_serve(pair: Pair) -> None:
    channel, _ = pair
    channel.close()
    with pytest.raises(GuestDied):
        channel.receive(deadline=soon())
    with pytest.raises(GuestDied):
        channel.send(1, deadline=soon())


def test_what_may_not_cross_leaves_the_connection_as_it_was(pair: Pair) -> None:
    channel, theirs = pair
    with pytest.raises(ReplyRejected):
        channel.send({"ok": 1, "not": object()}, deadline=soon())
    channel.send({"ok": 2}, deadline=soon())
    other = Channel(theirs.dup())
    assert other.receive(deadline=soon()) == {"ok": 2}
    other.close()


def test_a_descriptor_comes_along_and_closes_on_exec(pair: Pair) -> None:
    channel, theirs = pair
    other = Channel(theirs.dup())
    with Path(os.devnull).open() as file:
        other.send("here", descriptor=file.fileno(), deadline=soon())
    message, descriptor = channel.receive_with_descriptor(deadline=soon())
    assert message == "here"
    assert descriptor is not None
    assert not os.get_inheritable(descriptor)
    os.close(descriptor)
    other.close()


@pytest.mark.parametrize("frame", [framed(b"\xc1"), b"\xff\xff\xff\xff", b"\0\0\0\x09abc", b"\0"])
@pytest.mark.parametrize("ends", [True, False])
def test_descriptors_that_come_with_a_broken_frame_are_closed(pair: Pair, frame: bytes, ends: bool) -> None:
    channel, theirs = pair
    socket.send_fds(theirs, [frame], [0])
    if ends:
        theirs.shutdown(socket.SHUT_WR)
    before = open_descriptors()
    with pytest.raises((GuestDied, DeadlineExceeded, ReplyRejected)):
        channel.receive_with_descriptor(deadline=soon())
    assert open_descriptors() == before


def test_of_many_descriptors_one_is_taken(pair: Pair) -> None:
    channel, theirs = pair
    before = open_descriptors()
    socket.send_fds(theirs, [framed(encode(1))], [0] * 100)
    _, descriptor = channel.receive_with_descriptor(deadline=soon())
    assert open_descriptors() == before + 1
    assert descriptor is not None
    os.close(descriptor)


def test_descriptors_are_dropped_where_none_is_expected(pair: Pair) -> None:
    channel, theirs = pair
    before = open_descriptors()
    for _ in range(50):
        socket.send_fds(theirs, [framed(encode(1))], [0] * 50)
        assert channel.receive(deadline=soon()) == 1
    assert open_descriptors() == before


@given(st.binary(max_size=60), st.booleans())
def test_garbage_ends_with_one_of_three_errors_or_a_value(garbage: bytes, with_descriptor: bool) -> None:
    ours, theirs = socket.socketpair()
    channel = Channel(ours)
    theirs.sendall(garbage)
    theirs.close()
    try:
        if with_descriptor:
            channel.receive_with_descriptor(deadline=soon())
        else:
            channel.receive(deadline=soon())
    except (GuestDied, DeadlineExceeded, ReplyRejected):
        pass
    finally:
        channel.close()
