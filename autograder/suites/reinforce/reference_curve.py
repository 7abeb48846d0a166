"""Reference curve: where the returns lie while the notebook's own settings train the reference."""

from __future__ import annotations

BAND = {"steps": [0], "low": [0], "high": [0]}
