"""SpareMemory: address space held back from the student's code, to tell what happened when the rest is used up."""

from __future__ import annotations

import resource


class SpareMemory:
    """The room between the soft and the hard limit of the address space."""

    def __init__(self) -> None:
        self._soft_bytes = resource.RLIM_INFINITY

    def hold_back(self) -> None:
        """Holds the room back from now on (again)."""
        soft_bytes, hard_bytes = resource.getrlimit(resource.RLIMIT_AS)
        if soft_bytes != hard_bytes:
            self._soft_bytes = soft_bytes
        resource.setrlimit(resource.RLIMIT_AS, (self._soft_bytes, hard_bytes))

    def release(self) -> None:
        """Lets the room be used."""
        hard_bytes = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (hard_bytes, hard_bytes))
