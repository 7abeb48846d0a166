"""A probe: an environment of the check's own, registered under an id for as long as the check lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partialmethod
from typing import Any

import gymnasium as gym

PROBE_ID = "rlhelpers/Probe-v0"


@contextmanager
def probe(factory: Callable[..., gym.Env[Any, Any]]) -> Iterator[str]:
    """Registers ``factory`` under an id for the block, and yields that id; progress bars stay hidden meanwhile."""
    from unittest.mock import patch

    from tqdm.auto import tqdm

    gym.register(PROBE_ID, entry_point=factory, disable_env_checker=True, order_enforce=False)
    try:
        with patch.object(tqdm, "__init__", partialmethod(tqdm.__init__, disable=True)):
            yield PROBE_ID
    finally:
        gym.registry.pop(PROBE_ID)
