"""Transport: the way of one request into the process of a check, and of its reply back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

Answer = Callable[[Any], dict[str, Any]]


class Transport(Protocol):
    """Carries one request into the process of a check, and its reply back."""

    def exchange(self, request: dict[str, Any], answer: Answer) -> Any:
        """Sends a request and returns the reply.

        Args:
            request: Plain data.
            answer: Answers what the other side asks before it replies.

        Raises:
            DeadlineExceeded: No reply in time.
            GuestDied: The process is gone.
            ReplyRejected: The reply may not cross the door.
        """
        ...
