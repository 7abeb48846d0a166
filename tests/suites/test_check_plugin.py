"""The plugin: marks, order, blocking, retries in a fresh process, and what becomes of every kind of failure."""

import textwrap

import pytest

from autograder.errors import AutograderError, DeadlineExceeded, GuestDied, InputError, ReplyRejected, SandboxError
from autograder.sandbox.loopback import LoopbackTransport
from autograder.suites import check_plugin
from autograder.suites.check_plugin import collect_checks, points_per_exercise, suite_digest
from autograder.suites.judging import check_rng, run_suite
from autograder.suites.student_text import StudentText

HEAD = """
import pytest
from autograder.suites import expect
pytestmark = pytest.mark.exercise("{}")
"""
FIRST = """
@pytest.mark.points(0.5)
@pytest.mark.hint("Add them.")
def test_adds(student):
    expect.close(student.add(2, 3), 5, "the sum")

@pytest.mark.points(0.25)
@pytest.mark.hint("Add any numbers.")
@pytest.mark.parametrize("sign", [1, -1])
def test_any_numbers(student, rng, sign):
    number = sign * int(rng.integers(10, 99))
    expect.close(student.add(number, 1), number + 1, "the sum")
"""
SECOND = """
@pytest.mark.points(1.0)
@pytest.mark.needs("add.adds")
def test_doubles(student):
    expect.close(student.twice(4), 8, "twice the number")
"""
RIGHT = "def add(a, b): return a + b\ndef twice(a): return add(a, a)"


@pytest.fixture
def suite(tmp_path, monkeypatch, request):
    """Writes a suite of a name that no other test has, and returns its name."""
    monkeypatch.setattr(check_plugin, "SUITES", tmp_path)
    name = f"made_up_{abs(hash(request.node.nodeid))}"

    def write(**modules):
        (tmp_path / name).mkdir()
        for exercise, source in modules.items():
            text = HEAD.format(exercise) + textwrap.dedent(source)
            (tmp_path / name / f"test_{name}_{exercise}.py").write_text(text)
        return name

    return write


def opener(source, opened=None):
    def open_process():
        namespace = {"__name__": "submission"}
        exec(compile(source, "cell 1", "exec"), namespace)
        if opened is not None:
            opened.append(namespace)
        return LoopbackTransport(namespace)

    return open_process


def run(name, source, exercises=("add", "twice"), **options):
    return run_suite(name, opener(source), b"secret", exercises=exercises, **options)


def statuses(outcomes):
    return {outcome.id.partition(".")[2]: outcome.status for outcome in outcomes}


def test_marks_become_checks(suite):
    name = suite(add=FIRST, twice=SECOND)
    checks = {check.short_id: check for check in collect_checks(name)}
    assert list(checks) == ["add.adds", "add.any_numbers[1]", "add.any_numbers[-1]", "twice.doubles"]
    assert checks["add.adds"].id == f"{name}.add.adds"
    assert checks["add.adds"].hint == "Add them."
    assert checks["twice.doubles"].needs == ("add.adds",)
    assert points_per_exercise(name) == {"add": 1.0, "twice": 1.0}


def test_a_right_solution_gets_all_points(suite):
    outcomes = run(suite(add=FIRST, twice=SECOND), RIGHT)
    assert set(statuses(outcomes).values()) == {"passed"}
    assert sum(outcome.points for outcome in outcomes) == 2.0
    assert all(outcome.message == "" for outcome in outcomes)


def test_exercises_are_judged_in_the_order_asked_for(suite):
    name = suite(add=FIRST, twice=SECOND)
    outcomes = run(name, RIGHT, exercises=("twice", "add"))
    assert [outcome.exercise for outcome in outcomes] == ["twice", "add", "add", "add"]
    assert outcomes[0].status == "blocked"  # what it needs was not judged before it


def test_a_failure_has_message_and_hint_and_blocks_what_needs_it(suite):
    outcomes = run(suite(add=FIRST, twice=SECOND), "def add(a, b): return a\ndef twice(a): return 2 * a")
    assert statuses(outcomes)["add.adds"] == "failed"
    assert outcomes[0].message == "the sum: the values are not right\nAdd them."
    blocked = outcomes[-1]
    assert (blocked.status, blocked.points, blocked.max_points) == ("blocked", 0.0, 1.0)
    assert blocked.message == "Could not be judged: it needs “adds” of `add`, which did not pass."


def test_an_exception_is_told_with_its_line(suite):
    source = "def twice(a): return 2 * a\n\ndef add(a, b):\n    return a.plus(b)"
    outcomes = run(suite(add=FIRST, twice=SECOND), source, text=StudentText.of({1: source}, {1: "add"}))
    message = outcomes[0].message
    assert outcomes[0].status == "failed"
    assert "AttributeError" in message
    assert "in cell 1 (`add`), line 4" in message


def test_a_stub_fails_its_own_check_and_blocks_that_of_others(suite):
    stub = 'def add(a, b): raise NotImplementedError("Write it.")\ndef twice(a): return add(a, a)'
    source = """
    @pytest.mark.points(1.0)
    def test_doubles(student):
        expect.close(student.twice(4), 8, "twice the number")
    """
    found = statuses(run(suite(add=FIRST, twice=source), stub))
    assert found["add.adds"] == "failed"
    assert found["twice.doubles"] == "blocked"


def test_a_fault_of_the_check_is_no_failure_of_the_student(suite):
    outcomes = run(suite(add="@pytest.mark.points(1.0)\ndef test_broken(student):\n    1 / 0\n"), RIGHT)
    assert outcomes[0].status == "error"
    assert "ZeroDivisionError" in outcomes[0].message


def test_what_one_check_breaks_does_not_fail_the_next(suite):
    source = """
    @pytest.mark.points(1.0)
    def test_a_breaks_everything(student):
        student.breaks()

    @pytest.mark.points(1.0)
    def test_b_is_right(student):
        expect.close(student.add(1, 1), 2, "the sum")
    """
    opened: list[dict[str, object]] = []
    student = "def add(a, b): return a + b\ndef breaks():\n    global add\n    add = None"
    outcomes = run_suite(suite(add=source), opener(student, opened), b"secret")
    assert set(statuses(outcomes).values()) == {"passed"}
    assert len(opened) == 2


class Ending(LoopbackTransport):
    """A process that ends with an error of the door instead of a reply."""

    def __init__(self, error):
        super().__init__({})
        self.error = error

    def exchange(self, request, answer):
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (DeadlineExceeded(2.0), "timeout", "did not answer within 2 seconds"),
        (GuestDied("gone"), "failed", "ended before it answered"),
        (ReplyRejected("a reply too large"), "failed", "cannot be judged"),
    ],
)
def test_ends_of_the_process_are_told(suite, error, status, words):
    outcome = run_suite(suite(add=FIRST), lambda: Ending(error), b"secret")[0]
    assert outcome.status == status
    assert words in outcome.message


def test_checks_of_an_exercise_that_hangs_are_given_up(suite):
    found = run_suite(suite(add=FIRST), lambda: Ending(DeadlineExceeded(1.0)), b"secret")
    assert [outcome.status for outcome in found] == ["timeout", "timeout", "blocked"]


def test_checks_for_which_no_time_is_left_are_not_called_and_not_called_wrong(suite):
    source = "import time\ndef add(a, b): time.sleep(2); return a + b"
    found = run_suite(suite(add=FIRST), opener(source), b"secret", seconds=1.0)
    assert [each.status for each in found] == ["passed", "blocked", "blocked"]
    assert "time for grading this notebook was used up" in found[-1].message


def test_a_fault_of_the_sandbox_ends_the_run(suite):
    with pytest.raises(SandboxError):
        run_suite(suite(add=FIRST), lambda: Ending(SandboxError("no memory")), b"secret")


def test_hidden_inputs_come_from_the_secret_and_the_check(suite):
    def draw(secret, check):
        return check_rng(secret, check).integers(2**31)

    assert draw(b"a", "ppo.x.y") == draw(b"a", "ppo.x.y")
    assert len({draw(b"a", "ppo.x.y"), draw(b"b", "ppo.x.y"), draw(b"a", "ppo.x.z")}) == 3


def test_the_digest_names_the_files_of_the_suite(suite, tmp_path):
    name = suite(add=FIRST)
    before = suite_digest(name)
    assert suite_digest(name) == before
    (tmp_path / name / "oracles.py").write_text("")
    assert suite_digest(name) != before


def test_an_assignment_without_a_suite_is_named(suite):
    suite(add=FIRST)
    with pytest.raises(InputError, match="'chess': expected a hidden suite"):
        collect_checks("chess")


@pytest.mark.parametrize(
    "source",
    [
        "def test_without_points(student):\n    pass\n",
        "@pytest.mark.points(1.0)\ndef test_wants_more(student, tmp_path):\n    pass\n",
        "import no_such_module\n",
    ],
)
def test_a_broken_suite_is_an_error_of_the_grader(suite, source):
    with pytest.raises(AutograderError, match="cannot be used"):
        collect_checks(suite(add=source))


SHARING = """
RUNS = []

def made(student, rng):
    RUNS.append(int(rng.integers(2**31)))
    return student.add(len(RUNS), 0)

@pytest.mark.points(1.0)
def test_a_makes_the_run(shared):
    expect.close(shared(made), 1, "the sum")

@pytest.mark.points(1.0)
def test_b_looks_at_it(shared):
    expect.close(shared(made), {second}, "the sum")

@pytest.mark.points(1.0)
def test_c_records(student, shared):
    shared(made)
    student.record(RUNS)
"""


def shared_runs(suite, second, add="a + b"):
    seen: list[list[int]] = []
    student = f"def add(a, b): return {add}\ndef record(runs): seen.append(runs)"

    def open_process():
        namespace = {"__name__": "submission", "seen": seen}
        exec(compile(student, "cell 1", "exec"), namespace)
        return LoopbackTransport(namespace)

    outcomes = run_suite(suite(add=SHARING.replace("{second}", second)), open_process, b"secret")
    return [outcome.status for outcome in outcomes], seen


def test_a_run_is_shared_by_the_checks_of_a_process(suite):
    statuses, seen = shared_runs(suite, "1")
    assert statuses == ["passed", "passed", "passed"]
    assert [len(runs) for runs in seen] == [1]


def test_a_check_that_fails_sees_a_run_of_its_own(suite):
    statuses, seen = shared_runs(suite, "2")  # the second run, which only a fresh process makes
    assert statuses == ["passed", "passed", "passed"]
    assert [len(set(runs)) for runs in seen] == [1]  # with the same hidden inputs
    assert [len(runs) for runs in seen] == [2]


def test_a_run_that_raises_fails_each_check_that_asks_for_it(suite):
    statuses, seen = shared_runs(suite, "1", add="a / 0")
    assert statuses == ["failed", "failed", "failed"]
    assert seen == []
