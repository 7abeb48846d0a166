import copy
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest

from autograder.errors import InputError, SubmissionError
from autograder.submission import Cell, find_submissions, read_submission
from tests.made_up_course import TOML, make_course
from tests.released_numbers import ASSIGNMENT, RELEASED, SOLUTIONS, solved, untouched, write_release

NOON = datetime(2027, 1, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
def release(tmp_path):
    return write_release(tmp_path)


@pytest.fixture
def folder(tmp_path):
    """A hand-in of student-07 with a solved notebook."""
    folder = tmp_path / "submitted" / "student-07" / "numbers"
    folder.mkdir(parents=True)
    (folder / "numbers.ipynb").write_bytes(solved().content())
    return folder


@pytest.fixture
def read(folder, release):
    return lambda: read_submission(folder, ASSIGNMENT, release)


def test_a_hand_in_is_read(folder, read):
    (folder / "timestamp.txt").write_text("2027-01-10 12:00:00.000000 UTC")
    (folder / "policy.safetensors").write_bytes(b"weights")
    submission = read()
    assert (submission.student, submission.assignment, submission.language) == ("student-07", "numbers", "en")
    assert submission.submitted_at == NOON
    assert submission.policy == b"weights"
    assert submission.notes == ()
    assert submission.cells[3] == Cell(4, "code", SOLUTIONS["double"], "double", (), "solution")
    assert [cell.source for cell in submission.cells] == [cell["source"] for cell in submission.notebook["cells"]]
    nbformat.validate(nbformat.from_dict(copy.deepcopy(submission.notebook)))


def test_a_hand_in_may_come_with_nothing_else(read):
    submission = read()
    assert submission.submitted_at is None
    assert submission.policy is None
    assert submission.notes == ()


def test_outputs_do_not_reach_the_notebook(folder, read):
    notebook = solved()
    for cell in notebook.cells:
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "<script>"}]
    (folder / "numbers.ipynb").write_bytes(notebook.content())
    assert "<script>" not in json.dumps(read().notebook)


@pytest.mark.parametrize(
    "text",
    [
        "2027-01-10 12:00:00.000000 UTC",
        "2027-01-10 12:00:00.000000 UTC\n",
        "\ufeff2027-01-10 12:00:00 GMT\r\n",
        "2027-01-10 12:00:00.000000",
        "2027-01-10 12:00",
        "2027-01-10T12:00:00Z",
        "2027-01-10 13:00:00 +0100",
        "2027-01-10 13:00:00.5+01:00",
        "2027-01-10 13:00:00.000000 Europe/Prague",
        "2027-01-10 04:00:00 America/Los_Angeles",
        "2027-01-10 13:00:00 CET",
    ],
)
def test_timestamps_of_nbgrader_are_understood(folder, read, text):
    (folder / "timestamp.txt").write_text(text, encoding="utf-8", newline="")
    submission = read()
    assert submission.submitted_at is not None
    assert submission.submitted_at.replace(microsecond=0) == NOON
    assert submission.submitted_at.tzinfo is UTC
    assert submission.notes == ()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"yesterday",
        b"2027-13-10 12:00",
        b"2027-01-10 12:00:00 PST",
        b"2027-01-10 12:00 ../../etc/passwd",
        b"\xff\xfe",
        b"0001-01-01 00:00 +1400",
        b"2027-01-10 12:00:00 Europe",
        b"2027-01-10",
        b"x" * 1_000,
    ],
)
def test_a_timestamp_that_names_no_instant_is_noted(folder, read, content):
    (folder / "timestamp.txt").write_bytes(content)
    submission = read()
    assert submission.submitted_at is None
    assert submission.notes[0].startswith("The time of the hand-in was left out: timestamp.txt: expected ")
    assert "\n" not in submission.notes[0]


def test_a_policy_from_outside_is_left_out_with_a_note(folder, read, tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"weights")
    (folder / "policy.safetensors").symlink_to(tmp_path / "elsewhere")
    submission = read()
    assert submission.policy is None
    assert submission.notes[0].startswith("The trained policy was left out: policy.safetensors: expected a file inside")


def test_a_policy_of_gigabytes_is_left_out_unread_with_a_note(folder, read):
    with (folder / "policy.safetensors").open("wb") as stream:
        stream.truncate(3 * 1024**3)  # holes: it takes no space
    submission = read()
    assert submission.policy is None
    assert submission.notes[0].startswith("The trained policy was left out: policy.safetensors: expected ")


def test_the_notebook_of_another_language_counts_as_the_same(folder, read, release):
    (folder / "numbers.ipynb").rename(folder / "numbers.ru.ipynb")
    submission = read()
    assert submission.language == "ru"
    assert submission.notes == ()
    russian = json.loads(json.dumps(RELEASED).replace("check = print", "check = print  # проверка"))
    release.with_name("numbers.ru.ipynb").write_text(json.dumps(russian), encoding="utf-8")
    submission = read()
    assert "проверка" in next(cell for cell in submission.cells if cell.grade_id == "imports").source


def test_of_several_languages_the_one_with_the_most_work_counts(folder, read):
    (folder / "numbers.ru.ipynb").write_bytes(untouched().content())
    assert read().language == "en"
    (folder / "numbers.ipynb").write_bytes(untouched().content())
    assert read().language == "en"
    (folder / "numbers.ru.ipynb").write_bytes(solved().content())
    submission = read()
    assert submission.language == "ru"
    assert submission.notes == ("The notebook in `en` is left out: less is written in it.",)


def test_a_broken_notebook_beside_a_good_one_is_noted(folder, read):
    (folder / "numbers.ru.ipynb").write_bytes(b"")
    submission = read()
    assert submission.language == "en"
    assert submission.notes[0].startswith(
        "Left out: numbers.ru.ipynb: expected a notebook in JSON, received an empty file"
    )


def refusal(read) -> str:
    with pytest.raises(SubmissionError) as refused:
        read()
    message = str(refused.value)
    assert "\n" not in message
    assert ";" in message
    return message


def test_a_folder_without_the_notebook_is_refused_with_what_is_in_it(folder, read):
    (folder / "numbers.ipynb").rename(folder / "my\n homework.ipynb")
    assert "expected a notebook named numbers.ipynb, found 'my\\n homework.ipynb'" in refusal(read)
    (folder / "my\n homework.ipynb").unlink()
    assert "found nothing" in refusal(read)


def test_what_cannot_be_graded_is_refused_in_one_sentence(folder, read):
    for content, reason in (
        (b"", "an empty file"),
        (b"hello", "expected a notebook in JSON"),
        (
            json.dumps({"cells": [{"cell_type": "code", "source": "x"}]}).encode(),
            "expected a notebook of this assignment",
        ),
    ):
        (folder / "numbers.ipynb").write_bytes(content)
        assert reason in refusal(read)
    (folder / "numbers.ipynb").unlink()
    (folder / "numbers.ipynb").mkdir()
    assert "received a folder" in refusal(read)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_that_may_not_be_read_is_refused(folder, read):
    (folder / "numbers.ipynb").chmod(0)
    assert "Permission denied" in refusal(read)


def test_a_hand_in_that_is_a_link_to_another_one_is_refused(folder, release):
    other = folder.parents[1] / "student-08"
    other.mkdir()
    (other / "numbers").symlink_to(folder)
    with pytest.raises(SubmissionError, match="expected a folder with a notebook"):
        read_submission(other / "numbers", ASSIGNMENT, release)
    with pytest.raises(SubmissionError, match="expected a folder with a notebook"):
        read_submission(other / "nothing", ASSIGNMENT, release)


def test_the_digest_changes_with_what_the_grade_depends_on_and_with_nothing_else(folder, read):
    def digest(notebook=None):
        if notebook is not None:
            (folder / "numbers.ipynb").write_bytes(notebook.content())
        return read().digest

    first = digest()
    with_outputs = solved()
    with_outputs.cells[3]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "7"}]
    with_outputs.cells[3]["execution_count"] = 12
    with_outputs.json["metadata"] = {"colab": {}}
    assert digest(with_outputs) == first
    seen = {first, digest(solved(double="def double(n): return n + n")), digest(solved().move("halve", "double"))}
    digest(solved())
    for name, content in (
        ("timestamp.txt", "2027-01-10 12:00"),
        ("policy.safetensors", "a"),
        ("policy.safetensors", "b"),
    ):
        (folder / name).write_text(content)
        seen.add(digest())
    assert len(seen) == 6
    assert digest() == digest()


def test_reading_imports_nothing_heavy(folder, release):
    program = (
        "import sys; from pathlib import Path; from autograder.submission import read_submission\n"
        "from tests.released_numbers import ASSIGNMENT\n"
        f"read_submission(Path({str(folder)!r}), ASSIGNMENT, Path({str(release)!r}))\n"
        "print({'nbformat', 'jupytext', 'torch', 'numpy', 'IPython', 'nbgrader'} & set(sys.modules))"
    )
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.fixture
def course(tmp_path):
    return make_course(tmp_path / "course")


@pytest.fixture
def submitted(tmp_path):
    for name in ("student-02/numbers", "student-01/numbers", "student-01/other", "student-03/other", ".hidden/numbers"):
        (tmp_path / "submitted" / name).mkdir(parents=True)
    (tmp_path / "submitted" / "readme.txt").touch()
    return tmp_path / "submitted"


def test_hand_ins_are_found_in_order(course, submitted):
    expected = [(name, "numbers", submitted / name / "numbers") for name in ("student-01", "student-02")]
    assert find_submissions(submitted, course) == expected
    assert find_submissions(submitted, course, assignment="numbers") == expected
    assert find_submissions(submitted, course, student="student-02") == expected[1:]


def test_hand_ins_of_what_is_not_graded_are_left_out_or_refused(tmp_path, submitted):
    course = make_course(tmp_path / "course", TOML + '[assignments.other]\ntitle = "Another"\n')
    assert {name for _, name, _ in find_submissions(submitted, course)} == {"numbers"}
    with pytest.raises(InputError, match=r"'other' is not graded, .*; expected one of numbers"):
        find_submissions(submitted, course, assignment="other")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"assignment": "essay"}, "expected one of numbers, received 'essay'"),
        ({"assignment": ""}, "expected one of numbers, received ''"),
        (
            {"student": "student-99"},
            "expected a folder of student 'student-99', found student-01, student-02, student-03",
        ),
        ({"student": "student-03"}, "with <assignment> one of numbers, found none"),
    ],
)
def test_what_is_not_there_is_the_instructors_matter(course, submitted, arguments, reason):
    with pytest.raises(InputError) as refused:
        find_submissions(submitted, course, **arguments)
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_folder_that_is_missing_empty_or_holds_unprintable_names_is_refused(course, tmp_path):
    with pytest.raises(InputError, match="expected a folder of submissions, found none"):
        find_submissions(tmp_path / "nothing", course)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="students here: none"):
        find_submissions(tmp_path / "empty", course)
    (tmp_path / "odd" / "a\nb" / "numbers").mkdir(parents=True)
    with pytest.raises(InputError, match="expected a printable student id"):
        find_submissions(tmp_path / "odd", course)
