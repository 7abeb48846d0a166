"""The door: warm processes, with isolation and without."""

import os
import sysconfig
import time
from pathlib import Path
from textwrap import dedent

import pytest

from autograder.errors import (
    GuestDied,
    GuestError,
    IsolationUnavailable,
    ReplyRejected,
    SandboxError,
)
from autograder.sandbox.door import WarmProcess
from autograder.sandbox.families import family
from autograder.sandbox.limits import Limits
from autograder.sandbox.student import Student
from autograder.sandbox.wire import tensor
from tests.graded_class import wait_until
from tests.sandbox.asking import (
    check_of,
    define,
    descriptors,
    running,
    told,
)

STAYING = """
import os, time
def f(x): return x
if os.fork() == 0: time.sleep(1000)  # ended by nothing but a signal
"""


def test_submissions_come_and_go_without_leaving_descriptors_or_processes(warm: WarmProcess) -> None:
    open_before, processes = descriptors(), len(family(warm._process.pid))
    for _ in range(5):
        with warm.submission(Limits()) as submission:
            check, student = check_of(submission, STAYING)
            assert student.f(tensor([1.0])).array.tolist() == [1.0]
            check.close()
            submission.open_check().close()
    assert descriptors() == open_before
    # The end of a pid namespace is asked for, not waited for; and one process may wait to be reaped.
    wait_until(lambda: len(family(warm._process.pid)) <= processes + 1, "the end of the submissions' processes")


def test_closing_twice_does_no_harm(warm: WarmProcess) -> None:
    submission = warm.open_submission(Limits())
    check = submission.open_check()
    submission.close()
    submission.close()
    check.close()
    check.close()
    with pytest.raises(GuestDied):
        Student(check).has("f")
    with pytest.raises(GuestDied):
        submission.open_check()


def test_a_warm_process_that_has_died_is_a_fault_of_the_sandbox(tmp_path: Path) -> None:
    with WarmProcess("none") as warm:
        submission = warm.open_submission(Limits())
        os.kill(warm._process.pid, 9)
        with pytest.raises(SandboxError):
            warm.open_submission(Limits())
        with pytest.raises(GuestDied):  # it has ended with the warm process
            submission.run_cell(1, "import time; time.sleep(100)", 20.0)
        submission.close()
    with pytest.raises(SandboxError):
        warm.open_submission(Limits())


def test_a_warm_process_that_cannot_import_says_what(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SandboxError, match="torch"):
        WarmProcess(hidden=[Path(sysconfig.get_path("purelib")) / "torch"])


def test_without_bubblewrap_isolation_is_unavailable_and_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(IsolationUnavailable, match="apt-get install bubblewrap"):
        WarmProcess()


def test_versions_are_told(warm: WarmProcess) -> None:
    assert warm.versions.keys() == {"python", "torch", "gymnasium", "mujoco", "numpy"}


def test_without_isolation_work_is_done_in_a_temporary_folder(
    plain_warm: WarmProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with plain_warm.submission(Limits()) as submission:
        source = "open('made', 'w').close(); import os, tempfile; tempfile.mkstemp(); print(os.getcwd())"
        (output,) = submission.run_cell(1, source, 5.0).outputs
        folder = Path(output["text"].strip())
        assert len(list(folder.iterdir())) == 2
    assert not folder.exists()
    assert list(tmp_path.iterdir()) == []


def test_without_isolation_children_are_killed_even_if_their_parents_are_gone(plain_warm: WarmProcess) -> None:
    with plain_warm.submission(Limits()) as submission:
        source = """
            import os, subprocess, time
            child = subprocess.Popen(["sleep", "1000"]).pid
            reading, writing = os.pipe()
            if os.fork() == 0:
                os.write(writing, str(subprocess.Popen(["sleep", "1000"]).pid).encode())
                os._exit(0)
            print([child, int(os.read(reading, 20))])
        """
        (output,) = submission.run_cell(1, dedent(source), 5.0).outputs
        children = eval(output["text"])
        check = submission.open_check()
    check.close()
    deadline = time.monotonic() + 5.0
    while any(running(child) for child in children):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_without_isolation_checks_fork_again_and_again(plain_warm: WarmProcess) -> None:
    for _ in range(2):
        with plain_warm.submission(Limits()) as submission:
            for _ in range(3):
                check, student = check_of(submission, "def f(x): return x")
                assert student.f(1) == 1
                check.close()
            (output, *_) = submission.run_cell(1, "!false\nprint(_exit_code)", 5.0).outputs
            assert output["text"] == "1\n"


def test_without_isolation_the_grader_is_not_a_check_to_be_killed(plain_warm: WarmProcess) -> None:
    with plain_warm.submission(Limits(check_seconds=1.0)) as submission:
        define(submission, f"import os\nreal = os.pidfd_open\nos.pidfd_open = lambda pid: real({os.getpid()})")
        with pytest.raises(ReplyRejected):
            submission.open_check()


def test_without_isolation_nothing_is_promised_but_the_grader_survives(plain_warm: WarmProcess) -> None:
    with plain_warm.submission(Limits()) as submission, pytest.raises(GuestError):
        submission.run_cell(1, "import os; os._exit(0)", 5.0)
    with plain_warm.submission(Limits()) as submission:
        assert told(submission, "print(1)") == 1
