"""The grader's side of the door against processes that hang, die and lie: it is never held up, misled or worn out."""

import os
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from autograder.errors import (
    DeadlineExceeded,
    GuestDied,
    GuestError,
    IsolationUnavailable,
    ReplyRejected,
    SandboxError,
    StudentRaised,
)
from autograder.sandbox.door import CheckProcess, SubmissionProcess, WarmProcess
from autograder.sandbox.environments import Box
from autograder.sandbox.families import family, pid_of
from autograder.sandbox.limits import MEBIBYTE, Limits
from autograder.sandbox.student import Student
from autograder.sandbox.wire import tensor

HOSTILE = """
import gymnasium, msgpack, os, signal, socket, struct, sys, time

def connections():
    for name in sorted(os.listdir("/proc/self/fd"), key=int):
        link = f"/proc/self/fd/{name}"
        if os.path.exists(link) and os.readlink(link).startswith("socket"):
            yield socket.socket(fileno=os.dup(int(name)))

def connection():
    return list(connections())[-1]

def frame(message):
    payload = msgpack.packb(message)
    return struct.pack(">I", len(payload)) + payload

def say(*messages):
    for message in messages:
        connection().sendall(frame(message))
"""


@pytest.fixture
def hostile(warm: WarmProcess) -> Iterator[SubmissionProcess]:
    """A submission that knows how to write to the grader by itself, with short limits."""
    with warm.submission(Limits(check_seconds=1.0)) as opened:
        assert opened.run_cell(1, HOSTILE, 10.0).error is None
        yield opened


def define(submission: SubmissionProcess, source: str) -> None:
    result = submission.run_cell(1, dedent(source), 10.0)
    assert result.error is None, result.message


def check_of(submission: SubmissionProcess, source: str) -> tuple[CheckProcess, Student]:
    define(submission, source)
    check = submission.open_check()
    return check, Student(check)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def assert_alive(submission: SubmissionProcess) -> None:
    check = submission.open_check()
    assert Student(check).has("__name__")
    check.close()


# Checks: what one of them does costs that one


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("os._exit(0)", GuestDied),
        ("os.kill(os.getpid(), signal.SIGSEGV)", GuestDied),
        ("os.closerange(3, 100); time.sleep(100)", GuestDied),
        ("time.sleep(100)", DeadlineExceeded),
        ("while True:\n        try: time.sleep(100)\n        except BaseException: pass", DeadlineExceeded),
        ("os.kill(os.getpid(), signal.SIGSTOP)", DeadlineExceeded),
        ("sys.exit(1)", StudentRaised),
        ("raise KeyboardInterrupt", StudentRaised),
        ("connection().sendall(b'\\xff' * 100)", ReplyRejected),
        ("connection().sendall(struct.pack('>I', 5) + b'\\xc1' * 5)", ReplyRejected),
        ("connection().sendall(struct.pack('>I', 100)); time.sleep(100)", DeadlineExceeded),
        ("[connection().sendall(b'\\0') or time.sleep(0.01) for _ in range(10**6)]", ReplyRejected),
        ("say(None)", ReplyRejected),
        ("say({'result': 1, 'more': 2})", ReplyRejected),
        ("say({'ask': None})", ReplyRejected),
        ("say({'ask': {'question': 'step', 'number': 99, 'action': 1}})", ReplyRejected),
        ("say(*[{'ask': {'question': 'make', 'env_id': 'Nothing-v0'}}] * 1000)", ReplyRejected),
        ("say([[]] * 10**6)", ReplyRejected),
        ("say({'result': 'x' * 40 * 2**20})", ReplyRejected),
    ],
)
def test_a_check_that_ends_badly_costs_only_itself(
    hostile: SubmissionProcess, body: str, error: type[GuestError]
) -> None:
    check, student = check_of(hostile, f"def f():\n    {body}")
    with pytest.raises(error):
        student.f()
    check.close()
    assert_alive(hostile)


def test_a_late_reply_is_not_taken_for_the_next_one(hostile: SubmissionProcess) -> None:
    check, student = check_of(hostile, "def slow():\n    time.sleep(1.2)\n    return 'late'\ndef fast(): return 'now'")
    with pytest.raises(DeadlineExceeded):
        student.slow()
    check.renew()
    with pytest.raises(GuestDied):
        student.fast()


def test_smuggled_replies_are_lies_about_itself_only(hostile: SubmissionProcess) -> None:
    check, student = check_of(hostile, "def f():\n    say({'result': 1}, {'result': 2})\n    return 3")
    assert [student.f(), student.f(), student.f()] == [1, 2, 3]
    check.close()
    check = hostile.open_check()
    assert not Student(check).has("missing")
    check.close()


class Endless:
    """An environment whose episodes do not end."""

    observation_space = Box([0.0], [1.0])
    action_space = Box([0.0], [1.0])

    def reset(self, seed: int | None) -> np.ndarray:
        return np.zeros(1, dtype=np.float32)

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool]:
        return np.zeros(1, dtype=np.float32), 0.0, False, False


def test_questions_without_end_stop_at_the_deadline(hostile: SubmissionProcess) -> None:
    source = """
        def explore():
            env = gymnasium.make("Endless-v0")
            env.reset()
            while True:
                env.step(env.action_space.sample())
    """
    check, student = check_of(hostile, source)
    student.environment("Endless-v0", Endless)
    with pytest.raises(DeadlineExceeded):
        student.explore()
    check.close()


def test_only_the_checks_own_process_may_ask(hostile: SubmissionProcess) -> None:
    source = """
        def from_a_child():
            child = os.fork()
            if child == 0:
                try:
                    gymnasium.make("Endless-v0")
                    os._exit(0)
                except RuntimeError:
                    os._exit(7)
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    """
    check, student = check_of(hostile, source)
    student.environment("Endless-v0", Endless)
    assert student.from_a_child() == 7
    check.close()


def test_a_check_whose_code_forks_is_answered_once(hostile: SubmissionProcess) -> None:
    check, student = check_of(hostile, "def f():\n    return os.fork() > 0\ndef g(): return 'g'")
    assert student.f() is True
    assert student.g() == "g"
    check.close()


def test_what_a_check_changes_the_next_does_not_see(hostile: SubmissionProcess) -> None:
    define(hostile, "state = []\ndef add():\n    state.append(1)\n    return len(state)")
    for _ in range(2):
        check = hostile.open_check()
        student = Student(check)
        assert (student.add(), student.add()) == (1, 2)
        check.close()


def test_every_check_draws_the_same_numbers_whatever_came_before(hostile: SubmissionProcess) -> None:
    source = """
        import random, numpy, torch
        def draw():
            return [random.random(), float(numpy.random.rand()), float(torch.rand(1))]
    """
    drawn = []
    for _ in range(3):
        check, student = check_of(hostile, source)
        drawn.append(student.draw())
        check.close()
        define(hostile, "draw()")
    assert drawn[0] == drawn[1] == drawn[2]


def test_prints_of_a_check_go_nowhere(hostile: SubmissionProcess) -> None:
    source = "def f():\n    print('x' * 10**6)\n    sys.stderr.write('y')\n    os.write(1, b'z')\n    os.write(2, b'z')"
    check, student = check_of(hostile, source)
    assert student.f() is None
    check.close()
    assert hostile.run_cell(1, "None", 5.0).outputs == []


def test_a_check_that_exhausts_memory_says_so(warm: WarmProcess) -> None:
    with warm.submission(Limits(memory_bytes=256 * MEBIBYTE)) as submission:
        source = f"""
            import os, time
            def f():
                for _ in range(10):
                    if os.fork() == 0:
                        held = b"x" * {64 * MEBIBYTE}
                        time.sleep(100)
                time.sleep(100)
        """
        _, student = check_of(submission, source)
        with pytest.raises(GuestDied, match="more than 256 MiB of memory"):
            student.f()
        assert submission.closed
        with pytest.raises(GuestDied, match="memory"):
            submission.open_check()


def test_a_fault_of_the_suite_is_not_the_students(hostile: SubmissionProcess) -> None:
    check, student = check_of(hostile, "def f(x): return x")
    with pytest.raises(SandboxError, match="plain data"):
        student.f(object())
    check.close()


# Submissions that lie about their forks


@pytest.mark.parametrize(
    ("tampering", "error"),
    [
        ("os.fork = lambda: 1 / 0", GuestDied),
        ("os.fork = lambda: 99", GuestDied),
        ("os.fork = lambda: 99\nos.close = lambda descriptor: None", DeadlineExceeded),
        ("real = os.fork\nos.fork = lambda: real() or os._exit(0)", GuestDied),
        ("real = os.fork\nos.fork = lambda: real() or time.sleep(100)", DeadlineExceeded),
        ("os.pidfd_open = lambda pid: os.open('/dev/null', 0)", ReplyRejected),
        ("os.pidfd_open = lambda pid: os.memfd_create('x')", GuestError),
        ("os.pidfd_open = lambda pid: os.pipe()[0]", ReplyRejected),
        ("os.pidfd_open = lambda pid: os.dup(connection().fileno())", GuestError),
        ("import array\narray.array = lambda *_: b''", GuestError),
        ("held = []\nwhile True:\n    try: held.append(os.pipe())\n    except OSError: break", GuestError),
    ],
)
def test_a_submission_that_does_not_fork_is_ended(
    hostile: SubmissionProcess, tampering: str, error: type[GuestError]
) -> None:
    define(hostile, tampering)
    before = descriptors()
    with pytest.raises(error):
        hostile.open_check()
    assert hostile.closed
    assert descriptors() < before
    with pytest.raises(GuestDied):
        hostile.run_cell(1, "1", 5.0)


def test_naming_its_first_process_as_a_check_ends_itself_alone(warm: WarmProcess, hostile: SubmissionProcess) -> None:
    define(hostile, "real = os.pidfd_open\nos.pidfd_open = lambda pid: real(1)")
    with warm.submission(Limits()) as other:
        hostile.open_check().close()
        with pytest.raises(GuestDied):
            hostile.run_cell(1, "time.sleep(100)", 20.0)
        assert_alive(other)


def test_a_check_that_is_not_the_process_it_names_ends_with_its_submission(
    warm: WarmProcess, hostile: SubmissionProcess
) -> None:
    define(
        hostile,
        """
        decoy = os.fork()
        if decoy == 0:
            time.sleep(1000)
        real = os.pidfd_open
        os.pidfd_open = lambda pid: real(decoy)
        """,
    )
    hostile.open_check().close()
    members = family(pid_of(hostile._pidfd))
    assert len(members) >= 3  # the first process, the submission, the check that lives on
    hostile.close()
    assert not set(members) & set(family(warm._process.pid))


def test_a_submission_that_answers_its_checks_itself_is_still_bound_by_deadlines(hostile: SubmissionProcess) -> None:
    define(
        hostile,
        """
        import autograder.sandbox.serving as serving
        def serve_without_forking(self, descriptor):
            os.write(descriptor, b"")
            socket.send_fds(socket.socket(fileno=descriptor), [frame({"result": None})], [os.pidfd_open(os.getpid())])
        import gc
        for thing in gc.get_objects():
            if type(thing).__name__ == "SubmissionGuest":
                thing.operations["fork"] = lambda descriptor: serve_without_forking(thing, os.dup(descriptor))
        """,
    )
    check = hostile.open_check()
    with pytest.raises(GuestError):
        Student(check).has("f")
    check.close()


# Cells


@pytest.mark.parametrize(
    "body",
    [
        "os._exit(0)",
        "os.kill(os.getpid(), signal.SIGKILL)",
        "os.closerange(3, 100)",
        "import ctypes; ctypes.string_at(0)",
        "connection().sendall(b'\\xff' * 100)",
        "say({'ask': {}})",
        "say({'result': {'outputs': 1, 'error': None, 'message': ''}})",
        "say({'rejected': 'x'})",
        "say([])",
    ],
)
def test_a_cell_that_ends_or_confuses_its_process_ends_its_submission(hostile: SubmissionProcess, body: str) -> None:
    with pytest.raises(GuestError):
        hostile.run_cell(1, body, 5.0)
    assert hostile.closed


def test_a_cell_that_cannot_be_interrupted_is_killed(hostile: SubmissionProcess) -> None:
    source = "while True:\n    try: time.sleep(100)\n    except BaseException: pass"
    with pytest.raises(DeadlineExceeded, match=r"0\.2 seconds"):
        hostile.run_cell(1, source, 0.2)
    assert hostile.closed


def test_of_a_claimed_result_only_the_well_formed_parts_are_kept(hostile: SubmissionProcess) -> None:
    outputs = [1, None, {"output_type": "stream"}, {"output_type": "stream", "name": "stdout", "text": "kept"}]
    lie = {"outputs": outputs, "error": "E\x1b" + "x" * 5000, "message": "m\n" * 5000, "execution_count": -1}
    result = hostile.run_cell(1, f"say({{'result': {lie!r}}})", 5.0)
    assert result.outputs == outputs[3:]
    assert result.error is not None
    assert len(result.error) <= 100
    assert len(result.message) <= 500
    assert result.execution_count == 0


def test_outputs_larger_than_the_honest_guest_lets_through_end_the_submission(hostile: SubmissionProcess) -> None:
    source = """
        output = {"output_type": "stream", "name": "stdout", "text": "x" * 10 * 2**20}
        say({"result": {"outputs": [output], "error": None, "message": ""}})
    """
    with pytest.raises(ReplyRejected, match="too large"):
        for index in range(4):  # the honest replies come in between
            hostile.run_cell(index, dedent(source), 5.0)
    assert hostile.closed


def test_a_submission_that_floods_with_descriptors_leaves_none(hostile: SubmissionProcess) -> None:
    before = descriptors()
    source = """
        for _ in range(20):
            socket.send_fds(connection(), [frame({"result": {"outputs": [], "error": None, "message": ""}})], [0] * 200)
    """
    for _ in range(10):
        hostile.run_cell(1, dedent(source), 5.0)
    assert descriptors() == before


# The warm process


def test_submissions_come_and_go_without_leaving_descriptors_or_processes(warm: WarmProcess) -> None:
    open_before, processes = descriptors(), len(family(warm._process.pid))
    for _ in range(5):
        with warm.submission(Limits()) as submission:
            check, student = check_of(submission, "def f(x): return x")
            assert student.f(tensor([1.0])).array.tolist() == [1.0]
            check.close()
            submission.open_check().close()
    assert descriptors() == open_before
    assert len(family(warm._process.pid)) <= processes + 1  # one may wait to be reaped


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


# Without isolation


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


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


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
