"""Kill -9 of grader, its processes and its database: nothing is lost, doubled, blamed on students or left behind."""

import itertools
import os
import signal
import subprocess
import sys

import pytest

from autograder.errors import SandboxError
from autograder.grading import Grader
from autograder.leftovers import hold, remove_leftovers
from autograder.report import write_atomically
from autograder.sandbox.control_group import control_groups
from autograder.sandbox.door import CheckProcess, SubmissionProcess, WarmProcess
from autograder.sandbox.started_process import StartedProcess
from tests.ppo_course import REPOSITORY, hand_in, released_course

EXIT = "def critic_loss(target_values, pred_values):\n    import os\n    os._exit(0)"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return released_course(tmp_path_factory.mktemp("course"))


def test_a_few_kills_of_every_kind_change_nothing(tmp_path):
    """The short form of the benchmark; in a process of its own, since it takes in orphans.

    With this seed it kills the database, a guest and a worker; the database while nothing is written, or in the middle.
    """
    command = [sys.executable, "-m", "benchmarks.kills", "--kills", "3", "--submissions", "3", "--seed", "5"]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 faults" in done.stdout


@pytest.mark.parametrize(
    ("owner", "method", "call"),
    [(SubmissionProcess, "run_cell", 3), (SubmissionProcess, "open_check", 1), (CheckProcess, "exchange", 1)],
    ids=["cells", "between checks", "check"],
)
def test_a_guest_that_somebody_kills_is_no_failure_of_the_student(course, warm, monkeypatch, owner, method, call):
    folder = hand_in(course, "student-07")
    grader = Grader(course, course.assignment("ppo"), warm)
    undisturbed = grader.grade(folder).report
    ends = warm.unexplained_ends
    original, calls = getattr(owner, method), itertools.count(1)

    def killed(self, *args, **kwargs):
        if next(calls) == call:
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        return original(self, *args, **kwargs)

    monkeypatch.setattr(owner, method, killed)
    disturbed = grader.grade(folder).report
    assert warm.unexplained_ends > ends, "nothing was hit"
    assert disturbed.without_times().to_json() == undisturbed.without_times().to_json()


def test_a_process_that_its_own_code_ends_every_time_is_the_students_failure(course, warm):
    folder = hand_in(course, "student-exit", {"critic_loss": EXIT})
    before = warm.unexplained_ends
    report = Grader(course, course.assignment("ppo"), warm).grade(folder).report
    assert warm.unexplained_ends > before
    failed = {check.exercise for check in report.checks if check.status == "failed"}
    assert "critic_loss" in failed
    assert report.status == "graded"


def test_a_warm_process_that_is_killed_while_it_starts_is_one_line_that_says_what_to_do(monkeypatch):
    start = StartedProcess._start

    def killed(self, *args):
        process = start(self, *args)
        process.kill()
        return process

    monkeypatch.setattr(StartedProcess, "_start", killed)
    with pytest.raises(SandboxError, match=r"does not start: .* is killed .*; run the same command again") as caught:
        WarmProcess("namespaces")
    assert "\n" not in str(caught.value)


def test_a_grader_that_is_killed_leaves_no_word_on_the_terminal_of_what_it_had_started(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import os\nfrom autograder.classroom import dask_client\n"
        "if __name__ == '__main__':\n    with dask_client(1, None):\n        os.kill(os.getpid(), 9)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "PYTHONWARNINGS": ""}
    done = subprocess.run([sys.executable, program], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (
        -signal.SIGKILL,
        "",
        "",
    )  # read until the last of them has ended


def test_half_written_files_go_unless_somebody_still_writes_them(tmp_path):
    left, written, other = tmp_path / ".report.json.abcd1234", tmp_path / ".page.html.wxyz5678", tmp_path / ".gitignore"
    for path in (left, written, other, tmp_path / ".lock", tmp_path / ".writable-12"):
        path.touch()
    with written.open() as stream:
        hold(stream.fileno())
        assert set(remove_leftovers([tmp_path, tmp_path / "nowhere"])) == {left, tmp_path / ".writable-12"}
    assert {path.name for path in tmp_path.iterdir()} == {written.name, ".gitignore", ".lock"}


def test_a_writer_that_is_killed_leaves_the_old_file_and_something_to_remove(tmp_path):
    file = tmp_path / "report.json"
    write_atomically(file, "old")
    source = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom autograder import report\n"
        "report.os.fdopen = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "report.write_atomically(Path(sys.argv[1]), 'new')\n"
    )
    done = subprocess.run([sys.executable, "-c", source, str(file)], cwd=REPOSITORY, check=False)
    assert done.returncode == -signal.SIGKILL
    assert file.read_text() == "old"
    assert len(remove_leftovers([tmp_path])) == 1
    assert list(tmp_path.iterdir()) == [file]


def test_control_groups_of_dead_graders_are_removed():
    groups = control_groups()
    if groups is None:
        pytest.skip("no memory control group can be made here")
    reaped, zombie = subprocess.Popen(["true"]), subprocess.Popen(["true"])
    reaped.wait()
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and stays a zombie
    made = [groups.named(f"autograder-{pid}-99999") for pid in (os.getpid(), reaped.pid, zombie.pid)]
    folders = [folder for group in made for folder in group.folders]
    for folder in folders:
        folder.mkdir()
    try:
        groups.remove_leftovers()
        assert [folder for folder in folders if folder.exists()] == made[0].folders
    finally:
        zombie.wait()
        for group in made:
            group.remove()
