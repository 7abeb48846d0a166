"""SteadyClock: what Dask waits for, it waits for by a clock that nobody sets.

Dask's batches of messages and tornado's periodic callbacks (heartbeats) reckon by the wall clock. Where that is set
back by an hour, a finished submission's result may stay in a batch for that hour, and no heartbeat is sent.
Sources: ``BatchedSend._background_send`` in distributed/batched.py; ``PeriodicCallback._update_next`` and
``IOLoop.time`` in tornado/ioloop.py.
"""

from __future__ import annotations

import time
from typing import Any

import distributed.batched
from tornado.ioloop import IOLoop

_START = time.time() - time.monotonic()


def steady_time() -> float:
    """Seconds since the epoch, as the wall clock said them when this module was imported, and gone on steadily."""
    return _START + time.monotonic()


def keep_timers_steady() -> None:
    """Has Dask and tornado in this process wait by ``steady_time``: both, since one tells the other until when."""
    distributed.batched.time = steady_time
    IOLoop.time = lambda self: steady_time()  # type: ignore[method-assign]


def dask_setup(_worker: Any) -> None:
    """Called by Dask in a worker that preloads this module, before it talks to anybody."""
    keep_timers_steady()
