"""The course's secret, from which hidden inputs are drawn: made once, readable by its owner only."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from pathlib import Path

from autograder.errors import InputError

SECRET_BYTES = 32


def read_secret(file: Path) -> bytes:
    """The 32 bytes kept in ``file`` as hexadecimal digits; made on first use.

    Raises:
        InputError: The file cannot be read or written, holds no secret, or others may read it.
    """
    try:
        if not file.exists():
            _make_secret(file)
        mode = file.stat().st_mode & 0o777
        text = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: the course's secret cannot be read or made ({error})") from error
    if mode & 0o077:
        raise InputError(
            f"{file}: expected a file that only its owner can read (mode 600), received mode {mode:o}; "
            f"run: chmod 600 {file}"
        )
    if not re.fullmatch(rf"[0-9a-f]{{{2 * SECRET_BYTES}}}", text):
        raise InputError(
            f"{file}: expected {2 * SECRET_BYTES} hexadecimal digits, received something else "
            f"({len(text)} characters); delete the file to get a new secret (hidden inputs change with it)"
        )
    return bytes.fromhex(text)


def _make_secret(file: Path) -> None:
    """Writes a new secret; of two processes that do so at once, one wins and both read its secret."""
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # mode 600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(SECRET_BYTES) + "\n")
        os.link(temporary, file)
    except FileExistsError:
        pass
    finally:
        Path(temporary).unlink(missing_ok=True)
