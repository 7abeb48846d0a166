"""Channel: one end of a connected socket that carries frames between grader and sandbox.

On the socket a frame is a 4-byte big-endian length and that many bytes. A deadline holds for the whole frame: a side
that sends byte by byte gains no time.

Source: unix(7).
"""

from __future__ import annotations

import array
import contextlib
import os
import socket
import struct
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from autograder.errors import DeadlineExceeded, GuestDied, ReplyRejected
from autograder.sandbox.deadline import Deadline
from autograder.sandbox.wire import MAX_FRAME_BYTES, decode, encode

_LENGTH = struct.Struct(">I")
_PART_BYTES = 1 << 20
_SHORTEST_SECONDS = 0.01  # between two looks at a deadline that is near
CONNECTION_ENDED = "the process behind the door is gone"
T = TypeVar("T")


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

    def send(self, message: Any, *, deadline: Deadline | None = None, descriptor: int | None = None) -> None:
        """Sends one frame.

        Args:
            message: Plain data.
            deadline: When to give up; None waits.
            descriptor: A file descriptor to pass along with the frame.

        Raises:
            DeadlineExceeded: The other side does not read.
            GuestDied: The other side is gone.
            ReplyRejected: The message may not cross the door; nothing was sent.
        """
        payload = encode(message)
        frame = _LENGTH.pack(len(payload)) + payload
        with _translated():
            if descriptor is not None:
                sent = self._tried(deadline, socket.send_fds, self._socket, [frame], [descriptor])
                frame = frame[sent:]
            unsent = memoryview(frame)
            while unsent:
                unsent = unsent[self._tried(deadline, self._socket.send, unsent) :]

    def receive(self, *, deadline: Deadline | None = None) -> Any:
        """Receives one frame; descriptors that come with it are dropped by the kernel.

        Raises:
            DeadlineExceeded: No whole frame came in time.
            GuestDied: The other side closed the connection.
            ReplyRejected: The frame is malformed or too large.
        """
        with _translated():
            return self._rest_of_frame(b"", deadline)

    def receive_with_descriptor(self, *, deadline: Deadline | None = None) -> tuple[Any, int | None]:
        """Receives one frame and the file descriptor that may come with its first byte.

        Returns:
            The message, and the descriptor (close-on-exec; the caller closes it) or None.

        Raises:
            Same as ``receive``.
        """
        descriptors = array.array("i")
        try:
            with _translated():
                space = socket.CMSG_LEN(descriptors.itemsize)
                header, ancillary, _, _ = self._tried(
                    deadline, self._socket.recvmsg, _LENGTH.size, space, socket.MSG_CMSG_CLOEXEC
                )
                for level, kind, data in ancillary:
                    if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                        descriptors.frombytes(data)
                message = self._rest_of_frame(header, deadline)
        except BaseException:
            for descriptor in descriptors:
                os.close(descriptor)
            raise
        return message, descriptors[0] if descriptors else None

    def _rest_of_frame(self, start: bytes, deadline: Deadline | None) -> Any:
        header = start + self._read(_LENGTH.size - len(start), deadline)
        length: int = _LENGTH.unpack(header)[0]
        if length > MAX_FRAME_BYTES:
            raise ReplyRejected(f"expected a frame of at most {MAX_FRAME_BYTES} bytes, received {length}")
        return decode(self._read(length, deadline))

    def _read(self, size: int, deadline: Deadline | None) -> bytearray:
        received = bytearray()
        while len(received) < size:
            part = self._tried(deadline, self._socket.recv, min(size - len(received), _PART_BYTES))
            if not part:
                raise GuestDied(CONNECTION_ENDED)
            received += part
        return received

    def _tried(self, deadline: Deadline | None, call: Callable[..., T], *arguments: Any) -> T:
        """Calls the socket until it has done something, or the deadline has come."""
        while deadline is not None:
            left = deadline.left()
            if left <= 0.0:
                raise TimeoutError
            self._socket.settimeout(max(left, _SHORTEST_SECONDS))
            with contextlib.suppress(TimeoutError):
                return call(*arguments)
        self._socket.settimeout(None)
        return call(*arguments)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise DeadlineExceeded(0.0) from error
    except OSError as error:
        raise GuestDied(CONNECTION_ENDED) from error
