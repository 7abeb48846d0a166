"""Ctrl-C reaches every process of the terminal's process group: what the grader starts shall not end by it."""

import os
import subprocess
import sys

import pytest

# Ctrl-C again and again, of which the grader itself takes no notice.
PRESSED = """
import os, signal, subprocess, sys, threading, time

signal.signal(signal.SIGINT, lambda *_: None)

def press():
    while True:
        os.killpg(0, signal.SIGINT)
        time.sleep(0.002)

threading.Thread(target=press, daemon=True).start()
"""
PROTECTED = {
    "environment": """
from autograder.scoring.environment import make_environment
make_environment("HalfCheetah-v5").close()
""",
    "film": """
import numpy
from autograder.scoring.film import make_film
film, reason = make_film("CartPole-v1", [numpy.zeros(4)] * 3)
assert film, reason
""",
    "warm process": """
from autograder.sandbox.door import WarmProcess
from autograder.sandbox.limits import Limits
with WarmProcess("none") as warm, warm.submission(Limits()) as submission:
    hears = "import signal; assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())"
    assert submission.run_cell(1, hears, 10.0).error is None
""",
    "worker": """
from autograder.ctrl_c import ctrl_c_kept_from_children
with ctrl_c_kept_from_children():
    subprocess.run([sys.executable, "-c", ""], check=True)
assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
""",
    "many short ones": """
from autograder.ctrl_c import ctrl_c_kept_from_children
for _ in range(1000):
    with ctrl_c_kept_from_children():
        subprocess.run(["true"], check=True)
""",
    "processes of a lent user": """
from autograder.sandbox.lent_user import LentUser
user = LentUser()
other = subprocess.Popen(["sleep", "100"], user=user.uid, start_new_session=True)
user.end_processes()
assert other.wait(5) == -signal.SIGKILL
user.give_back()
""",
}
UNPROTECTED = {
    "environment": "import gymnasium\ngymnasium.make('HalfCheetah-v5')",
    "process": "subprocess.run([sys.executable, '-c', ''], check=True)",
    # A session of its own begins after the start: one in some eighty is hit before.
    "session": "for _ in range(3000): subprocess.run(['true'], check=True, start_new_session=True)",
}


def run_under_ctrl_c(code: str) -> "subprocess.CompletedProcess[str]":
    """Runs code in a process group of its own, in which Ctrl-C is pressed all the time."""
    command = ["env", "--default-signal=INT", sys.executable, "-c", PRESSED + code]
    return subprocess.run(command, check=False, process_group=0, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("name", PROTECTED)
def test_what_the_grader_starts_does_not_hear_of_it(name):
    if "lent" in name and os.geteuid() != 0:
        pytest.skip("only root lends users")
    done = run_under_ctrl_c(PROTECTED[name])
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", UNPROTECTED)
def test_control_a_process_started_without_care_ends_by_it(name):
    done = run_under_ctrl_c(UNPROTECTED[name])
    assert done.returncode == 1
    assert "Failed to load GLFW3" in done.stderr or "CalledProcessError" in done.stderr
