"""Soak, in short: many hand-ins in one run, hostile ones among them, leave nothing behind and no memory taken."""

import os
import re
import subprocess
import sys

from tests.ppo_course import REPOSITORY

SUBMISSIONS = 20
GROWTH_KIB = 60.0  # a report that is not let go takes 100 or more; one step of the allocator, 340 KiB here, gives 40


def test_a_run_of_many_hand_ins_leaves_nothing_behind_and_its_memory_is_flat(tmp_path):
    """The short form of the benchmark; in a process of its own, since it takes in orphans."""
    command = [sys.executable, "-m", "benchmarks.soak", "--submissions", str(SUBMISSIONS)]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    before, after = re.findall(r"^(?:before|after): +(\{.*\})$", done.stdout, flags=re.MULTILINE)
    assert before == after
    growth = dict(re.findall(r"^(\w+): ([+-][\d.]+) KiB for each submission$", done.stdout, flags=re.MULTILINE))
    assert set(growth) == {"grader", "warm"}
    for process, kib in growth.items():
        assert float(kib) < GROWTH_KIB, (process, done.stdout)
