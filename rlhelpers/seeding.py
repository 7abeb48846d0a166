"""Seeding of everything random that a notebook uses."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


def set_seed(seed: int) -> None:
    """Seeds Python's ``random``, NumPy's global generator and torch (CPU and accelerators).

    Environments have generators of their own: seed them with ``env.reset(seed=...)``.

    Args:
        seed: Any integer in [0, 2**32).

    Raises:
        ValueError: The seed is out of range.
    """
    import torch

    if not 0 <= seed < 2**32:
        raise ValueError(f"seed: expected an integer in [0, 2**32), received {seed}; choose a smaller one")
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


@contextmanager
def preserved_randomness() -> Iterator[None]:
    """Gives the block its own course of random numbers: afterwards all CPU generators are as they were before it."""
    import torch

    states = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        try:
            yield
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])
