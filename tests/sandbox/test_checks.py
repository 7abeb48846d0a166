"""Checks that hang, die and lie: what one of them does costs that one."""

import numpy as np
import pytest

from autograder.errors import (
    DeadlineExceeded,
    GuestDied,
    GuestError,
    ReplyRejected,
    SandboxError,
    StudentRaised,
)
from autograder.sandbox.door import SubmissionProcess, WarmProcess
from autograder.sandbox.environments import Box
from autograder.sandbox.limits import MEBIBYTE, Limits
from autograder.sandbox.student import Student
from tests.sandbox.asking import (
    assert_alive,
    check_of,
    define,
)


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
