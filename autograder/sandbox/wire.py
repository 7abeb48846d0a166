"""Frames: plain data between grader and sandbox, msgpack with raw buffers, never pickle.

Beside msgpack's own types it holds
arrays, tensors and handles as extension types. The receiving side trusts nothing: dtypes come from a
whitelist, a buffer must have exactly the size its shape asks for, and a frame has a maximal size and number of
values (a byte of msgpack can become 64 of Python).
Format: https://github.com/msgpack/msgpack/blob/master/spec.md
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import msgpack
import numpy as np

from autograder.errors import ReplyRejected

MAX_FRAME_BYTES = 32 * 1024 * 1024
MAX_VALUES = 1 << 17
MAX_DIMENSIONS = 8
DTYPES = {
    name: np.dtype(name)
    for name in ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool")
}
_NAMES = {dtype: name for name, dtype in DTYPES.items()}
_ARRAY, _TENSOR, _HANDLE = 1, 2, 3


@dataclass(frozen=True, eq=False)
class Tensor:
    """A torch tensor as the grader sees it, without torch.

    Attributes:
        array: Its values, any shape, a dtype of ``DTYPES``.
        requires_grad: Whether it took part in a graph inside the sandbox, or shall be a leaf there.
    """

    array: np.ndarray
    requires_grad: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the tensor."""
        return self.array.shape

    @property
    def dtype(self) -> str:
        """Name of the dtype, for example ``"float32"``."""
        return self.array.dtype.name


def tensor(values: Any, dtype: str = "float32", requires_grad: bool = False) -> Tensor:
    """Makes a tensor to send through the door.

    Args:
        values: Numbers, nested lists or an array, any shape.
        dtype: Name of a dtype in ``DTYPES``.
        requires_grad: Whether it arrives as a leaf that requires a gradient.

    Returns:
        A copy of the values, contiguous.
    """
    return Tensor(np.array(values, dtype=DTYPES[dtype], order="C"), requires_grad)


@dataclass(frozen=True)
class HandleRef:
    """Names an object that stays inside the sandbox.

    Attributes:
        number: Its number in the process that holds it.
        type_name: Name of its class, as the sandbox claims it.
    """

    number: int
    type_name: str


def encode(message: Any) -> bytes:
    """Packs one message, without the length.

    Raises:
        ReplyRejected: The message holds something that may not cross the door, or is too large.
    """
    try:
        payload: bytes = msgpack.packb(message, default=_pack_extension, strict_types=True)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ReplyRejected(f"cannot cross the door: {error}") from error
    if len(payload) > MAX_FRAME_BYTES:
        raise ReplyRejected(f"expected at most {MAX_FRAME_BYTES} bytes, received {len(payload)}")
    return payload


def decode(payload: bytes | bytearray | memoryview) -> Any:
    """Unpacks one message that comes from the untrusted side.

    Raises:
        ReplyRejected: It is no well-formed message.
    """
    try:
        return _Unpacker().unpack(payload)
    except ReplyRejected:
        raise
    except (ValueError, TypeError, OverflowError, RecursionError, MemoryError) as error:
        raise ReplyRejected(f"malformed frame: {type(error).__name__}") from error


class _Unpacker:
    """Unpacks one frame and counts the values in it."""

    def __init__(self) -> None:
        self._values = 0

    def unpack(self, payload: bytes | bytearray | memoryview) -> Any:
        """Unpacks a frame."""
        return self._unpack(payload, MAX_VALUES, self._extension)

    def _unpack(self, payload: bytes | bytearray | memoryview, max_items: int, extension: Any) -> Any:
        return msgpack.unpackb(
            payload,
            raw=False,
            strict_map_key=True,
            timestamp=1,  # as a float: no type of its own gets in
            max_array_len=max_items,
            max_map_len=max_items,
            list_hook=self._counted,
            object_hook=self._counted,
            ext_hook=extension,
        )

    def _counted(self, items: Any) -> Any:
        self._values += 1 + len(items)
        if self._values > MAX_VALUES:
            raise ReplyRejected(f"expected at most {MAX_VALUES} values in lists, received more; use an array")
        return items

    def _extension(self, code: int, data: bytes) -> Any:
        fields = self._unpack(data, MAX_DIMENSIONS, _refuse)  # nested ones would exhaust the C stack
        if code == _HANDLE:
            number, type_name = _expect_fields(fields, int, str)
            return HandleRef(number, type_name[:200])
        if code not in (_ARRAY, _TENSOR):
            raise ReplyRejected(f"unknown extension type {code}")
        dtype_name, shape, requires_grad, raw = _expect_fields(fields, str, list, bool, bytes)
        values = _array_from(dtype_name, shape, raw)
        return Tensor(values, requires_grad) if code == _TENSOR else values


def _refuse(code: int, data: bytes) -> Any:
    raise ReplyRejected("an extension value within another")


def _pack_extension(value: Any) -> msgpack.ExtType:
    if isinstance(value, Tensor):
        return msgpack.ExtType(_TENSOR, _pack_array(value.array, value.requires_grad))
    if isinstance(value, np.ndarray):
        return msgpack.ExtType(_ARRAY, _pack_array(value, False))
    if isinstance(value, HandleRef):
        return msgpack.ExtType(_HANDLE, msgpack.packb([value.number, value.type_name[:200]]))
    if isinstance(value, tuple):
        return list(value)  # packb packs whatever default returns
    raise TypeError(f"{type(value).__name__} is no plain data")


def _pack_array(values: np.ndarray, requires_grad: bool) -> bytes:
    name = _NAMES.get(values.dtype)
    if name is None:  # not one of ours, or one of ours in the other byte order
        native = values.dtype.newbyteorder("=")
        if native not in _NAMES:
            raise TypeError(f"expected a dtype of {', '.join(DTYPES)}, received {values.dtype}")
        return _pack_array(values.astype(native), requires_grad)
    packed: bytes = msgpack.packb([name, list(values.shape), bool(requires_grad), values.tobytes()])
    return packed


def _expect_fields(fields: Any, *types: type) -> list[Any]:
    if (
        not isinstance(fields, list)
        or len(fields) != len(types)
        or any(type(field) is not kind for field, kind in zip(fields, types, strict=True))
    ):
        raise ReplyRejected("malformed extension value")
    return fields


def _array_from(dtype_name: str, shape: list[Any], raw: bytes) -> np.ndarray:
    dtype = DTYPES.get(dtype_name)
    if dtype is None:
        raise ReplyRejected(f"expected a dtype of {', '.join(DTYPES)}, received {dtype_name[:40]!r}")
    if len(shape) > MAX_DIMENSIONS or any(type(size) is not int or size < 0 for size in shape):
        raise ReplyRejected(f"expected at most {MAX_DIMENSIONS} non-negative sizes in a shape")
    if math.prod(shape) * dtype.itemsize != len(raw):
        raise ReplyRejected(f"a buffer of {len(raw)} bytes does not fit its shape")
    if dtype_name == "bool" and raw.translate(None, b"\x00\x01"):
        raise ReplyRejected("a bool buffer may hold only 0 and 1")
    try:
        return np.frombuffer(raw, dtype).reshape(shape).copy()
    except (ValueError, OverflowError) as error:  # a zero beside sizes whose product overflows
        raise ReplyRejected("a shape too large for an array") from error
