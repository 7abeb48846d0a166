"""ArchiveEntry: a file in a zip archive, without a time, so that the same content gives the same archive."""

from __future__ import annotations

import zipfile

_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip archive knows


def archive_entry(name: str, mode: int = 0o644) -> zipfile.ZipInfo:
    """A compressed entry.

    Args:
        name: Path in the archive.
        mode: Who may read, write and run the file.
    """
    entry = zipfile.ZipInfo(name, _LONG_AGO)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = mode << 16
    return entry
