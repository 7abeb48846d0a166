"""Seeds of hidden episodes: drawn from the course's secret, too many to be found by trying."""

from __future__ import annotations

import hashlib


def hidden_seeds(secret: bytes, purpose: str, count: int) -> list[int]:
    """Seeds in [0, 2^63), the same in every run of a course.

    Args:
        secret: The course's secret.
        purpose: What they are for; other purposes have other seeds.
        count: How many.
    """
    digests = (hashlib.sha256(secret + f"{purpose}.{number}".encode()).digest() for number in range(count))
    return [int.from_bytes(digest[:8]) >> 1 for digest in digests]
