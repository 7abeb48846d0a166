"""Limits of a submission hold for all of its processes together, and it cannot raise them."""

import pytest

from autograder.errors import (
    GuestDied,
)
from autograder.sandbox.door import SubmissionProcess, WarmProcess
from autograder.sandbox.limits import MEBIBYTE
from autograder.sandbox.student import Student
from tests.sandbox.asking import (
    alive,
    opened,
    told,
)


def test_a_fork_bomb_stops_at_its_limit_and_leaves_nothing(warm: WarmProcess) -> None:
    before = alive(warm)
    with opened(warm, processes=12) as submission:
        source = """
            import os, time
            children = 0
            try:
                while True:
                    if os.fork() == 0:
                        time.sleep(100)
                    children += 1
            except OSError:
                print(children)
        """
        assert told(submission, source) == 12 - 2  # beside the first process and the submission's own
    assert alive(warm) == before


def test_threads_count_as_processes(warm: WarmProcess) -> None:
    with opened(warm, processes=12) as submission:
        source = """
            import threading, time
            threads = 0
            try:
                while True:
                    threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
                    threads += 1
            except RuntimeError:
                print(threads)
        """
        assert told(submission, source) == 12 - 2


def test_memory_of_one_process_ends_in_a_memory_error(warm: WarmProcess) -> None:
    with opened(warm, memory_bytes=256 * MEBIBYTE) as submission:
        source = """
            kept = []
            try:
                while True:
                    kept.append(bytearray(16 * 2**20))
            except MemoryError:
                print(len(kept))
        """
        assert 8 <= told(submission, source) <= 16


@pytest.mark.parametrize(
    "fill",
    [
        "bytes(b'x') * size",
        "list(range(size // 40))",
        "torch.ones(size // 4)",
        "[b'x' * 1000 for _ in range(size // 1000)]",
    ],
)
def test_a_cell_that_uses_up_all_memory_ends_its_submission(warm: WarmProcess, fill: str) -> None:
    with opened(warm, memory_bytes=192 * MEBIBYTE) as submission:
        source = f"import torch\nkept, size = [], {2 * MEBIBYTE}\nwhile True:\n    kept.append({fill})"
        with pytest.raises(GuestDied, match="more than 192 MiB of memory"):
            submission.run_cell(1, source, 20.0)


def test_a_single_request_that_is_too_large_ends_nothing(submission: SubmissionProcess) -> None:
    result = submission.run_cell(1, "import numpy\nnumpy.zeros((10**6, 10**6))", 10.0)
    assert result.error == "MemoryError"
    assert "Unable to allocate" in result.message
    assert told(submission, "print(1)") == 1


@pytest.mark.parametrize(
    "fill",
    [
        "held = b'x' * size",
        "import mmap; held = mmap.mmap(-1, size); held.write(b'x' * size)",
        "import ctypes; ctypes.CDLL(None).prctl(15, b'\\xff\\nRss', 0, 0, 0); held = b'x' * size",  # its name
        "import ctypes; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0); held = b'x' * size",  # not dumpable
    ],
)
def test_memory_of_many_processes_together_is_limited(warm: WarmProcess, fill: str) -> None:
    with opened(warm, memory_bytes=256 * MEBIBYTE) as submission:
        source = f"""
import os, time
size = {48 * MEBIBYTE}
for _ in range(10):
    if os.fork() == 0:
        {fill}
        time.sleep(100)
time.sleep(100)
"""
        with pytest.raises(GuestDied, match="more than 256 MiB of memory"):
            submission.run_cell(1, source, 20.0)


def test_pages_copied_from_the_warm_process_count(warm: WarmProcess) -> None:
    with opened(warm, memory_bytes=256 * MEBIBYTE) as submission:
        source = """
import ctypes, os, time
def touch():
    for line in open("/proc/self/maps").read().splitlines():
        span, access, _, _, _, *name = line.split(maxsplit=5)
        if access.startswith("rw") and not name:
            for page in range(*(int(end, 16) for end in span.split("-")), 4096):
                ctypes.memmove(page, ctypes.string_at(page, 1), 1)
for _ in range(6):
    if os.fork() == 0:
        touch()
        time.sleep(100)
time.sleep(100)
"""
        with pytest.raises(GuestDied, match="memory"):
            submission.run_cell(1, source, 20.0)


def test_memory_that_forks_share_is_counted_once(warm: WarmProcess) -> None:
    with opened(warm, memory_bytes=256 * MEBIBYTE) as submission:
        told(submission, f"held = b'x' * {100 * MEBIBYTE}; print(1)")
        checks = [submission.open_check() for _ in range(4)]
        told(submission, "import time; time.sleep(1); print(1)")
        assert all(Student(check).has("held") for check in checks)
        for check in checks:
            check.close()


def test_files_and_descriptors_are_limited(warm: WarmProcess) -> None:
    with opened(warm, file_bytes=4 * MEBIBYTE, open_files=40) as submission:
        source = """
            import errno, os
            reasons = []
            for folder in ("/tmp", "/dev/shm"):
                for number in range(3):  # each file is within its limit, all of them are not within the folder's
                    try:
                        with open(f"{folder}/{number}", "wb") as file:
                            file.write(b"x" * (3 * 2**20))
                    except OSError as error:
                        reasons.append(errno.errorcode[error.errno])
                [os.unlink(f"{folder}/{name}") for name in "012"]
            try:
                with open("/tmp/long", "wb") as file:
                    file.write(b"x" * (5 * 2**20))
            except OSError as error:
                reasons.append(errno.errorcode[error.errno])
            os.unlink("/tmp/long")
            try:
                for number in range(10**5):
                    open(f"/tmp/{number}", "w").close()
            except OSError as error:
                reasons.append(errno.errorcode[error.errno])
            held = []
            try:
                while True:
                    held.append(open("/dev/null"))
            except OSError as error:
                reasons.append(errno.errorcode[error.errno])
            held.clear()
            print(reasons)
        """
        assert told(submission, source) == ["ENOSPC"] * 4 + ["EFBIG", "ENOSPC", "EMFILE"]


def test_processor_time_is_limited(warm: WarmProcess) -> None:
    with opened(warm, cpu_seconds=1) as submission, pytest.raises(GuestDied):
        submission.run_cell(1, "while True: pass", 20.0)


def test_limits_cannot_be_raised(submission: SubmissionProcess) -> None:
    source = """
        import resource
        raised = []
        for name in ("AS", "CPU", "NPROC", "NOFILE", "FSIZE", "CORE", "MEMLOCK", "MSGQUEUE"):
            kind = getattr(resource, f"RLIMIT_{name}", 12)
            hard = resource.getrlimit(kind)[1]
            try:
                resource.setrlimit(kind, (hard + 1, hard + 1))
                raised.append(name)
            except (OSError, ValueError):
                pass
        print(raised)
    """
    assert told(submission, source) == []


def test_the_kernel_would_rather_kill_a_submission_than_the_grader(submission: SubmissionProcess) -> None:
    assert told(submission, "print(open('/proc/self/oom_score_adj').read())") == 1000
