"""Dask's messages and timers while the wall clock is set back by a day."""

import asyncio
import time
from collections.abc import Callable

import distributed.batched
import pytest
from distributed.batched import BatchedSend
from distributed.comm import connect, listen
from tornado.ioloop import IOLoop, PeriodicCallback

from autograder.steady_clock import keep_timers_steady

DAY = 86400.0
PATIENCE_SECONDS = 60.0  # what comes about does so within milliseconds
SHORT_SECONDS = 1.0  # what waits for a day is not there by then


@pytest.fixture
def set_back(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Sets this process's wall clock back; everything is as it was after the test."""
    days, real = [0], time.time

    def wall_clock() -> float:
        return real() - sum(days) * DAY

    monkeypatch.setattr(time, "time", wall_clock)
    monkeypatch.setattr(distributed.batched, "time", wall_clock)
    monkeypatch.setattr(IOLoop, "time", lambda _loop: wall_clock())
    return lambda: days.append(1)


async def heartbeats_after(set_back: Callable[[], None], seconds: float) -> int:
    beats: list[float] = []
    heart = PeriodicCallback(lambda: beats.append(time.monotonic()), 10.0)
    heart.start()
    await _until(lambda: bool(beats), PATIENCE_SECONDS)
    set_back()
    await asyncio.sleep(0.1)  # a beat that was under way
    before = len(beats)
    await _until(lambda: len(beats) > before, seconds)
    heart.stop()
    return len(beats) - before


async def messages_after(set_back: Callable[[], None], seconds: float) -> list[str]:
    received: list[str] = []

    async def receive(comm):
        while True:
            received.extend(await comm.read())

    async with listen("inproc://", receive) as listener:
        comm = await connect(listener.contact_address)
        batches = BatchedSend(interval="500ms")
        batches.start(comm)
        batches.send("begun")
        await _until(lambda: bool(received), PATIENCE_SECONDS)
        set_back()  # before the batch's half second is over
        batches.send("finished")
        await _until(lambda: "finished" in received, seconds)
        batches.abort()
    return received


async def _until(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        await asyncio.sleep(0.01)


def test_heartbeats_and_messages_stay_away_while_dask_follows_the_wall_clock(set_back):
    """The control: if this fails, Dask and tornado have been mended, and the module can go."""
    assert asyncio.run(heartbeats_after(set_back, SHORT_SECONDS)) == 0
    assert "finished" not in asyncio.run(messages_after(set_back, SHORT_SECONDS))


def test_they_go_on_once_timers_are_steady(set_back):
    keep_timers_steady()
    assert asyncio.run(heartbeats_after(set_back, PATIENCE_SECONDS)) > 0
    assert "finished" in asyncio.run(messages_after(set_back, PATIENCE_SECONDS))
