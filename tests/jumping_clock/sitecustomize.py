"""Imported by every Python that starts with this folder in its path: warm processes get the jumping clock, too.

Their environment is made from nothing, so that what the grader has in its own does not reach them.
"""

import os
from pathlib import Path

from autograder.sandbox import started_process, surroundings

_GIVEN = {name: os.environ[name] for name in ("LD_PRELOAD", "JUMPING_CLOCK")}

vars(started_process).update(
    environment=lambda *args, **options: surroundings.environment(*args, **options) | _GIVEN,
    visible_paths=lambda: [*surroundings.visible_paths(), Path(_GIVEN["JUMPING_CLOCK"]).parent],
)
