"""Submissions that hang, die and lie: the grader is never held up, misled or worn out."""

from textwrap import dedent

import pytest

from autograder.errors import (
    DeadlineExceeded,
    GuestDied,
    GuestError,
    ReplyRejected,
)
from autograder.sandbox.door import SubmissionProcess, WarmProcess
from autograder.sandbox.families import family, pid_of
from autograder.sandbox.limits import Limits
from autograder.sandbox.student import Student
from tests.sandbox.asking import (
    assert_alive,
    define,
    descriptors,
    running,
)


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
    assert not any(map(running, members))


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
    assert descriptors() <= before  # what earlier tests left behind may be collected meanwhile
