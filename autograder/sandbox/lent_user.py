"""LentUser: a user id that no process has, lent to one submission at a time on this machine.

Sources: unix(7) on abstract sockets, kill(2).
"""

from __future__ import annotations

import contextlib
import random
import socket
import subprocess
from pathlib import Path

from autograder.ctrl_c import ctrl_c_kept_from_children
from autograder.errors import SandboxError
from autograder.sandbox.families import threads_of_user
from autograder.sandbox.removal import remove_tree

FIRST_UID = 62_000  # Debian gives none of them to anybody, and they exist in namespaces of 65,536 ids
USERS = 2_000
_KILL_SECONDS = 10.0
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # where its files may lie


class LentUser:
    """A user id, held until it is given back.

    An abstract socket of its number marks it as lent: it vanishes with the process that holds it.

    Raises:
        SandboxError: All are lent.
    """

    def __init__(self) -> None:
        start = random.randrange(USERS)
        for offset in range(USERS):
            self.uid = FIRST_UID + (start + offset) % USERS
            self._mark = socket.socket(socket.AF_UNIX)
            with contextlib.suppress(OSError):
                self._mark.bind(f"\0autograder-user-{self.uid}")
                if threads_of_user(self.uid) == 0:
                    return
            self._mark.close()
        raise SandboxError(f"expected a free user id of {FIRST_UID} to {FIRST_UID + USERS - 1}, found none")

    def end_processes(self) -> None:
        """Kills all its processes, wherever they have gone: the kernel lets none of them fork meanwhile."""
        with contextlib.suppress(subprocess.TimeoutExpired), ctrl_c_kept_from_children():
            subprocess.run(
                ["/bin/sh", "-c", "kill -KILL -1"],
                user=self.uid,
                group=self.uid,
                extra_groups=[],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_KILL_SECONDS,
            )

    def give_back(self) -> None:
        """Removes what it has left in shared memory; then somebody else may have it."""
        for path in _SHARED_MEMORY.iterdir():
            with contextlib.suppress(OSError):
                if path.lstat().st_uid == self.uid:
                    _remove(path)
        self._mark.close()


def _remove(path: Path) -> None:
    remove_tree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
