"""The wire format: plain data goes through unchanged, and nothing else gets in."""

import contextlib
import math
from typing import Any

import hypothesis.extra.numpy as arrays
import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import ReplyRejected
from autograder.sandbox.wire import (
    DTYPES,
    MAX_FRAME_BYTES,
    MAX_VALUES,
    HandleRef,
    Tensor,
    decode,
    encode,
    tensor,
)

ARRAY, TENSOR, HANDLE = 1, 2, 3
numpy_arrays = st.sampled_from(list(DTYPES.values())).flatmap(
    lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
)
plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | numpy_arrays
    | st.builds(Tensor, numpy_arrays, st.booleans())
    | st.builds(HandleRef, st.integers(0, 2**31), st.text(max_size=200)),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=12,
)


def packed_array(*fields: Any, code: int = ARRAY) -> bytes:
    frame: bytes = msgpack.packb(msgpack.ExtType(code, msgpack.packb(list(fields))))
    return frame


def same(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor):
        return isinstance(other, Tensor) and one.requires_grad == other.requires_grad and same(one.array, other.array)
    if isinstance(one, np.ndarray):
        return (
            isinstance(other, np.ndarray)
            and (one.shape, one.dtype) == (other.shape, other.dtype)
            and one.tobytes() == other.tobytes()
        )
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return isinstance(other, dict) and list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return type(one) is type(other) and one == other


@given(plain_values)
def test_plain_data_arrives_unchanged(value: Any) -> None:
    assert same(value, decode(encode(value)))


@given(st.binary(max_size=200))
def test_random_bytes_are_decoded_or_rejected(frame: bytes) -> None:
    with contextlib.suppress(ReplyRejected):
        decode(frame)


@given(plain_values, st.data())
def test_a_damaged_frame_is_decoded_or_rejected(value: Any, data: st.DataObject) -> None:
    frame = bytearray(encode(value))
    for place in data.draw(st.lists(st.integers(0, len(frame) - 1), min_size=1, max_size=4)):
        frame[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ReplyRejected):
        decode(bytes(frame))


def test_tuples_arrive_as_lists_and_nan_as_nan() -> None:
    assert decode(encode((1, (2, 3)))) == [1, [2, 3]]
    assert math.isnan(decode(encode(float("nan"))))


def test_arrays_arrive_writable_and_on_their_own() -> None:
    sent = np.arange(3.0)
    received = decode(encode(sent))
    received[0] = 7.0
    assert sent[0] == 0.0


def test_arrays_that_are_not_contiguous_keep_their_values() -> None:
    sent = np.arange(12.0).reshape(3, 4)[::2, ::-1].T
    assert np.array_equal(decode(encode(sent)), sent)


def test_a_tensor_is_a_copy_of_the_values_it_was_made_of() -> None:
    values = np.zeros(2, dtype=np.float32)
    made = tensor(values)
    values[0] = 1.0
    assert made.array.tolist() == [0.0, 0.0]
    assert (made.dtype, made.shape) == ("float32", (2,))


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1, 2},
        np.array([object()]),
        np.array(["text"]),
        np.array([1j]),
        np.zeros(2, dtype="float32, int8"),
        2**64,
        "\ud800",
        type("Text", (str,), {})("a subclass"),
        np.zeros(MAX_FRAME_BYTES + 1, dtype=np.uint8),
    ],
    ids=["object", "set", "objects", "strings", "complex", "record", "big integer", "surrogate", "subclass", "huge"],
)
def test_what_is_no_plain_data_is_not_sent(value: Any) -> None:
    with pytest.raises(ReplyRejected):
        encode(value)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (packed_array("object", [1], False, b"\0" * 8), "dtype"),
        (packed_array("|O", [1], False, b"\0" * 8), "dtype"),
        (packed_array("float64,float64", [1], False, b"\0" * 16), "dtype"),
        (packed_array("float64", [2], False, b"\0" * 8), "fit"),
        (packed_array("float64", [-1], False, b"\0" * 8), "sizes"),
        (packed_array("float64", [1.0], False, b"\0" * 8), "sizes"),
        (packed_array("float64", [True], False, b"\0" * 8), "sizes"),
        (packed_array("float64", [1] * 9, False, b"\0" * 8), "malformed"),
        (packed_array("float64", [0, 2**63, 2**63], False, b""), "too large"),
        (packed_array("float64", [0, 2**40, 2**40], False, b""), "too large"),
        (packed_array("bool", [1], False, b"\2"), "bool"),
        (packed_array("float64", [1], 1, b"\0" * 8), "malformed"),
        (packed_array("float64", [1], False), "malformed"),
        (packed_array("float64", {"0": 1}, False, b"\0" * 8), "malformed"),
        (packed_array(0, 1, code=HANDLE), "malformed"),
        (packed_array("float64", [1], False, b"\0" * 8, code=77), "unknown"),
        (packed_array(msgpack.ExtType(ARRAY, b"")), "extension"),
        (msgpack.packb(msgpack.ExtType(ARRAY, b"\xc0")), "malformed"),
        (msgpack.packb({1: 2}), "malformed"),
        (b"", "malformed"),
        (b"\xc0\xc0", "malformed"),
        (b"\xc1", "malformed"),
        (b"\xa1\xff", "malformed"),
        (b"\x91" * 2000, "malformed"),
    ],
)
def test_a_malformed_frame_is_rejected(frame: bytes, reason: str) -> None:
    with pytest.raises(ReplyRejected, match=reason):
        decode(frame)


def test_a_small_frame_cannot_become_millions_of_objects() -> None:
    empty_lists = b"\xdd" + MAX_VALUES.to_bytes(4, "big") + b"\x90" * MAX_VALUES
    with pytest.raises(ReplyRejected, match="at most"):
        decode(b"\x92" + empty_lists + empty_lists)
    with pytest.raises(ReplyRejected, match="malformed"):
        decode(b"\xdd\xff\xff\xff\xff")


def test_handles_cost_as_much_as_the_lists_that_they_are() -> None:
    with pytest.raises(ReplyRejected, match="at most"):
        decode(b"\xdd" + (MAX_VALUES // 2).to_bytes(4, "big") + encode(HandleRef(1, "A")) * (MAX_VALUES // 2))


def test_extensions_within_extensions_do_not_exhaust_the_stack() -> None:
    frame = b"\xc0"
    for _ in range(5000):
        frame = msgpack.packb(msgpack.ExtType(ARRAY, frame))
    with pytest.raises(ReplyRejected, match="within another"):
        decode(frame)


def test_msgpack_timestamps_arrive_as_numbers() -> None:
    assert decode(msgpack.packb(msgpack.Timestamp(5))) == 5.0


def test_arrays_of_the_other_byte_order_and_of_any_strides_arrive_with_their_values():
    values = np.arange(6, dtype=">f4").reshape(2, 3)
    for sent in (values, values.T, values[:, ::2], values[::-1]):
        received = decode(encode(sent))
        assert received.dtype == np.dtype("float32")
        assert np.array_equal(received, sent)
