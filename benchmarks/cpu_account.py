"""CPU seconds of a command and of everything that it ever starts, by a control group of its own.

``getrusage`` counts a process only once somebody has waited for it, and a sandbox that is killed waits for nobody.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Cost:
    """What commands cost.

    Attributes:
        cpu_seconds: User and system time of all their processes.
        wall_seconds: Wall time.
    """

    cpu_seconds: float
    wall_seconds: float


def measured(commands: Sequence[Sequence[str]], folder: Path, environment: dict[str, str] | None = None) -> Cost:
    """Runs commands one after the other.

    Raises:
        PermissionError: Control groups can be made by root only.
        RuntimeError: A command fails.
    """
    parent = _CGROUPS / "cpuacct" if (_CGROUPS / "cpuacct").is_dir() else _CGROUPS
    group = Path(tempfile.mkdtemp(dir=parent, prefix="benchmark-"))
    try:
        started = time.monotonic()
        for command in commands:
            done = subprocess.run(
                ["sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh", *command],
                check=False,
                cwd=folder,
                env=os.environ | (environment or {}),
                capture_output=True,
                text=True,
            )
            if done.returncode != 0:
                raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}")
        wall_seconds = time.monotonic() - started
        while (group / "cgroup.procs").read_text():
            time.sleep(0.05)  # what is being killed
        return Cost(_cpu_seconds(group), wall_seconds)
    finally:
        group.rmdir()


def _cpu_seconds(group: Path) -> float:
    if (group / "cpuacct.usage").exists():
        return int((group / "cpuacct.usage").read_text()) / 1e9
    fields = dict(line.split() for line in (group / "cpu.stat").read_text().splitlines())
    return int(fields["usage_usec"]) / 1e6
