import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import notebook as module
from autograder.errors import SubmissionError
from autograder.notebook import PlainCell, read_cells, read_untrusted

CODE = {"cell_type": "code", "metadata": {}, "source": "x = 1"}


def read(folder: Path, content: bytes | str | dict[str, Any] | list[Any]) -> tuple[PlainCell, ...]:
    if isinstance(content, dict | list):
        content = json.dumps(content)
    path = folder / "ppo.ipynb"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_cells(path, within=folder)[0]


def one(folder: Path, **cell: object) -> PlainCell:
    (only,) = read(folder, {"nbformat": 4, "cells": [CODE | cell]})
    return only


def test_a_cell_of_format_4_keeps_text_kind_name_id_and_tags(tmp_path: Path) -> None:
    metadata = {"tags": ["training", "slow", "training"], "nbgrader": {"grade_id": "Actor"}}
    cell = one(tmp_path, id="a-1", source=["a = 1\n", "b = 2"], metadata=metadata)
    assert cell == PlainCell("code", "a = 1\nb = 2", "a-1", "Actor", ("training", "slow"))


def test_the_kinds_of_cells_are_kept_and_unknown_ones_are_raw(tmp_path: Path) -> None:
    kinds = [one(tmp_path, cell_type=kind).kind for kind in ("code", "markdown", "html", "raw", "strange")]
    assert kinds == ["code", "markdown", "markdown", "raw", "raw"]


@pytest.mark.parametrize("version", [2, 3])
def test_the_cells_of_old_formats_are_read(tmp_path: Path, version: int) -> None:
    first = [
        {"cell_type": "heading", "level": 2, "source": ["Losses\n", "and more"]},
        {
            "cell_type": "code",
            "input": ["x = 1\n", "x"],
            "outputs": [],
            "metadata": {"nbgrader": {"grade_id": "Actor"}},
        },
    ]
    second = [{"cell_type": "markdown", "source": "text"}]
    cells = read(tmp_path, {"nbformat": version, "worksheets": [{"cells": first}, {"cells": second}]})
    assert [(cell.kind, cell.source, cell.grade_id) for cell in cells] == [
        ("markdown", "## Losses and more", ""),
        ("code", "x = 1\nx", "Actor"),
        ("markdown", "text", ""),
    ]


def test_an_id_may_stand_in_the_metadata_as_colab_writes_it(tmp_path: Path) -> None:
    assert one(tmp_path, metadata={"id": "Actor"}).id == "Actor"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32-le"])
def test_byte_order_marks_and_wide_encodings_are_understood(tmp_path: Path, encoding: str) -> None:
    text = json.dumps({"nbformat": 4, "cells": [CODE | {"source": "γ = 'žluťoučký 🐆'"}]}, ensure_ascii=False)
    assert read(tmp_path, text.encode(encoding))[0].source == "γ = 'žluťoučký 🐆'"


def test_line_ends_become_those_of_unix(tmp_path: Path) -> None:
    assert one(tmp_path, source=["a\r\n", "b\r", "c\n"]).source == "a\nb\nc\n"


def test_text_can_be_written_as_utf_8_whatever_escapes_the_file_held(tmp_path: Path) -> None:
    assert one(tmp_path, source="a\ud800b").source == "a\ufffdb"
    assert one(tmp_path, source="\ud83d\udc06").source == "🐆"


def test_names_ids_and_tags_that_are_not_plain_text_count_as_none(tmp_path: Path) -> None:
    metadata = {"tags": ["ok", 3, "a,b", "\n"], "nbgrader": {"grade_id": ["Actor"]}}
    assert one(tmp_path, id=7, metadata=metadata) == PlainCell("code", "x = 1", tags=("ok",))
    assert one(tmp_path, id="\ud800", metadata=["no", "mapping"]) == PlainCell("code", "x = 1")
    assert one(tmp_path, metadata={"tags": "training", "nbgrader": None}) == PlainCell("code", "x = 1")


def test_images_of_a_markdown_cell_are_kept_if_well_formed(tmp_path: Path) -> None:
    images = {"a.png": {"image/png": "aGk=", "image/gif": 3}, "b.png": "no mapping"}
    assert one(tmp_path, cell_type="markdown", attachments=images).attachments == {"a.png": {"image/png": "aGk="}}
    assert one(tmp_path, attachments=images).attachments == {}


def test_cells_without_text_are_left_out_with_a_note(tmp_path: Path) -> None:
    path = tmp_path / "ppo.ipynb"
    path.write_text(json.dumps({"cells": [CODE, 3, {"cell_type": "code", "source": {}}, {"source": "x"}]}))
    cells, notes = read_cells(path, within=tmp_path)
    assert [cell.source for cell in cells] == ["x = 1"]
    assert notes == ("Cells of ppo.ipynb without readable text, which are left out: 3.",)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "an empty file"),
        (b"  \n", "an empty file"),
        (b"My homework", "expected a notebook in JSON"),
        (b'{"cells": [', "expected a notebook in JSON"),
        (b"\xff\xfe\xfa\xfb\xfc", "bytes that are not UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"nbformat": ' + b"9" * 5_000 + b"}", "expected a notebook in JSON"),
        (b"[1, 2]", "whose top is a list"),
        (b"null", "whose top is a NoneType"),
        (b"{}", "expected a notebook with cells"),
        (b'{"cells": []}', "expected a notebook with cells"),
        (b'{"cells": {"a": 1}}', "expected a notebook with cells"),
        (b'{"worksheets": [3, {"cells": null}]}', "expected a notebook with cells"),
        (b'{"nbformat": 5, "cells": [{}]}', "expected notebook format 4 or older, received 5"),
    ],
)
def test_what_is_no_notebook_is_refused_in_one_sentence(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(SubmissionError) as refused:
        read(tmp_path, content)
    message = str(refused.value)
    assert reason in message
    assert message.startswith("ppo.ipynb: expected ")
    assert ";" in message
    assert "\n" not in message


def test_sizes_that_no_homework_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CELLS", 3)
    with pytest.raises(SubmissionError, match="at most 3 cells, received 4"):
        read(tmp_path, {"cells": [CODE] * 4})
    monkeypatch.setattr(module, "MAX_CODE_CHARACTERS", 14)
    with pytest.raises(SubmissionError, match="at most 14 characters of code"):
        read(tmp_path, {"cells": [CODE] * 3})
    assert len(read(tmp_path, {"cells": [CODE, CODE, CODE | {"cell_type": "markdown"}]})) == 3


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "ppo.ipynb"
    with path.open("wb") as stream:
        stream.truncate(2**40)
    with pytest.raises(SubmissionError, match="at most 50 MiB, received 1048576 MiB"):
        read_cells(path, within=tmp_path)


def test_a_link_within_the_folder_is_followed_and_one_that_leads_out_of_it_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "hand-in"
    folder.mkdir()
    (tmp_path / "secret").write_text("hidden")
    (folder / "file").write_text("own")
    (folder / "within").symlink_to("file")
    (folder / "out").symlink_to("../secret")
    (folder / "loop").symlink_to("loop")
    assert read_untrusted(folder / "within", within=folder) == b"own"
    with pytest.raises(SubmissionError, match="a link to a place outside"):
        read_untrusted(folder / "out", within=folder)
    with pytest.raises(SubmissionError, match="expected a readable file"):
        read_untrusted(folder / "loop", within=folder)


def test_pipes_folders_and_missing_files_are_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SubmissionError, match="a pipe, socket or device"):
        read_untrusted(tmp_path / "pipe", within=tmp_path)
    with pytest.raises(SubmissionError, match="received a folder"):
        read_untrusted(tmp_path, within=tmp_path)
    with pytest.raises(SubmissionError, match="No such file"):
        read_untrusted(tmp_path / "nothing", within=tmp_path)


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 6)
    | st.text(max_size=5)
    | st.sampled_from(["code", "markdown", "heading"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["cells", "cell_type", "source", "input", "metadata", "nbgrader", "tags", "level", "id"])
            | st.sampled_from(["worksheets", "nbformat", "attachments", "grade_id"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=30,
)


@settings(max_examples=150, deadline=None)
@given(document=st.dictionaries(st.sampled_from(["cells", "worksheets", "nbformat"]), _JSON, max_size=3))
def test_any_json_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, document: dict[str, Any]) -> None:
    folder = tmp_path_factory.getbasetemp()
    try:
        cells = read(folder, document)
    except SubmissionError:
        return
    for cell in cells:
        assert cell.kind in ("code", "markdown", "raw")
        cell.source.encode()
