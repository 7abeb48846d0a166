"""Isolation: the outer shell of the sandbox, bubblewrap around the warm process.

It gives the warm process a file system that holds Python, the libraries and the guest's own files, and nothing
else; no network; an unprivileged user. The inner shell, around each submission, is in ``confinement``.

Sources: user_namespaces(7), mount_namespaces(7), bwrap(1).
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from autograder.errors import IsolationUnavailable
from autograder.sandbox.levels import Level
from autograder.sandbox.mounts import MountFlag, check, libc, make_private, mount, show

WALLED: tuple[Level, ...] = ("namespaces", "bubblewrap")
SYSTEM_FOLDERS = ("bin", "sbin", "lib", "lib64", "lib32")
SYSTEM_FILES = tuple(f"/etc/{name}" for name in ("ld.so.cache", "alternatives", "fonts", "localtime"))
UNPRIVILEGED_ID = 65534
STAGING_FOLDER = "/tmp"  # noqa: S108  # the mount there is seen by bubblewrap alone
_CLONE_NEWNS = 0x00020000
_SYSTEM = Path("/usr")


def outer_command(
    level: Level,
    program: list[str],
    visible: Sequence[Path],
    hidden: Sequence[Path],
    devices: Sequence[Path] = (),
    file_bytes: int | None = None,
) -> list[str]:
    """The command that starts ``program`` at an isolation level.

    Args:
        level: bubblewrap stands around ``namespaces`` and ``bubblewrap``; the others are plain processes.
        program: Command line of the warm process.
        visible: Files and folders that it may read, besides the system's libraries.
        hidden: Folders that it may not see where they lie below visible ones; visible ones below them stay visible.
        file_bytes: Size of its file systems in memory, where they are a submission's own.
        devices: Device nodes that it may use, of a GPU.

    Returns:
        A command line; as root it goes through ``python isolation.py`` first, which gives up root for good.

    Raises:
        IsolationUnavailable: bubblewrap is not installed.
    """
    if level not in WALLED:
        return program
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        raise IsolationUnavailable(
            "expected bubblewrap to be installed, found none; run `apt-get install bubblewrap` "
            "(or, for trusted notebooks only, grade with --no-isolation)"
        )
    shown = sorted({path for path in visible if path.exists() and not path.is_relative_to(_SYSTEM)})
    command = [bubblewrap, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    command += [*_system_mounts(), *_own_file_systems(file_bytes)]
    command += [word for path in devices for word in ("--dev-bind", str(path), str(path))]
    # As root, folders such as /root are closed to the unprivileged user: they are shown through a staging folder.
    root = os.geteuid() == 0
    staged = {path: Path(STAGING_FOLDER) / str(number) if root else path for number, path in enumerate(shown)}
    masks = _masks(hidden, [*shown, _SYSTEM])
    for path in sorted({*shown, *masks}):  # parents before children
        command += ["--ro-bind", str(staged[path]), str(path)] if path in staged else ["--tmpfs", str(path)]
    for path in [*masks, Path("/dev"), Path("/")]:
        command += ["--remount-ro", str(path)]
    command += ["--chdir", "/", "--"]
    launcher = [sys.executable, "-S", "-P", str(Path(__file__).resolve()), *map(str, shown), "--"] if root else []
    return [*launcher, *command, *program]


def _masks(hidden: Sequence[Path], roots: list[Path]) -> list[Path]:
    """Where hidden folders would be seen."""
    masks = set()
    for path in (path.resolve() for path in hidden if path.is_dir()):
        for root in roots:
            if path.is_relative_to(root.resolve()) and path != root.resolve():
                masks.add(root / path.relative_to(root.resolve()))
    return sorted(masks)


def _system_mounts() -> list[str]:
    mounts = []
    for link in SYSTEM_FOLDERS:
        folder = Path("/") / link
        if folder.is_symlink():
            mounts += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.is_dir():
            mounts += ["--ro-bind", str(folder), str(folder)]
    mounts += ["--ro-bind", str(_SYSTEM), str(_SYSTEM)]
    for name in SYSTEM_FILES:
        mounts += ["--ro-bind-try", name, name]
    return [*mounts, "--proc", "/proc", "--dev", "/dev"]


def _own_file_systems(file_bytes: int | None) -> list[str]:
    if file_bytes is None:  # the warm process's; submissions mount theirs
        return ["--tmpfs", "/tmp"]  # noqa: S108
    size = ["--size", str(file_bytes)]
    return [*size, "--tmpfs", "/tmp", *size, "--tmpfs", "/dev/shm"]  # noqa: S108


def stage_and_drop_root(paths: list[str]) -> None:
    """As root: shows ``paths`` under the staging folder of a private mount namespace, then gives up root.

    bubblewrap started as root would leave files such as /proc/sys/kernel/core_pattern writable.
    """
    check(libc.unshare(_CLONE_NEWNS), "unshare")
    make_private()
    opened = [os.open(path, os.O_PATH) for path in paths]
    mount("tmpfs", STAGING_FOLDER, "tmpfs", MountFlag.NO_SUID | MountFlag.NO_DEVICES, "mode=755,size=1m")
    for number, descriptor in enumerate(opened):
        show(descriptor, Path(STAGING_FOLDER) / str(number))
    os.setgroups([])
    os.setresgid(UNPRIVILEGED_ID, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
    os.setresuid(UNPRIVILEGED_ID, UNPRIVILEGED_ID, UNPRIVILEGED_ID)


def main() -> None:
    """``python isolation.py PATH... -- COMMAND...``: stage paths, give up root, become the command."""
    end = sys.argv.index("--")
    try:
        stage_and_drop_root(sys.argv[1:end])
    except OSError as error:
        sys.exit(str(error))
    os.execv(sys.argv[end + 1], sys.argv[end + 1 :])  # noqa: S606


if __name__ == "__main__":
    main()
