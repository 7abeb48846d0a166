"""Outcomes of the attacks at a level, from a process of its own, as the tests ask for them."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from autograder.sandbox.levels import LANDLOCKED

ROOT = Path(__file__).parents[2]
CONTAINER = ROOT / "tests" / "sandbox" / "machine_like_docker.py"
# A user of its own for each module: what is signalled there may be all that the user has.
USERS = {"run": "61999", "graded": "61998"}


@cache
def outcomes(module: str, level: str, *options: str) -> dict[str, dict[str, Any]]:
    """What came of the attacks of a module (``run``, ``graded``) at a level; the weaker levels as in a container."""
    command = [sys.executable, "-m", f"tests.attacks.{module}", level, *options]
    if level in LANDLOCKED:
        command = [sys.executable, str(CONTAINER), "0" if level == "separate-users" else USERS[module], *command]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1500, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return {found["name"]: found for found in map(json.loads, done.stdout.splitlines())}
