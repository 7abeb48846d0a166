"""The door under fire: frames of a hostile sandbox against everything on the grader's side that reads them.

python -m benchmarks.fuzz_wire --frames 1000000                       by atheris where it is installed
python -m benchmarks.fuzz_wire --frames 1000000 --engine mutations    by seeded mutations of valid frames

Each frame comes over a real socket as the reply to one request of a check, or to a cell. Only typed errors about the
guest may come of it, within seconds, in bounded memory. Atheris: https://github.com/google/atheris
"""

from __future__ import annotations

import argparse
import collections
import os
import random
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from autograder.errors import CheckFailed, GuestError
from autograder.sandbox.cell_result import read_cell_result
from autograder.sandbox.channel import Channel
from autograder.sandbox.check_process import CheckProcess
from autograder.sandbox.deadline import Deadline, Overtime
from autograder.sandbox.environments import Box
from autograder.sandbox.student import Fitted, Handle, Student
from autograder.sandbox.wire import HandleRef, tensor
from autograder.scoring.policy_problem import problem_text
from autograder.scoring.training_log import TrainingLog
from autograder.suites import expect
from benchmarks.hostile_frames import hostile_frames, valid_frames
from benchmarks.peak_memory import peak_bytes

MOST_SECONDS = 10.0  # for one frame
MOST_GROWTH_BYTES = 256 * 1024 * 1024
MAX_FRAME_BYTES = 96 * 1024  # what a socket takes before anybody reads
SEND_BUFFER_BYTES = 1 << 20
SHOWN = 10


class Submission:
    """Stands for the submission that a check was forked from; it has nothing to add to an error."""

    overtime = Overtime(0.0)

    def explained(self, error: GuestError) -> GuestError:
        """The same error."""
        return error


class Still:
    """A hidden environment."""

    observation_space = action_space = Box([-1.0, -1.0], [1.0, 1.0])

    def reset(self, seed: int | None) -> np.ndarray:
        return np.zeros(2, np.float32)

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool]:
        return np.zeros(2, np.float32), float(action.sum()), False, False


def _close(student: Student, handle: Handle) -> None:
    received = student.f(1.0)
    expect.kind(received)
    expect.close(received, np.zeros(3), "the result")


def _number(student: Student, handle: Handle) -> None:
    expect.number(student.f(1.0), "the number")


def _same(student: Student, handle: Handle) -> None:
    expect.same(expect.tensor(student.f(1.0), "the tensor"), np.zeros(3, np.float32), "other")


def _fitted(student: Student, handle: Handle) -> None:
    fitted = student.fit_policy("Actor", b"", [3, 1])
    if isinstance(fitted, Fitted):
        TrainingLog().add_episodes(fitted.steps, fitted.returns)
    else:
        problem_text(fitted)


def _trained(student: Student, handle: Handle) -> None:
    log = TrainingLog()
    student.train("Trainer", {}, 1.0, log.take)
    log.evidence("")


READERS: tuple[Callable[[Student, Handle], Any], ...] = (
    _close,
    _number,
    _same,
    _fitted,
    _trained,
    lambda student, handle: expect.handle(student.keep.f(), "the object"),
    lambda student, handle: student.has("f"),
    lambda student, handle: student.signature("f"),
    lambda student, handle: student.repeated(3, "f"),
    lambda student, handle: student.gradients(handle, [handle]),
    lambda student, handle: student.spied(handle),
    lambda student, handle: handle.parameters(),
    lambda student, handle: handle.parameter_gradients(handle),
    lambda student, handle: handle.each("get_action", np.zeros((3, 2))),
    lambda student, handle: handle.set_parameters({"w": tensor([1.0])}),
)


def read(frame: bytes) -> None:
    """Has the grader read what a sandbox sends.

    Args:
        frame: Which reader (the first byte), and all that comes over the socket before the connection ends.

    Raises:
        GuestError: As it has to be.
        CheckFailed: A check does not like the value.
    """
    ours, theirs = socket.socketpair()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    number = frame[0] % (len(READERS) + 1) if frame else 0
    channel = Channel(ours)
    try:
        theirs.sendall(frame[1 : MAX_FRAME_BYTES + 1])
        theirs.shutdown(socket.SHUT_WR)
        if number == len(READERS):
            assert read_cell_result(channel.receive(deadline=Deadline(MOST_SECONDS))).characters >= 0
            return
        check = CheckProcess(channel, os.open(os.devnull, os.O_RDONLY), MOST_SECONDS, Submission())  # type: ignore[arg-type]
        student = Student(check)
        student._desk.register("Hidden-v0", Still)
        try:
            READERS[number](student, Handle(student, HandleRef(0, "Net")))
        finally:
            check.close()
    finally:
        channel.close()
        theirs.close()


class Watch:
    """Reads frames one by one, with an alarm, and keeps what should not have happened."""

    def __init__(self) -> None:
        self.failures: dict[str, str] = {}
        self.outcomes: collections.Counter[str] = collections.Counter()
        signal.signal(signal.SIGALRM, self._rang)

    def take(self, frame: bytes) -> None:
        """Reads one frame."""
        signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
        try:
            read(frame)
            self.outcomes["read"] += 1
        except (GuestError, CheckFailed) as error:
            self.outcomes[type(error).__name__] += 1
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            said = f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}"
            self.outcomes[said] += 1
            self.failures.setdefault(said, f"{error} <- {frame[:200].hex()}")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)

    def _rang(self, _number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"one frame took more than {MOST_SECONDS} seconds")


def by_mutations(frames: int, seed: int) -> Watch:
    """Reads mutations of valid frames."""
    watch, rng, started, before = Watch(), random.Random(seed), time.monotonic(), 0
    for number, frame in enumerate(_first(hostile_frames(rng), frames), start=1):
        watch.take(frame)
        if number == min(frames, 10_000):
            before = peak_bytes(anew=True)  # by then everything is imported and buffers are made
        if number % 100_000 == 0:
            print(f"{number} frames, {time.monotonic() - started:.0f} s, peak {peak_bytes() >> 20} MiB", flush=True)
    growth = peak_bytes() - before
    if growth > MOST_GROWTH_BYTES:
        watch.failures["memory"] = f"{growth >> 20} MiB more than at the beginning"
    print(f"{frames} frames, seed {seed}, {time.monotonic() - started:.0f} s, memory grew by {growth >> 20} MiB")
    return watch


def by_atheris(frames: int, seed: int) -> None:
    """Has libFuzzer look for frames that reach new code; ends this process."""
    import atheris  # type: ignore[import-untyped, unused-ignore]

    atheris.instrument_all()  # what is imported already: the wire, the channel, what judges replies

    def one(frame: bytes) -> None:
        try:
            read(frame)
        except (GuestError, CheckFailed):
            return

    with tempfile.TemporaryDirectory() as folder:
        for number, frame in enumerate(_first(valid_frames(random.Random(seed)), 500)):
            Path(folder, str(number)).write_bytes(frame)
        options = [f"-runs={frames}", f"-seed={seed or 1}", f"-timeout={MOST_SECONDS:.0f}", "-rss_limit_mb=2048"]
        atheris.Setup([sys.argv[0], *options, "-print_final_stats=1", "-max_len=8192", folder], one)
        atheris.Fuzz()


def _first(frames: Iterator[bytes], count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield next(frames)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", choices=["atheris", "mutations"])
    options = parser.parse_args()
    engine = options.engine or ("atheris" if _has_atheris() else "mutations")
    if engine == "atheris":
        by_atheris(options.frames, options.seed)
    watch = by_mutations(options.frames, options.seed)
    for outcome, count in watch.outcomes.most_common():
        print(f"  {count:>8}  {outcome}")
    for failure, example in list(watch.failures.items())[:SHOWN]:
        print(f"FAILED {failure}: {example}")
    sys.exit(bool(watch.failures))


def _has_atheris() -> bool:
    try:
        import atheris  # noqa: F401
    except ImportError:
        return False
    return True


if __name__ == "__main__":
    main()
