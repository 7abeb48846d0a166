"""Imported by every Python that starts with this folder in its path: warm processes get the jumping clock, too.

Their environment is made from nothing, so that what the grader has in its own does not reach them.
"""

import os
from pathlib import Path

from autograder.sandbox import started_process

_GIVEN = {name: os.environ[name] for name in ("LD_PRELOAD", "JUMPING_CLOCK")}
_environment, _visible_paths = started_process.environment, started_process.visible_paths

started_process.environment = lambda *args, **kwargs: _environment(*args, **kwargs) | _GIVEN
started_process.visible_paths = lambda: [*_visible_paths(), Path(_GIVEN["JUMPING_CLOCK"]).parent]
