"""Running the cells of a submission: what ends the process is left out, and the rest is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from autograder.errors import DeadlineExceeded, GuestDied, GuestError, SubmissionError
from autograder.execution import MAX_NOTES, Execution
from autograder.sandbox.door import WarmProcess
from autograder.sandbox.limits import MEBIBYTE, Limits
from autograder.sandbox.student import Student
from autograder.submission import Cell, Submission

EXIT = "import os; os._exit(0)"
LOOP = "import time\nwhile True:\n    try:\n        time.sleep(100)\n    except BaseException:\n        pass"

KILL = "import os, signal, time\ndef kill():\n    os.kill(-1, signal.SIGKILL)\n    time.sleep(100)"


def submission_of(*sources: str | Cell) -> Submission:
    cells = [each if isinstance(each, Cell) else Cell(index, "code", each) for index, each in enumerate(sources, 1)]
    return Submission(
        student="student-07",
        assignment="ppo",
        cells=tuple(cells),
        language="en",
        submitted_at=None,
        notes=(),
        policy=None,
        digest="",
        notebook={},
    )


@contextmanager
def executed(warm: WarmProcess, *sources: str | Cell, **limits: Any) -> Iterator[Execution]:
    """A submission of these cells after its run."""
    settings: dict[str, Any] = {"cell_seconds": 5.0, "check_seconds": 2.0} | limits
    with Execution(warm, submission_of(*sources), Limits(**settings)) as execution:
        execution.run()
        yield execution


def ask(execution: Execution, function: str, *args: Any) -> Any:
    """Calls one of the student's functions in a fork of its own."""
    check = execution.open_check()
    try:
        return Student(check).call(function, *args)
    finally:
        check.close()


def stream(execution: Execution, index: int) -> str:
    outputs, _ = execution.outputs()[index]
    return "".join(output.get("text", "") for output in outputs)


def test_cells_run_in_order_and_checks_see_what_they_define(warm: WarmProcess) -> None:
    with executed(warm, "x = 1", "x += 1\nprint(x)", "def get():\n    return x") as execution:
        assert ask(execution, "get") == 2
        assert execution.notes() == []
        assert execution.outputs()[2] == ([{"output_type": "stream", "name": "stdout", "text": "2\n"}], 2)


def test_only_cells_to_be_run_are_run(warm: WarmProcess) -> None:
    cells = (
        Cell(1, "markdown", "# text"),
        Cell(2, "code", "1 / 0", role="training"),
        Cell(3, "code", "check('f')", "check_f", role="check"),
        Cell(4, "code", "def f(): return 4", "f", role="solution"),
    )
    with executed(warm, *cells) as execution:
        assert list(execution.outputs()) == [4]
        assert ask(execution, "f") == 4
        assert execution.notes() == []


def test_a_cell_that_fails_is_told_and_the_others_run(warm: WarmProcess) -> None:
    with executed(warm, "1 / 0", "raise ValueError", "print('after')") as execution:
        assert stream(execution, 3) == "after\n"
        assert execution.notes() == [
            "Cell 1 failed: ZeroDivisionError: division by zero.",
            "Cell 2 failed: ValueError.",
        ]


def test_an_untouched_stub_is_no_failure_worth_a_note(warm: WarmProcess) -> None:
    with executed(warm, "raise NotImplementedError('Write your solution here')") as execution:
        assert execution.notes() == []


def test_notes_have_an_end(warm: WarmProcess) -> None:
    with executed(warm, *["1 / 0"] * (MAX_NOTES + 5)) as execution:
        assert len(execution.notes()) == MAX_NOTES + 1
        assert execution.notes()[-1] == "5 more cells failed."


def test_cells_out_of_order_are_tried_once_more(warm: WarmProcess) -> None:
    with executed(warm, "y = x + 1\nprint('y is', y)", "x = 1", "missing") as execution:
        assert stream(execution, 1) == "y is 2\n"
        assert execution.notes() == ["Cell 3 failed: NameError: name 'missing' is not defined."]


@pytest.mark.parametrize(
    ("killer", "reason"),
    [
        (EXIT, "it ended the Python process"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "it ended the Python process"),
        ("x = []\nwhile True: x.append(b'x' * 2**20)", "more than 256 MiB of memory were used"),
        (LOOP, "it ran for more than 1 seconds and could not be interrupted"),
    ],
    ids=["exit", "kill", "memory", "loop"],
)
def test_a_cell_that_ends_the_process_is_left_out_and_the_rest_is_run_again(
    warm: WarmProcess, killer: str, reason: str
) -> None:
    limits = {"memory_bytes": 256 * MEBIBYTE, "cell_seconds": 1.0 if killer == LOOP else 20.0}
    with executed(warm, "def f():\n    return 'here'", killer, "print('after')", **limits) as execution:
        assert ask(execution, "f") == "here"
        assert stream(execution, 3) == "after\n"
        assert list(execution.outputs()) == [1, 3]
        assert execution.notes() == [f"Cell 2 was left out: {reason}."]


def test_three_such_cells_are_left_out(warm: WarmProcess) -> None:
    with executed(warm, EXIT, EXIT, "def f(): return 3", EXIT) as execution:
        assert ask(execution, "f") == 3
        assert len(execution.notes()) == 3


def test_a_notebook_of_such_cells_cannot_be_graded(warm: WarmProcess) -> None:
    with (
        pytest.raises(SubmissionError, match=r"cells 1, 2, 3, 4 each end the Python process"),
        executed(warm, *[EXIT] * 5),
    ):
        pass


def test_a_loop_that_can_be_interrupted_costs_only_its_time(warm: WarmProcess) -> None:
    with executed(warm, "def f(): return 1\nwhile True: pass", "print('after')", cell_seconds=0.5) as execution:
        assert ask(execution, "f") == 1
        assert stream(execution, 2) == "after\n"
        assert execution.notes() == ["Cell 1 failed: TimeoutError: the cell was stopped after 0.5 seconds."]


def test_the_time_of_a_notebook_is_limited(warm: WarmProcess) -> None:
    wait = "import time\ntime.sleep(100)"
    with executed(warm, "x = 1", wait, wait, wait, "y = 2", notebook_seconds=1.0, cell_seconds=0.7) as execution:
        assert list(execution.outputs()) == [1, 2, 3]
        assert execution.notes() == [
            "Cell 2 failed: TimeoutError: the cell was stopped after 0.7 seconds.",
            "Cell 3 failed: TimeoutError: the notebook's 1 seconds were used up.",
            "The last 2 cells were not run: the notebook's 1 seconds were used up.",
        ]


def test_a_cell_that_ends_the_process_does_not_use_up_the_others_time(warm: WarmProcess) -> None:
    killer = "import os, time\ntime.sleep(0.8)\nos._exit(0)"
    with executed(warm, killer, killer, "def f(): return 1", notebook_seconds=1.0) as execution:
        assert ask(execution, "f") == 1


def test_a_process_that_a_check_has_ended_is_opened_again(warm: WarmProcess) -> None:
    kill_all = KILL + "\ndef f(): return 1"
    with executed(warm, kill_all, "print('run')", EXIT) as execution:
        with pytest.raises(GuestDied):
            ask(execution, "kill")
        assert ask(execution, "f") == 1
        assert stream(execution, 2) == "run\n"
        assert execution.notes() == ["Cell 3 was left out: it ended the Python process."]


def test_a_submission_that_refuses_to_fork_does_not_hold_up_the_grader(warm: WarmProcess) -> None:
    refuse = "import os\nos.fork = lambda: 99\nos.close = lambda descriptor: None"
    with executed(warm, refuse, check_seconds=0.4, notebook_seconds=0.5) as execution:
        with pytest.raises(DeadlineExceeded):
            execution.open_check()
        for _ in range(10):
            with pytest.raises(GuestError):
                execution.open_check()
        with pytest.raises(GuestDied, match="too often"):
            execution.open_check()


def test_a_notebook_that_cannot_be_run_again_fails_its_checks(warm: WarmProcess) -> None:
    with executed(warm, KILL, *["pass"] * 4) as execution:
        for record in execution._records[1:]:  # as if they ended the process now and then
            record.cell = Cell(record.cell.index, "code", EXIT)
        with pytest.raises(GuestDied):
            ask(execution, "kill")
        with pytest.raises(GuestDied, match="cells 2, 3, 4, 5 each end"):
            execution.open_check()


def test_claimed_outputs_are_passed_on_only_if_they_are_well_formed(warm: WarmProcess) -> None:
    lies = [
        {"output_type": "stream", "name": "stdin", "text": "x"},
        {"output_type": "stream", "name": "stdout", "text": 1},
        {"output_type": "stream", "name": "stdout", "text": "kept"},
        {"output_type": "display_data", "data": {"application/javascript": "x", "text/plain": "kept", "image/png": 3}},
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["kept", 1]},
        {"output_type": "update_display_data", "data": {}},
    ]
    source = f"""
import msgpack, os, socket, struct
payload = msgpack.packb({{"result": {{"outputs": {lies!r}, "error": None, "message": ""}}}})
for name in os.listdir("/proc/self/fd"):
    path = "/proc/self/fd/" + name
    if os.path.exists(path) and os.readlink(path).startswith("socket"):
        os.write(int(name), struct.pack(">I", len(payload)) + payload)
"""
    with executed(warm, source) as execution:
        outputs, count = execution.outputs()[1]
        assert outputs == [
            {"output_type": "stream", "name": "stdout", "text": "kept"},
            {"output_type": "display_data", "data": {"text/plain": "kept"}, "metadata": {}},
            {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["kept"]},
        ]
        assert count is None


def test_running_twice_gives_the_same(warm: WarmProcess) -> None:
    sources = ("import torch\nnet = torch.nn.Linear(3, 1)\nprint(net.weight)", "class A: pass\nraise ValueError(A())")
    runs = []
    for _ in range(2):
        with executed(warm, *sources) as execution:
            runs.append((execution.notes(), execution.outputs()[1]))
    assert runs[0] == runs[1]
    assert "0x…" in runs[0][0][0]
