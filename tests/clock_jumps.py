"""A wall clock that jumps forward and back, for processes started with the environment that this gives.

What they see is what an administrator's ``date --set`` does: CLOCK_REALTIME jumps, CLOCK_MONOTONIC goes on. The time
of the machine stays as it is. (libfaketime does not fit: its clock_nanosleep has Python's time.sleep fail while
CLOCK_MONOTONIC is left alone, and it needs a semaphore that a sandbox's empty /dev/shm has not.)
"""

import itertools
import os
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ppo_course import REPOSITORY

HERE = Path(__file__).parent / "jumping_clock"
HOUR, DAY = 3600, 86400
OFFSETS = (3 * HOUR, -2 * DAY, 400 * DAY, -HOUR // 2, 0)  # seconds; from one to the next it goes forward or back
EVERY_SECONDS = 0.7


@contextmanager
def jumping_clock(folder: Path) -> Iterator[dict[str, str]]:
    """Lets the clock jump until the end of the block.

    Args:
        folder: A folder of its own, which the sandbox gets to see.

    Yields:
        Environment variables of processes that shall see it jump.
    """
    folder.chmod(0o755)  # the sandbox's user is another one
    library, offset = folder / "jumping_clock.so", folder / "offset"
    command = ["cc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o"]
    subprocess.run([*command, str(library), str(HERE / "jumping_clock.c")], check=True)
    offset.write_bytes(struct.pack("q", 0))
    over = threading.Event()
    jumping = threading.Thread(target=_jump, args=(offset, over))
    jumping.start()
    try:
        path = os.pathsep.join([str(HERE), str(REPOSITORY)])
        yield {"LD_PRELOAD": str(library), "JUMPING_CLOCK": str(offset), "PYTHONPATH": path}
    finally:
        over.set()
        jumping.join()


def _jump(offset: Path, over: threading.Event) -> None:
    with offset.open("r+b", buffering=0) as stream:  # mapped by the others: written in place, all bytes at once
        for seconds in itertools.cycle(OFFSETS):
            os.pwrite(stream.fileno(), struct.pack("q", seconds), 0)
            if over.wait(EVERY_SECONDS):
                return
