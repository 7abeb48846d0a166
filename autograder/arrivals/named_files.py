"""Named files: a flat folder, or an archive of one, of notebooks, zips or folders named after students.

``student-07.ipynb``, ``student-07_ppo.ipynb``, ``student-07.ru.ipynb``, ``student-07.zip``, ``student-07/ppo.ipynb``;
an agent beside them is ``student-07.safetensors`` or ``student-07_policy.safetensors``. The time of a file is that of
its last change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from autograder.arrivals.arrival import Arrival, Moment, Refusal, StoredFile, latest
from autograder.arrivals.listing import Listing
from autograder.assignment import Assignment
from autograder.language import languages
from autograder.submission import POLICY_FILE

ENDINGS = (".ipynb", ".zip", ".safetensors")
_EXPECTED = "expected a notebook (.ipynb), an archive (.zip), an agent (.safetensors) or a folder named after a student"


def recognises(listing: Listing, _assignments: Mapping[str, Assignment]) -> bool:
    """Whether there are notebooks or archives, at most one folder down."""
    return any(len(file.parts) <= 2 and file.name.endswith((".ipynb", ".zip")) for file in listing.files)


def arrivals(listing: Listing, assignments: Mapping[str, Assignment]) -> Iterator[Arrival | Refusal]:
    """Hand-ins, one for each name and kind of file; an agent goes with the notebook of the same name."""
    groups: dict[tuple[str, str], list[StoredFile]] = {}
    for file in listing.files:
        folder, inside, _ = file.name.partition("/")
        if inside:
            groups.setdefault((folder, "folder"), []).append(file)
        elif file.name.endswith(ENDINGS):
            form = "archive" if file.name.endswith(".zip") else "notebook"
            groups.setdefault((student_named(file.name, assignments), form), []).append(file)
        else:
            yield Refusal(file.name, f"{_EXPECTED}, received another file")
    for (student, _), files in sorted(groups.items()):
        place = files[0].name if len(files) == 1 else f"{student}/" if "/" in files[0].name else files[0].name
        yield Arrival(student, tuple(map(_as_policy, files)), Moment(latest(tuple(files))), place)


def student_named(name: str, assignments: Mapping[str, Assignment]) -> str:
    """The student that a file is named after: its name without endings, languages and the assignment; may be empty."""
    stem = PurePosixPath(name).stem if name.endswith(ENDINGS) else name
    known = "|".join(re.escape(each) for each in (*assignments, "policy"))
    stem = re.sub(rf"\.(?:{'|'.join(languages())})$", "", stem)
    return re.sub(rf"(?:^|[ ._-]+)(?:{known})$", "", stem)


def _as_policy(file: StoredFile) -> StoredFile:
    return replace(file, name=POLICY_FILE) if file.name.endswith(".safetensors") else file
