"""Has a submission work while others keep its only processor busy, and prints what became of a cell and of a check.

    python -m tests.sandbox.held_up LEVEL

Printed as JSON: the cell's error or null, what the check's call returned, and the wall seconds of each.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from itertools import pairwise

from autograder.sandbox.door import WarmProcess
from autograder.sandbox.levels import described
from autograder.sandbox.limits import Limits
from autograder.sandbox.student import Student

BUSY = 5  # processes, in sessions of their own as a hostile submission's might be; a sixth of the processor is left
SECONDS = 1.0  # of a cell and of a check
NEEDED = 0.8  # of processor time, by each: too much for a second of wall time where half the processor is left
SPIN = ["sh", "-c", "ulimit -t 60; while :; do :; done"]
WORKS = """
import time

def works(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
    return 1.0

def sleeps(seconds):
    time.sleep(seconds)
    return 1.0
"""


@contextlib.contextmanager
def busy(processor: int):
    """Keeps a processor busy."""
    with contextlib.ExitStack() as undo:
        for _ in range(BUSY):
            process = undo.enter_context(subprocess.Popen(SPIN, start_new_session=True))
            undo.callback(process.kill)
            os.sched_setaffinity(process.pid, {processor})
        yield


def main() -> None:
    processor = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {processor})
    level, limits = described(sys.argv[1]).name, Limits(check_seconds=SECONDS)
    with WarmProcess(level) as warm, warm.submission(limits) as submission:
        assert submission.run_cell(1, WORKS, 10.0).error is None
        with busy(processor):
            times = [time.monotonic()]
            error = submission.run_cell(2, f"works({NEEDED})", SECONDS).error
            times.append(time.monotonic())
            returned = Student(submission.open_check()).works(NEEDED)
            times.append(time.monotonic())
    seconds = [later - earlier for earlier, later in pairwise(times)]
    print(json.dumps({"error": error, "returned": returned, "seconds": seconds}))


if __name__ == "__main__":
    main()
