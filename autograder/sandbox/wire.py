"""Frames: plain data between grader and sandbox, length-prefixed msgpack with raw buffers, never pickle.

A frame is a 4-byte big-endian length and that many bytes of msgpack. Beside msgpack's own types it holds
arrays, tensors and handles as extension types. The receiving side trusts nothing: dtypes come from a
whitelist, a buffer must have exactly the size its shape asks for, and a frame has a maximal size.
Format: https://github.com/msgpack/msgpack/blob/master/spec.md
"""

from __future__ import annotations

import array
import math
import socket
import struct
import time
from dataclasses import dataclass
from typing import Any

import msgpack
import numpy as np

from autograder.errors import DeadlineExceeded, GuestDied, ReplyRejected

MAX_FRAME_BYTES = 32 * 1024 * 1024
MAX_DIMENSIONS = 8
DTYPES = {
    name: np.dtype(name)
    for name in ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool")
}
_ARRAY, _TENSOR, _HANDLE = 1, 2, 3
_LENGTH = struct.Struct(">I")


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


def decode(payload: bytes | memoryview) -> Any:
    """Unpacks one message that comes from the untrusted side.

    Raises:
        ReplyRejected: It is no well-formed message.
    """
    try:
        return msgpack.unpackb(payload, raw=False, strict_map_key=True, ext_hook=_unpack_extension)
    except ReplyRejected:
        raise
    except (ValueError, TypeError, OverflowError, RecursionError, MemoryError) as error:
        raise ReplyRejected(f"malformed frame: {type(error).__name__}") from error


def _pack_extension(value: Any) -> msgpack.ExtType:
    if isinstance(value, Tensor):
        return msgpack.ExtType(_TENSOR, _pack_array(value.array, value.requires_grad))
    if isinstance(value, np.ndarray):
        return msgpack.ExtType(_ARRAY, _pack_array(value, False))
    if isinstance(value, HandleRef):
        return msgpack.ExtType(_HANDLE, msgpack.packb([value.number, value.type_name[:200]]))
    if isinstance(value, tuple):
        return list(value)  # type: ignore[return-value]  # packb packs whatever default returns
    raise TypeError(f"{type(value).__name__} is no plain data")


def _pack_array(values: np.ndarray, requires_grad: bool) -> bytes:
    if values.dtype.name not in DTYPES:
        raise TypeError(f"expected a dtype of {', '.join(DTYPES)}, received {values.dtype}")
    contiguous = np.ascontiguousarray(values)
    header = [values.dtype.name, list(values.shape), bool(requires_grad), contiguous.tobytes()]
    packed: bytes = msgpack.packb(header)
    return packed


def _unpack_extension(code: int, data: bytes) -> Any:
    fields = msgpack.unpackb(data, raw=False, strict_map_key=True)
    if code == _HANDLE:
        number, type_name = _expect_fields(fields, int, str)
        return HandleRef(number, type_name[:200])
    if code not in (_ARRAY, _TENSOR):
        raise ReplyRejected(f"unknown extension type {code}")
    dtype_name, shape, requires_grad, raw = _expect_fields(fields, str, list, bool, bytes)
    values = _array_from(dtype_name, shape, raw)
    return Tensor(values, requires_grad) if code == _TENSOR else values


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
    except ValueError as error:  # a zero beside sizes whose product overflows
        raise ReplyRejected("a shape too large for an array") from error


class Channel:
    """One end of a connected stream socket that carries frames, and now and then a file descriptor.

    Args:
        connection: A connected ``AF_UNIX`` stream socket; the channel owns it.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    def close(self) -> None:
        """Closes the socket."""
        self._socket.close()

    def send(self, message: Any, *, deadline: float | None = None, descriptor: int | None = None) -> None:
        """Sends one frame.

        Args:
            message: Plain data.
            deadline: ``time.monotonic()`` after which to give up; None waits.
            descriptor: A file descriptor to pass along with the frame.

        Raises:
            DeadlineExceeded: The other side does not read.
            GuestDied: The other side is gone.
            ReplyRejected: The message may not cross the door.
        """
        payload = encode(message)
        frame = _LENGTH.pack(len(payload)) + payload
        try:
            self._set_timeout(deadline)
            if descriptor is not None:
                rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))
                sent = self._socket.sendmsg([frame], [rights])
                frame = frame[sent:]
            self._socket.sendall(frame)
        except TimeoutError as error:
            raise DeadlineExceeded(0.0) from error
        except OSError as error:
            raise GuestDied("the process behind the door is gone") from error

    def receive(self, *, deadline: float | None = None) -> Any:
        """Receives one frame; descriptors that come with it are dropped by the kernel.

        Raises:
            DeadlineExceeded: No whole frame came in time.
            GuestDied: The other side closed the connection.
            ReplyRejected: The frame is malformed or too large.
        """
        header = self._read(_LENGTH.size, deadline)
        return decode(self._read(self._length(header), deadline))

    def receive_with_descriptor(self, *, deadline: float | None = None) -> tuple[Any, int | None]:
        """Receives one frame and the file descriptor that may come with it.

        Returns:
            The message, and the descriptor (close-on-exec; the caller closes it) or None.

        Raises:
            Same as ``receive``.
        """
        try:
            self._set_timeout(deadline)
            header, descriptors, _flags, _address = socket.recv_fds(self._socket, _LENGTH.size, 1)
        except TimeoutError as error:
            raise DeadlineExceeded(0.0) from error
        except OSError as error:
            raise GuestDied("the process behind the door is gone") from error
        if len(header) < _LENGTH.size:
            header += self._read(_LENGTH.size - len(header), deadline)
        message = decode(self._read(self._length(header), deadline))
        return message, (descriptors[0] if descriptors else None)

    def _length(self, header: bytes | bytearray) -> int:
        length: int = _LENGTH.unpack(header)[0]
        if length > MAX_FRAME_BYTES:
            raise ReplyRejected(f"expected a frame of at most {MAX_FRAME_BYTES} bytes, received {length}")
        return length

    def _read(self, size: int, deadline: float | None) -> bytearray:
        received = bytearray()
        try:
            while len(received) < size:
                self._set_timeout(deadline)
                part = self._socket.recv(min(size - len(received), 1 << 20))
                if not part:
                    raise GuestDied("the process behind the door is gone")
                received += part
        except TimeoutError as error:
            raise DeadlineExceeded(0.0) from error
        except ConnectionError as error:
            raise GuestDied("the process behind the door is gone") from error
        return received

    def _set_timeout(self, deadline: float | None) -> None:
        if deadline is None:
            self._socket.settimeout(None)
            return
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        self._socket.settimeout(remaining)
