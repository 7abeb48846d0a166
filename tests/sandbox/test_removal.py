"""Removal of what a submission has left, and that its disk use is seen however deep it lies."""

import contextlib
import os
from pathlib import Path

from autograder.errors import GuestDied
from autograder.sandbox.disk_use import disk_bytes
from autograder.sandbox.door import WarmProcess
from autograder.sandbox.limits import Limits
from autograder.sandbox.removal import remove_tree

DEEP = """
import os
for _ in range(3000):
    os.mkdir("d")
    os.chdir("d")
open("file", "w").write("x")
"""


def dig(folder: Path, depth: int) -> None:
    """Folders within folders, deeper than a path can name."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


def test_folders_within_folders_are_removed_however_deep(tmp_path: Path) -> None:
    folder = tmp_path / "left"
    (folder / "beside" / "more").mkdir(parents=True)
    (folder / "beside" / "more" / "file").write_text("x")
    dig(folder, 5000)
    remove_tree(folder)
    assert not folder.exists()


def test_links_are_removed_and_not_followed(tmp_path: Path) -> None:
    folder, kept = tmp_path / "left", tmp_path / "kept"
    (folder / "inner").mkdir(parents=True)
    kept.mkdir()
    (kept / "file").write_text("x")
    (folder / "link").symlink_to(kept)
    (folder / "inner" / "link").symlink_to(kept)
    (folder / "dead").symlink_to("nowhere")
    remove_tree(folder)
    assert not folder.exists()
    assert (kept / "file").read_text() == "x"


def test_closed_folders_odd_names_and_pipes_are_removed(tmp_path: Path) -> None:
    folder = tmp_path / "left"
    (folder / "closed" / "inner").mkdir(parents=True)
    (folder / "closed" / "inner" / ".removed-1-0").mkdir()
    (folder / "a\nb").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / os.fsdecode(b"\xff")).mkdir()
    (folder / "closed" / "inner").chmod(0)
    (folder / "closed").chmod(0)
    remove_tree(folder)
    assert not folder.exists()


def test_what_is_no_folder_or_gone_is_left_alone(tmp_path: Path) -> None:
    remove_tree(tmp_path / "gone")
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path)
    remove_tree(tmp_path / "file")
    remove_tree(tmp_path / "link")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


def test_files_deeper_than_a_path_can_name_count_as_too_many(tmp_path: Path) -> None:
    (tmp_path / "left").mkdir()
    assert disk_bytes(tmp_path / "left", []) is not None
    dig(tmp_path / "left", 3000)
    assert disk_bytes(tmp_path / "left", []) is None
    remove_tree(tmp_path / "left")


def test_a_submission_that_nests_folders_without_end_is_closed_and_leaves_nothing(plain_warm: WarmProcess) -> None:
    before = {*plain_warm._folder.iterdir()}
    with plain_warm.submission(Limits()) as submission:
        assert len({*plain_warm._folder.iterdir()} - before) == 1
        with contextlib.suppress(GuestDied):  # for disk, if it is seen in time
            submission.run_cell(1, DEEP, 20.0)
    assert {*plain_warm._folder.iterdir()} == before
