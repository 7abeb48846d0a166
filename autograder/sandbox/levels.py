"""Levels of isolation, strongest first: the one table that the sandbox, doctor, command line, docs and tests share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Level = Literal["namespaces", "bubblewrap", "separate-users", "landlock", "none"]


@dataclass(frozen=True)
class LevelOfIsolation:
    """One level, as people read of it.

    Attributes:
        name: As ``--isolation`` takes it and reports record it.
        shells: What stands around a submission.
        needs: What the machine has to give.
        weaker: What it stops less well than the level above.
    """

    name: Level
    shells: str
    needs: str
    weaker: str


LEVELS = (
    LevelOfIsolation(
        "namespaces",
        "bubblewrap around the warm process, namespaces of its own around each submission",
        "bubblewrap, libseccomp, user namespaces, nested ones too",
        "",
    ),
    LevelOfIsolation(
        "bubblewrap",
        "bubblewrap and a warm process of its own around each submission",
        "bubblewrap, libseccomp, user namespaces",
        "nothing known; a submission costs some seconds of CPU more",
    ),
    LevelOfIsolation(
        "separate-users",
        "a user of its own, Landlock and a stricter system call filter around each submission",
        "root, libseccomp, Landlock (Linux 5.13); what Docker's default profile allows is enough",
        "no private file systems, processes or network devices: files, sockets and signals are refused instead; "
        "the space of files is watched, not limited; names and sizes of files can be found out",
    ),
    LevelOfIsolation(
        "landlock",
        "Landlock and a stricter system call filter around each submission, in the grader's own user",
        "libseccomp, Landlock (Linux 5.13)",
        "the number of processes counts the grader's others too; no shared memory files, chmod or chown; "
        "the user is the grader's own, so that Landlock alone stands before its files",
    ),
    LevelOfIsolation(
        "none",
        "limits on memory, CPU, files and descriptors only",
        "nothing",
        "everything: for trusted notebooks only, and only when asked for",
    ),
)
ISOLATED: tuple[Level, ...] = tuple(level.name for level in LEVELS if level.name != "none")
STRONG: tuple[Level, ...] = ("namespaces", "bubblewrap")  # they stop the same; the second one costs more
LANDLOCKED: tuple[Level, ...] = ("separate-users", "landlock")

assert get_args(Level) == tuple(level.name for level in LEVELS)


def described(name: str) -> LevelOfIsolation:
    """The level of this name.

    Raises:
        KeyError: There is none.
    """
    return {level.name: level for level in LEVELS}[name]  # type: ignore[index]  # any text may be asked for
