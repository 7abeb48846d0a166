"""Place: ``submitted/<student>/<assignment>/``, what lies there, and whether it is older than what has come."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from autograder.arrivals.arrival import Moment
from autograder.assignment import Assignment
from autograder.errors import InputError, SubmissionError
from autograder.notebook import read_untrusted
from autograder.submission import MAX_POLICY_BYTES, MAX_TIMESTAMP_BYTES, POLICY_FILE, TIMESTAMP_FILE, parse_instant

DOWNLOADED_FILE = "downloaded.txt"  # by when it was handed in, where the instant itself is not known
Verdict = Literal["newer", "same", "older", "untold"]


@dataclass(frozen=True)
class Held:
    """A hand-in with its files.

    Attributes:
        files: Contents by name, without times.
        moment: When it was handed in.
    """

    files: Mapping[str, bytes]
    moment: Moment

    def compared_with(self, other: Held) -> Verdict:
        """Whether this is newer than another one of the same student; never a guess that could lose one."""
        mine, theirs = self.moment, other.moment
        if self.files == other.files:
            if mine.exact and (theirs.at is None or not theirs.exact):
                return "newer" if theirs.at is None or mine.at != theirs.at else "same"
            return "newer" if mine.exact and mine.at is not None and mine.at > (theirs.at or mine.at) else "same"
        if mine.at is None or theirs.at is None or (theirs.exact and not mine.exact and mine.at > theirs.at):
            return "untold"
        return "untold" if mine.at == theirs.at else "newer" if mine.at > theirs.at else "older"


def held_in(folder: Path) -> Held | None:
    """What lies in a folder of ``submitted/``, or None if there is no such folder.

    Raises:
        InputError: It cannot be read.
    """
    if not folder.is_dir():
        return None
    try:
        files = {
            path.name: read_untrusted(path, within=folder, max_bytes=4 * MAX_POLICY_BYTES)
            for path in sorted(folder.iterdir())
            if path.suffix == ".ipynb" or path.name == POLICY_FILE
        }
    except (OSError, SubmissionError) as error:
        raise InputError(f"{folder}: expected a readable hand-in, received an error ({error}); move it away") from error
    bound, exact = _instant(folder / DOWNLOADED_FILE), _instant(folder / TIMESTAMP_FILE)
    return Held(files, Moment(bound) if bound is not None else Moment(exact, exact=exact is not None))


def _instant(path: Path) -> datetime | None:
    try:
        return parse_instant(read_untrusted(path, within=path.parent, max_bytes=MAX_TIMESTAMP_BYTES))
    except SubmissionError:
        return None


def times_to_write(moment: Moment, assignment: Assignment) -> dict[str, str]:
    """The files that tell when something was handed in.

    Where only the moment of a download is known, it stands for that of the hand-in if it is in time,
    since then that is, too; after the deadline nobody can tell, and there is no timestamp.txt.
    """
    if moment.at is None:
        return {}
    text = f"{moment.at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC\n"
    if moment.exact:
        return {TIMESTAMP_FILE: text}
    in_time = assignment.seconds_late(moment.at) == 0
    return {DOWNLOADED_FILE: text} | ({TIMESTAMP_FILE: text} if in_time else {})


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes a hand-in as a whole: a reader sees the old folder or the new one, never a mixture.

    Raises:
        InputError: It cannot be written.
    """
    into = folder.parent.parent
    try:
        into.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=into, prefix=".collect-") as temporary:
            new = Path(temporary) / "new"
            new.mkdir()
            for name, content in files.items():
                (new / name).write_bytes(content)
            folder.parent.mkdir(exist_ok=True)
            if folder.exists():
                folder.rename(Path(temporary) / "old")
            new.rename(folder)
    except (OSError, shutil.Error) as error:
        raise InputError(f"{folder}: expected a folder to write a hand-in to, received an error ({error})") from error
