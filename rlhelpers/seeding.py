"""Seeding of everything random that a notebook uses."""

from __future__ import annotations

import random

import numpy as np


def set_seed(seed: int) -> None:
    """Seeds Python's ``random``, NumPy's global generator and torch (CPU and accelerators).

    Environments have generators of their own: seed them with ``env.reset(seed=...)``.

    Args:
        seed: Any integer in [0, 2**32).
    """
    import torch

    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
