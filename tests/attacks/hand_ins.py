"""Attacks by what is handed in: links, pipes, sizes, depths and names; nothing of it has to run."""

import copy
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.attacks.graded_attack import UNESCAPED, GradedAttack, Notebook, code_cell

NOTEBOOK = "ppo.ipynb"
MEBIBYTE = 1024 * 1024
SCRIPT = "<script>attack()</script>"
ZONES = Path(zoneinfo.TZPATH[0])
_READING = "import sys; stream = open(sys.argv[1], 'rb')\nwhile stream.read(2**20): pass"
_READING_ALL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2**29, 2**29))
content = open(sys.argv[1], "rb").read()
"""

Naive = Callable[[Path, Path], bool]


def hand_in(name: str, harm: str, **options: Any) -> GradedAttack:
    given: dict[str, Any] = {"layer": "read with care", "outside": True}
    return GradedAttack(name=name, goal="hand-in", harm=harm, **given | options)


def replaced(make: Callable[[Path, Path], Any], name: str = NOTEBOOK) -> Callable[[Path, Path], None]:
    """Has something else lie where the file should."""

    def place(folder: Path, secret: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        make(folder / name, secret)

    return place


def linked(path: Path, secret: Path) -> None:
    path.symlink_to(secret)


def linked_by_way_of(path: Path, secret: Path) -> None:
    (path.parent / "inner").symlink_to(secret.parent)
    path.symlink_to(Path("inner") / secret.name)


def linked_folder(folder: Path, secret: Path) -> None:
    """The whole folder is somebody else's."""
    other = secret.parent / "other" / folder.name
    shutil.copytree(folder, other, dirs_exist_ok=True)
    notebook = json.loads((other / NOTEBOOK).read_text())
    notebook["cells"].append(code_cell(f"print({secret.read_text()!r})"))
    (other / NOTEBOOK).write_text(json.dumps(notebook))
    shutil.rmtree(folder)
    folder.symlink_to(other)


def sparse(size: int) -> Callable[[Path, Path], None]:
    """A file of a size without content: it takes no space."""

    def make(path: Path, _secret: Path) -> None:
        path.touch()
        os.truncate(path, size)

    return make


def written(content: bytes | Callable[[], bytes]) -> Callable[[Path, Path], None]:
    return lambda path, _secret: (path.write_bytes(content if isinstance(content, bytes) else content()), None)[1]


def in_zone_of_the_secret(path: Path, secret: Path) -> None:
    path.write_text(f"2027-01-10 12:00:00 {os.path.relpath(secret, ZONES)}")


def reads_the_secret(name: str = NOTEBOOK) -> Naive:
    """A grader that opens what it is given."""
    return lambda folder, secret: secret.read_text() in (folder / name).read_text()


def reads_the_zone(folder: Path, secret: Path) -> bool:
    """A grader that looks a time zone up by its name."""
    zone = (folder / "timestamp.txt").read_text().split()[-1]
    return Path(os.path.normpath(ZONES / zone)).read_text() == secret.read_text()


def waits(name: str = NOTEBOOK) -> Naive:
    """A grader that opens what it is given waits for ever."""

    def wait(folder: Path, _secret: Path) -> bool:
        try:
            subprocess.run([sys.executable, "-c", _READING, str(folder / name)], timeout=2.0, check=False)
        except subprocess.TimeoutExpired:
            return True
        return False

    return wait


def reads_much(name: str = NOTEBOOK, most: int = 50 * MEBIBYTE) -> Naive:
    return lambda folder, _secret: len((folder / name).read_bytes()) > most


def has_no_memory_left(name: str = NOTEBOOK) -> Naive:
    """A grader of half a GiB that reads all of what it is given."""

    def read(folder: Path, _secret: Path) -> bool:
        command = [sys.executable, "-c", _READING_ALL, str(folder / name)]
        return b"MemoryError" in subprocess.run(command, capture_output=True, check=False).stderr

    return read


def stops(work: Callable[[Path], Any], error: type[Exception]) -> Naive:
    """A grader that works on a hand-in as if it were well-formed: an exception ends it."""

    def naive(folder: Path, _secret: Path) -> bool:
        try:
            work(folder)
        except error:
            return True
        return False

    return naive


def notebook_of(folder: Path) -> Any:
    return json.loads((folder / NOTEBOOK).read_bytes())


def text_of(folder: Path) -> str:
    return "".join("".join(cell["source"]) for cell in notebook_of(folder)["cells"])


def instant_of(folder: Path) -> datetime:
    moment, _, zone = (folder / "timestamp.txt").read_text().rpartition(" ")
    return datetime.fromisoformat(moment + zone).astimezone(UTC)


def shown_by_nbconvert(folder: Path, _secret: Path) -> bool:
    """Feedback as nbgrader makes it."""
    from nbconvert import HTMLExporter

    page, _ = HTMLExporter().from_filename(str(folder / NOTEBOOK))
    return re.search(r"<script[^<]*attack\(\)", page) is not None


def shown_by_name(folder: Path, _secret: Path) -> bool:
    """A page with anchors for cells."""
    page = "".join(f"<a id='{cell['id']}'></a>" for cell in notebook_of(folder)["cells"])
    return SCRIPT in page


def started(folder: Path, secret: Path) -> bool:
    """A grader that starts the kernel that a notebook asks for."""
    subprocess.run(notebook_of(folder)["metadata"]["kernelspec"]["argv"], cwd=secret.parent, check=True)
    return was_attacked(secret.parent)


def put_into_a_command(folder: Path, secret: Path) -> bool:
    subprocess.run(f"ls {folder.parent.name}", shell=True, cwd=secret.parent, capture_output=True, check=False)
    return was_attacked(secret.parent)


def was_attacked(folder: Path) -> bool:
    """Whether a command has run there; its trace is removed."""
    trace = folder / "attacked"
    existed = trace.exists()
    trace.unlink(missing_ok=True)
    return existed


def nested(depth: int) -> bytes:
    return b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": ' + b"[" * depth + b"]" * depth + b"}]}"


def many_cells(notebook: Notebook) -> None:
    notebook["cells"] += [code_cell("1")] * 200_000


def much_code(notebook: Notebook) -> None:
    notebook["cells"].append(code_cell("x = 1\n" * 4_000_000))


def odd_types(notebook: Notebook) -> None:
    notebook["cells"] += [None, 1, [], {"cell_type": []}, {"cell_type": "code", "source": {}, "metadata": []}]
    notebook["cells"] += [{"cell_type": "code", "source": ["a", 1], "metadata": {"nbgrader": [], "tags": {}}}]
    notebook["metadata"] = notebook["nbformat_minor"] = []


def odd_text(notebook: Notebook) -> None:
    notebook["cells"] += [code_cell("print('\ud800 \x00 \u202e \x1b]0;x\x07')"), code_cell("\x00"), code_cell("\r\r\n")]


def marked_names(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        cell["id"] = SCRIPT
        cell["metadata"] |= {"tags": [SCRIPT], "nbgrader": {"grade_id": SCRIPT}}


def other_kernel(notebook: Notebook) -> None:
    kernel = {"name": "../../attack", "display_name": SCRIPT, "language": "bash", "argv": ["touch", "attacked"]}
    notebook["metadata"] |= {"kernelspec": kernel, "language_info": {"name": SCRIPT, "nbconvert_exporter": "os.system"}}


def attachments(notebook: Notebook) -> None:
    svg = f"<svg onload='attack()'>{SCRIPT}</svg>"
    entry = {"cell_type": "markdown", "metadata": {}, "source": f"![x](attachment:x) {SCRIPT}"}
    notebook["cells"].append(
        entry
        | {"attachments": {"x": {"image/svg+xml": svg}, "../../x": {"image/svg+xml": svg}, SCRIPT: {"text/html": svg}}}
    )


def handed_in_outputs(notebook: Notebook) -> None:
    html = {"output_type": "display_data", "data": {"text/html": SCRIPT, "application/javascript": "attack()"}}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [html | {"metadata": {}}]


HAND_INS = (
    hand_in(
        "notebook by a link", "have the grader read a file of its own", place=replaced(linked), naive=reads_the_secret()
    ),
    hand_in(
        "notebook by a linked folder",
        "have the grader read a file by way of two links",
        place=replaced(linked_by_way_of),
        naive=reads_the_secret(),
    ),
    hand_in("folder by a link", "hand in somebody else's work", place=linked_folder, naive=reads_the_secret()),
    hand_in(
        "timestamp by a link",
        "have a file quoted in the report",
        place=replaced(linked, "timestamp.txt"),
        naive=reads_the_secret("timestamp.txt"),
    ),
    hand_in(
        "pipe for a notebook",
        "have the grader wait for ever",
        place=replaced(lambda path, _: os.mkfifo(path)),
        naive=waits(),
    ),
    hand_in(
        "pipe for a timestamp",
        "have the grader wait for ever",
        place=replaced(lambda path, _: os.mkfifo(path), "timestamp.txt"),
        naive=waits("timestamp.txt"),
    ),
    hand_in(
        "endless device",
        "have the grader read for ever",
        place=replaced(lambda path, _: path.symlink_to("/dev/zero")),
        naive=waits(),
    ),
    hand_in(
        "folder for a notebook",
        "stop the grader",
        place=replaced(lambda path, _: path.mkdir()),
        naive=stops(notebook_of, IsADirectoryError),
    ),
    hand_in(
        "link to itself",
        "stop the grader",
        place=replaced(lambda path, _: path.symlink_to(path)),
        naive=stops(notebook_of, OSError),
    ),
    hand_in("huge notebook", "fill the grader's memory", place=replaced(sparse(60 * MEBIBYTE)), naive=reads_much()),
    hand_in(
        "notebook of gigabytes",
        "fill the grader's memory",
        place=replaced(sparse(2**42)),
        naive=has_no_memory_left(),
    ),
    hand_in(
        "zip bomb",
        "be unpacked",
        place=replaced(written(lambda: gzip.compress(b"[" * 64 * MEBIBYTE))),
        naive=lambda folder, _: len(gzip.decompress((folder / NOTEBOOK).read_bytes())) > 50 * MEBIBYTE,
    ),
    hand_in(
        "deep JSON",
        "exhaust the grader's stack",
        place=replaced(written(nested(200_000))),
        naive=stops(notebook_of, RecursionError),
    ),
    hand_in(
        "deep JSON within bounds",
        "exhaust it later",
        place=replaced(written(nested(900))),
        naive=stops(lambda folder: copy.deepcopy(notebook_of(folder)), RecursionError),
    ),
    hand_in(
        "endless number",
        "have a number read for minutes",
        place=replaced(written(b"9" * 10_000_000)),
        naive=stops(notebook_of, ValueError),
    ),
    hand_in(
        "bytes that are no text",
        "stop the grader",
        place=replaced(written(bytes(range(256)) * 100)),
        naive=stops(notebook_of, ValueError),
    ),
    hand_in(
        "many cells",
        "have the grader walk through them",
        edit=many_cells,
        off={"autograder.notebook.MAX_CELLS": 2**40},
        layer="cap on cells",
        most_cpu_seconds=1.5,
    ),
    hand_in(
        "much code",
        "have the grader compile it",
        edit=much_code,
        off={"autograder.notebook.MAX_CODE_CHARACTERS": 2**40},
        layer="cap on code",
        most_cpu_seconds=1.5,
    ),
    hand_in("parts of other types", "stop the grader", edit=odd_types, naive=stops(text_of, TypeError)),
    hand_in(
        "text that is none",
        "break files and terminals",
        edit=odd_text,
        outside=False,
        naive=stops(lambda folder: text_of(folder).encode(), UnicodeEncodeError),
    ),
    hand_in("names with markup", "run script in a page", edit=marked_names, naive=shown_by_name),
    hand_in("kernel of its own", "have the grader start a program", edit=other_kernel, naive=started),
    hand_in(
        "attachments with markup",
        "run script, write outside of a folder",
        edit=attachments,
        naive=shown_by_nbconvert,
    ),
    hand_in("outputs with markup", "run script in a page", edit=handed_in_outputs, naive=shown_by_nbconvert),
    hand_in(
        "student's name with markup",
        "run script in a page",
        student="<script>attack()<script>",
        off=UNESCAPED,
        layer="pages escaped",
    ),
    hand_in(
        "student's name with commands",
        "have a shell or terminal obey",
        student="$(touch attacked);`id`",
        naive=put_into_a_command,
    ),
    hand_in(
        "zone by a path",
        "have a file read as a time zone",
        place=replaced(in_zone_of_the_secret, "timestamp.txt"),
        naive=reads_the_zone,
    ),
    hand_in(
        "timestamp of another age",
        "overflow the clock",
        place=replaced(written(b"9999-12-31 23:59:59 -2359"), "timestamp.txt"),
        naive=stops(instant_of, OverflowError),
    ),
)
