"""Runs a command where bubblewrap gets the user namespaces that it needs, and nobody gets further ones within.

    python tests/sandbox/machine_without_nesting.py COMMAND...

To be started as root. The kernel nests user namespaces 32 deep (user_namespaces(7)): this enters so many that those of
bubblewrap are the last ones.
"""

import os
import sys
from pathlib import Path

NEEDED_BY_BUBBLEWRAP = 2  # one with a map for /dev/pts, and one within for the unprivileged user
MOST = 32
_CLONE_NEWUSER = 0x10000000

sys.path.insert(0, str(Path(__file__).parents[2]))

from autograder.sandbox.mounts import check, libc  # noqa: E402


def same_ids(file: str) -> str:
    """A map of ids in which each that exists here stays what it is."""
    spans = (line.split() for line in Path("/proc/self", file).read_text().splitlines())
    return "".join(f"{first} {first} {count}\n" for first, _, count in spans)


def enter_user_namespace() -> None:
    """Moves this process into a new one; a child that stays outside writes its maps."""
    maps = {name: same_ids(name) for name in ("uid_map", "gid_map")}
    target, (ready, entered) = os.getpid(), os.pipe()
    helper = os.fork()
    if helper == 0:
        os.close(entered)
        os.read(ready, 1)
        for name, text in maps.items():
            Path("/proc", str(target), name).write_text(text)
        os._exit(0)
    os.close(ready)
    try:
        check(libc.unshare(_CLONE_NEWUSER), "unshare")
    finally:
        os.close(entered)
    if os.waitpid(helper, 0)[1]:
        sys.exit("the maps of the user namespace cannot be written")


def room_for(depth: int) -> bool:
    """Whether so many more can be nested."""
    pid = os.fork()
    if pid == 0:
        try:
            for _ in range(depth):
                enter_user_namespace()  # with maps: whose ids are not mapped may not make one within
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


def main() -> None:
    for _ in range(MOST):
        if not room_for(NEEDED_BY_BUBBLEWRAP + 1):
            break
        enter_user_namespace()
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
