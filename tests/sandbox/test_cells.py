"""Cells of real notebooks, through a real warm process: what they put out, and what their errors say."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from autograder.sandbox.door import CellResult, SubmissionProcess, WarmProcess
from autograder.sandbox.limits import Limits
from autograder.sandbox.student import Student

Run = Callable[[str], CellResult]


@pytest.fixture
def run(submission: SubmissionProcess) -> Run:
    """Runs one cell after the other in one submission."""
    numbers = iter(range(1, 1000))
    return lambda source: submission.run_cell(next(numbers), source, 10.0)


def text(result: CellResult, name: str = "stdout") -> str:
    return "".join(output["text"] for output in result.outputs if output.get("name") == name)


def shown(result: CellResult) -> list[dict[str, Any]]:
    return [output["data"] for output in result.outputs if "data" in output]


def test_prints_and_the_last_expression_come_in_order(run: Run) -> None:
    result = run("print('one')\nprint('two')\n40 + 2")
    assert result.error is None
    assert result.execution_count == 1
    assert result.outputs == [
        {"output_type": "stream", "name": "stdout", "text": "one\ntwo\n"},
        {"output_type": "execute_result", "data": {"text/plain": "42"}, "metadata": {}, "execution_count": None},
    ]
    assert run("None").outputs == []


def test_names_last_from_cell_to_cell(run: Run) -> None:
    run("def double(x):\n    return 2 * x")
    assert shown(run("double(21)")) == [{"text/plain": "42"}]
    assert shown(run("_ + 1")) == [{"text/plain": "43"}]


def test_training_behind_a_main_guard_is_skipped(run: Run) -> None:
    assert shown(run("__name__")) == [{"text/plain": "'submission'"}]
    assert text(run("if __name__ == '__main__':\n    print('trains')")) == ""


def test_stderr_warnings_and_logging_are_kept_apart(run: Run) -> None:
    result = run("import sys, warnings, logging\nwarnings.warn('careful')\nlogging.warning('hey')\nprint('out')")
    assert "UserWarning: careful" in text(result, "stderr")
    assert "hey" in text(result, "stderr")
    assert text(result) == "out\n"


def test_text_in_any_script_comes_through(run: Run) -> None:
    result = run("привет = 'Мир'\nprint(привет, '日本', '😀')\nпривет")
    assert text(result) == "Мир 日本 😀\n"
    assert shown(result) == [{"text/plain": "'Мир'"}]


def test_what_utf_8_cannot_say_is_replaced(run: Run) -> None:
    assert text(run("print('a\\ud800b')")) == "a?b\n"


def test_an_error_ends_its_cell_and_names_its_line(run: Run) -> None:
    result = run("print('before')\n\nvalue = 1 / 0\nprint('after')")
    assert (result.error, result.message) == ("ZeroDivisionError", "division by zero")
    assert text(result) == "before\n"
    (error,) = [output for output in result.outputs if output["output_type"] == "error"]
    assert error["ename"] == "ZeroDivisionError"
    assert "line 3" in "".join(error["traceback"])
    assert run("1").error is None


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("def f(:", "SyntaxError"),
        ("if True:\nprint(1)", "IndentationError"),
        ("a\0b", "SyntaxError"),
        ("missing", "NameError"),
        ("%nosuchmagic", "UsageError"),
        ("import sys; sys.exit(3)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("import nosuchpackage", "ModuleNotFoundError"),
        ("def f(): f()\nf()", "RecursionError"),
        ("class Silent(Exception):\n    def __str__(self): raise RuntimeError('no')\nraise Silent", "RuntimeError"),
        ("exit()", None),
        ("", None),
    ],
)
def test_an_error_leaves_the_process_alive(run: Run, source: str, error: str | None) -> None:
    assert run(source).error == error
    assert shown(run("6 * 7")) == [{"text/plain": "42"}]


@pytest.mark.parametrize("source", ["input('name? ')", "import getpass; getpass.getpass()", "breakpoint()"])
def test_asking_the_keyboard_fails_at_once(run: Run, source: str) -> None:
    assert run(source).error in ("EOFError", "BdbQuit")


def test_shell_lines(run: Run) -> None:
    result = run("name = 'Ада'\n!echo hello $name; echo oops >&2; false")
    assert text(result) == "hello Ада\noops\n"
    assert shown(run("_exit_code")) == [{"text/plain": "1"}]
    assert shown(run("lines = !printf 'a\\nb\\n'\nlist(lines)")) == [{"text/plain": "['a', 'b']"}]


def test_a_shell_line_that_does_not_end_is_ended(submission: SubmissionProcess) -> None:
    result = submission.run_cell(1, "!sleep 1000 | cat", 0.5)
    assert (result.error, result.message) == ("TimeoutError", "the cell was stopped after 0.5 seconds")
    left = submission.run_cell(2, "!cat /proc/[0-9]*/cmdline | tr '\\0' ' '", 5.0)
    assert "sleep" not in text(left)


def test_pip_answers_without_a_network(run: Run) -> None:
    result = run("!pip install --quiet no-such-package-at-all")
    assert result.error is None
    assert "No matching distribution" in text(result)


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("%%time\nprint('timed')", "timed\nCPU times"),
        ("%timeit -n1 -r1 pass", "per loop"),
        ("%%capture kept\nprint('hidden')", ""),
        ("%%bash\necho from bash", "from bash\n"),
        ("%%writefile made.py\nANSWER = 42", "Writing made.py"),
        ("%env COLOUR=blue", "COLOUR"),
        ("%cd /tmp", "/tmp"),
        ("%load_ext autoreload\n%autoreload 2", ""),
        ("%matplotlib inline", ""),
        ("%config InlineBackend.figure_format = 'retina'", ""),
        ("%who", ""),
        ("import os; print(os.getcwd())", "/tmp/work"),
    ],
)
def test_magics(run: Run, source: str, output: str) -> None:
    result = run(source)
    assert result.error is None
    assert output in text(result)


def test_a_function_may_keep_the_stream_of_its_cell(submission: SubmissionProcess, run: Run) -> None:
    run("import sys\ndef f(out=sys.stdout):\n    print('told', file=out)\n    return 1")
    assert text(run("f()")) == "told\n"
    check = submission.open_check()
    assert Student(check).f() == 1
    check.close()


def test_captured_output_can_be_read(run: Run) -> None:
    run("%%capture kept\nprint('hidden')")
    assert shown(run("kept.stdout")) == [{"text/plain": "'hidden\\n'"}]


def test_modules_written_by_a_cell_can_be_imported(run: Run) -> None:
    run("%%writefile made.py\nANSWER = 42")
    assert shown(run("import made; made.ANSWER")) == [{"text/plain": "42"}]


@pytest.mark.parametrize(
    "source",
    [
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
        "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots()\naxes.plot([1, 2]);",
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);",
    ],
)
def test_a_plot_is_shown_once_with_and_without_being_asked_for(run: Run, source: str) -> None:
    (picture,) = [data for data in shown(run(source)) if "image/png" in data]
    assert base64.b64decode(picture["image/png"]).startswith(b"\x89PNG")


def test_rich_display(run: Run) -> None:
    result = run("from IPython.display import HTML, Markdown, display\ndisplay(HTML('<b>x</b>'))\nMarkdown('*y*')")
    assert [output["output_type"] for output in result.outputs] == ["display_data", "execute_result"]
    assert shown(result)[0]["text/html"] == "<b>x</b>"
    assert shown(result)[1]["text/markdown"] == "*y*"


def test_cleared_output_is_gone_when_the_next_comes(run: Run) -> None:
    clear = "from IPython.display import clear_output\n"
    assert text(run(clear + "for i in range(3):\n    clear_output(wait=True)\n    print(i)")) == "2\n"
    assert text(run(clear + "print(1)\nclear_output(wait=True)")) == "1\n"
    assert text(run(clear + "print(1)\nclear_output()")) == ""


def test_progress_bars_are_kept_in_their_last_state(run: Run) -> None:
    result = run("from tqdm.auto import tqdm\nfor _ in tqdm(range(50), mininterval=0):\n    pass")
    assert text(result, "stderr").startswith("100%")
    assert len(text(result, "stderr").splitlines()) == 1
    assert run("from tqdm.notebook import tqdm\nfor _ in tqdm(range(3)):\n    pass").error is None


def test_top_level_await(run: Run) -> None:
    assert shown(run("import asyncio\nawait asyncio.sleep(0)\n'awaited'")) == [{"text/plain": "'awaited'"}]


def test_help_is_text(run: Run) -> None:
    assert "Docstring" in text(run("?print"))


def test_a_million_lines_are_cut_and_counted(warm: WarmProcess) -> None:
    limits = Limits(output_bytes=40_000, cell_seconds=30.0)
    with warm.submission(limits) as submission:
        result = submission.run_cell(1, "for number in range(1_000_000):\n    print(number)", 30.0)
        assert result.error is None
        assert len(text(result)) == 10_000
        assert "characters of output were dropped" in text(result, "stderr")
        assert text(submission.run_cell(2, "print('heard all the same')", 10.0)) == "heard all the same\n"


def test_a_line_without_end_is_cut(warm: WarmProcess) -> None:
    with warm.submission(Limits(output_bytes=4_000)) as submission:
        assert len(text(submission.run_cell(1, "print('я' * 10**7)", 10.0))) <= 1000
        assert len(text(submission.run_cell(2, "!head -c 10000000 /dev/zero | tr '\\0' x", 10.0))) <= 1000
        result = submission.run_cell(3, "from IPython.display import HTML\nHTML('x' * 10**7)", 10.0)
        assert shown(result) == []


def test_a_cell_that_runs_too_long_is_interrupted_and_its_work_kept(submission: SubmissionProcess) -> None:
    source = "done = 0\nimport time\nwhile True:\n    done += 1\n    time.sleep(0.01)"
    result = submission.run_cell(1, source, 0.5)
    assert (result.error, result.message) == ("TimeoutError", "the cell was stopped after 0.5 seconds")
    assert shown(submission.run_cell(2, "done > 5", 5.0)) == [{"text/plain": "True"}]


def test_a_cell_may_answer_the_interruption(submission: SubmissionProcess) -> None:
    source = "import time\ntry:\n    time.sleep(100)\nexcept KeyboardInterrupt:\n    print('stopped training')"
    result = submission.run_cell(1, source, 0.5)
    assert result.error is None
    assert text(result) == "stopped training\n"


def test_an_alarm_of_the_students_own_rings_in_its_own_cell_only(run: Run) -> None:
    own = "import signal, time\ndef ring(*_): raise ValueError('mine')\nsignal.signal(signal.SIGALRM, ring)\n"
    assert run(own + "signal.alarm(1)\ntime.sleep(5)").error == "ValueError"
    assert run(own + "signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)").error is None
    assert run("time.sleep(1)").error is None
    assert run("signal.alarm(1)\ntime.sleep(5)").error == "KeyboardInterrupt"  # the grader has not said that it is late


def test_processes_and_threads_that_notebooks_use(run: Run) -> None:
    for source in (
        "import gymnasium\nenvs = gymnasium.make_vec('CartPole-v1', num_envs=2, vectorization_mode='async')\n"
        "print(envs.reset(seed=0)[0].shape)\nenvs.close()",
        "import torch\nfrom torch.utils.data import DataLoader, TensorDataset\n"
        "print(len(list(DataLoader(TensorDataset(torch.arange(10)), shuffle=True, num_workers=2))))",
        "import threading\nthread = threading.Thread(target=print, args=('threaded',))\nthread.start()\nthread.join()",
    ):
        result = run(source)
        assert result.error is None, result.message
        assert text(result)


def test_a_cell_that_forks_is_answered_once(run: Run) -> None:
    assert text(run("import os\nchild = os.fork()\nprint('here')")) == "here\n"
    assert shown(run("child > 0")) == [{"text/plain": "True"}]
    assert shown(run("os.waitpid(child, 0)[1]")) == [{"text/plain": "0"}]


def test_the_same_notebook_draws_the_same_numbers_each_time(warm: WarmProcess) -> None:
    source = "import random, torch, numpy\n[random.random(), float(torch.rand(1)), numpy.random.rand(), hash('x')]"
    drawn = []
    for _ in range(2):
        with warm.submission(Limits()) as submission:
            drawn.append(shown(submission.run_cell(1, source, 10.0)))
    assert drawn[0] == drawn[1]
