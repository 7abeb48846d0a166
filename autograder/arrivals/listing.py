"""Listing: the files of a folder or a zip archive that nobody vouches for. Nothing is unpacked to the disk.

Names are never used as paths to write to, and nothing is read but what a hand-in needs, each file up to a limit: an
archive cannot place a file, follow a link or fill memory or disk, whatever it says of its sizes.
"""

from __future__ import annotations

import os
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO, Literal
from zoneinfo import ZoneInfo

from autograder.arrivals.arrival import Refusal, StoredFile
from autograder.errors import SubmissionError
from autograder.first_names import first_names
from autograder.notebook import read_untrusted

MAX_FILES = 200_000  # of a source
MAX_DIRECTORY_BYTES = 32 * 1024 * 1024  # of an archive's table of contents, which is read into memory
MAX_INNER_DIRECTORY_BYTES = 256 * 1024  # some thousands of files in one student's archive
_DRIVE = re.compile(r"[A-Za-z]:")
_END = b"PK\x05\x06"
_END_BYTES = 22 + 0xFFFF  # of the record that ends an archive, with the longest comment
_EPOCH_YEAR = 1980  # what archives without times say
_UNIX_TIME = 0x5455


@dataclass(frozen=True)
class Listing:
    """The files of one source.

    Attributes:
        name: Of the folder or archive, for people.
        form: What it is.
        files: Those that may be read.
        refused: Those that may not, and why.
    """

    name: str
    form: Literal["folder", "archive", "file"]
    files: tuple[StoredFile, ...]
    refused: tuple[Refusal, ...] = ()

    def within_top_folder(self) -> Listing:
        """The same without the one folder that everything is in, if it is in one."""
        tops = {file.parts[0] for file in self.files}
        if len(tops) != 1 or any(len(file.parts) < 2 for file in self.files):
            return self
        files = tuple(replace(file, name=file.name.partition("/")[2]) for file in self.files)
        return replace(self, files=files)


def list_source(path: Path, zone: ZoneInfo, stack: ExitStack) -> Listing:
    """Lists a folder, an archive or a single file.

    Args:
        path: Which exists.
        zone: Of times in archives that name no zone.
        stack: Closes the archive.

    Raises:
        SubmissionError: It cannot be read, or is an archive that must not be.
    """
    if path.is_dir():
        return list_folder(path)
    try:
        if not zipfile.is_zipfile(path):
            file = _on_disk(path, path.parent)
            return Listing(path.name, "file", (file,))
        return list_archive(path.name, stack.enter_context(path.open("rb")), zone, MAX_DIRECTORY_BYTES)
    except OSError as error:
        raise SubmissionError(f"expected a readable file, received an error ({error.strerror})") from error


def list_folder(root: Path) -> Listing:
    """Lists the regular files under a folder; links are refused and not followed.

    Raises:
        SubmissionError: There are too many.
    """
    files, refused = [], []
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(name for name in subfolders if not _is_junk(name))
        links = [name for name in subfolders if (Path(folder) / name).is_symlink()]
        for name in sorted(name for name in [*names, *links] if not _is_junk(name)):
            path = Path(folder) / name
            shown = _plain(path.relative_to(root).as_posix())
            if stat.S_ISREG(path.lstat().st_mode):
                files.append(replace(_on_disk(path, root), name=shown))
            else:
                refused.append(Refusal(shown, "expected a file, received a link, pipe or device; hand in the file"))
        if len(files) > MAX_FILES:
            raise SubmissionError(f"expected a folder of hand-ins, received more than {MAX_FILES:,} files")
    return Listing(root.name, "folder", tuple(files), tuple(refused))


def list_archive(name: str, stream: IO[bytes], zone: ZoneInfo, max_directory: int) -> Listing:
    """Lists a zip archive.

    Args:
        name: Of the archive, for people.
        stream: The archive; stays open while its files are read.
        zone: Of times that name no zone.
        max_directory: Bytes that its table of contents may have.

    Raises:
        SubmissionError: It is no zip archive, or its table of contents is too large.
    """
    if _directory_bytes(stream) > max_directory:
        raise SubmissionError(f"expected an archive of hand-ins, received a table of contents over {max_directory:,} B")
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, OSError, ValueError, struct.error, NotImplementedError) as error:
        raise SubmissionError(f"expected a zip archive, received something else ({error}); upload it again") from error
    files: list[StoredFile] = []
    refused: list[Refusal] = []
    for entry in archive.infolist():
        if entry.is_dir():
            continue
        try:
            file = _in_archive(archive, entry, zone)
        except SubmissionError as error:
            refused.append(Refusal(ascii(entry.filename[:100]), str(error)))
            continue
        if not any(map(_is_junk, file.parts)):
            files.append(file)
    return Listing(name, "archive", tuple(files), tuple(refused))


def list_inner_archive(file: StoredFile, zone: ZoneInfo, max_bytes: int) -> Listing:
    """Lists an archive that a student has handed in.

    Raises:
        SubmissionError: It is larger than ``max_bytes``, no zip archive, or holds names that no honest one does.
    """
    listing = list_archive(file.base, BytesIO(file.read(max_bytes)), zone, MAX_INNER_DIRECTORY_BYTES)
    for refusal in listing.refused:
        raise SubmissionError(f"{file.base}: {refusal.place}: {refusal.reason}")
    return listing


def _is_junk(name: str) -> bool:
    """What systems leave behind, and hidden files."""
    return name.startswith(".") or name in ("__MACOSX", "Thumbs.db", "desktop.ini")


def _on_disk(path: Path, root: Path) -> StoredFile:
    def read(limit: int) -> bytes:
        return read_untrusted(path, within=root, max_bytes=limit)

    return StoredFile(_plain(path.name), datetime.fromtimestamp(path.lstat().st_mtime, UTC), read)


def _in_archive(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, zone: ZoneInfo) -> StoredFile:
    name = _honest_name(_decoded(entry))
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise SubmissionError("expected a file, received a link or device; hand in the file itself")
    return StoredFile(name, _time(entry, zone), partial(_read_entry, archive, entry))


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    name = entry.filename.rpartition("/")[2]
    if entry.flag_bits & 1:
        raise SubmissionError(f"{name}: expected a file that can be read, received one with a password")
    try:
        with archive.open(entry) as stream:
            content = stream.read(limit + 1)  # what an archive says of sizes is not believed
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError, struct.error) as error:
        raise SubmissionError(f"{name}: expected an intact file, received a broken archive ({error})") from error
    except Exception as error:  # lzma and others have errors of their own
        raise SubmissionError(f"{name}: expected an intact file, received an error ({error!r})") from error
    if len(content) > limit:
        raise SubmissionError(f"{name}: expected at most {limit // 2**20} MiB, received more; clear all outputs")
    return content


def _decoded(entry: zipfile.ZipInfo) -> str:
    """The name; programs that do not say so write UTF-8, too."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return entry.filename


def _honest_name(name: str) -> str:
    """The name with slashes, if it leads nowhere else.

    Raises:
        SubmissionError: It leads out of the archive, or is no name.
    """
    name = name if "/" in name else name.replace("\\", "/")  # some programs on Windows
    parts = [part for part in name.split("/") if part != "."]
    if name.startswith("/") or _DRIVE.match(name) or ".." in parts or any("\\" in part for part in parts):
        raise SubmissionError("expected a name within the archive, received a path that leads out of it")
    if not name.isprintable() or "" in parts or len(name) > 1000:
        raise SubmissionError("expected a printable name of at most 1,000 characters, received another one")
    return _plain("/".join(parts))


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _time(entry: zipfile.ZipInfo, zone: ZoneInfo) -> datetime | None:
    """An entry's time: the one in UTC that some programs add, or that without zone, of two seconds' precision."""
    for kind, content in _extra_fields(entry.extra):
        if kind == _UNIX_TIME and len(content) >= 5 and content[0] & 1:
            return datetime.fromtimestamp(struct.unpack_from("<i", content, 1)[0], UTC)
    try:
        return None if entry.date_time[0] <= _EPOCH_YEAR else datetime(*entry.date_time, tzinfo=zone).astimezone(UTC)
    except ValueError:
        return None


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        yield kind, extra[4 : 4 + size]
        extra = extra[4 + size :]


def _directory_bytes(stream: IO[bytes]) -> int:
    """Bytes of an archive's table of contents, as its last record has it; one in zip64 may say 4 GiB."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - _END_BYTES))
    tail = stream.read()
    at = tail.rfind(_END)
    return struct.unpack_from("<I", tail, at + 12)[0] if 0 <= at <= len(tail) - 22 else 0


def shown(files: Iterable[StoredFile], most: int = 3) -> str:
    """Some names, for a message."""
    names = [ascii(file.name[:60]) for file in files]
    return first_names(names, most) or "nothing"
