"""Digests of what in a suite the verdicts on one exercise depend on, and those on no other."""

from __future__ import annotations

import hashlib
import inspect
from functools import cache
from pathlib import Path

from autograder.suites.check_plugin import collect, own_files
from autograder.suites.diagnosis import misconceptions


@cache
def exercise_digests(assignment_id: str) -> dict[str, str]:
    """SHA-256 for each exercise: of its own files of checks, and of its known mistakes.

    Raises:
        AutograderError: The suite cannot be used.
    """
    own = own_files(assignment_id)
    facts: dict[str, dict[str, None]] = {}
    for each in collect(assignment_id):
        file = Path(inspect.getfile(each.function))
        if file in own:
            facts.setdefault(each.check.exercise, {})[file.read_text(encoding="utf-8")] = None
    for mistake in misconceptions(assignment_id):
        facts.setdefault(mistake.exercise, {})[repr(mistake)] = None
    return {name: hashlib.sha256("\0".join(found).encode()).hexdigest() for name, found in facts.items()}
