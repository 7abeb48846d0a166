"""Lock files, read with the library that pip uses: what they pin, and the hashes of its files."""

import re
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


@dataclass(frozen=True)
class Locked:
    """A release of a lock.

    Attributes:
        name: Canonical name of the distribution.
        version: The one that is pinned.
        applies: Whether it is installed into the Python that asks.
        hashes: SHA-256 of its files, in hexadecimal digits.
    """

    name: str
    version: str
    applies: bool
    hashes: tuple[str, ...]


def read_lock(path: Path) -> list[Locked]:
    """The releases of a lock; a line that is no pin with hashes is an error."""
    text = re.sub(r"^#.*\n", "", path.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [_locked(line) for line in text.splitlines()]


def _locked(line: str) -> Locked:
    pin, *hashes = re.split(r"\s+--hash=sha256:", line.strip())
    requirement = Requirement(pin)
    (only,) = requirement.specifier
    assert only.operator == "==", line
    applies = requirement.marker is None or requirement.marker.evaluate()
    return Locked(canonicalize_name(requirement.name), only.version, applies, tuple(hashes))
