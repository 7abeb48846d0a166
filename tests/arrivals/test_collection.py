"""Hand-ins from everywhere come to lie where the grader looks; times here are those of Prague, one hour before UTC."""

import csv
import os
import stat
import struct
import zipfile
from datetime import UTC, datetime

import pytest

from autograder.arrivals.collection import Order, collect
from autograder.arrivals.listing import MAX_FILES
from autograder.arrivals.register import read_register
from autograder.errors import InputError
from tests.arrivals.sources import notebook, packed, written
from tests.made_up_course import TOML, make_course

IN_TIME = datetime(2027, 1, 12, tzinfo=UTC)
TOO_LATE = datetime(2027, 2, 20, tzinfo=UTC)


@pytest.fixture
def course(tmp_path):
    more = '\n[assignments.letters]\ntitle = "Letters"\nexercises = ["spell", "read"]\n'
    return make_course(tmp_path / "course", TOML + more)


@pytest.fixture
def submitted(tmp_path):
    return tmp_path / "submitted"


def taken(course, submitted, *sources, **options):
    """Collects; the lines by what became of them and whose they are."""
    found = collect(course, sources, Order(into=submitted, **options))
    return {(line.state, line.student) for line in found.lines}, found


def handed_in(submitted, student, assignment="numbers"):
    folder = submitted / student / assignment
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def time_of(submitted, student, name="timestamp.txt"):
    return handed_in(submitted, student).get(name, b"").decode().strip()


def test_nbgraders_exchange_gives_the_newest_hand_in_and_its_time(course, submitted, tmp_path):
    times = ("2027-01-10 10:00:00.000001 UTC", "2027-01-11 10:00:00.500000 UTC")
    files: dict[str, object] = {}
    for number, time in enumerate(times):
        folder = f"drl/inbound/jan+novák+numbers+{time}+Xy_{number}-z"
        files |= {f"{folder}/numbers.ipynb": notebook(str(number)), f"{folder}/timestamp.txt": time}
    states, found = taken(course, submitted, written(tmp_path / "exchange", files) / "drl")
    assert found.kinds[0][1] == "nbgrader's exchange"
    assert states == {("collected", "jan+novák"), ("older", "jan+novák")}
    assert handed_in(submitted, "jan+novák")["numbers.ipynb"] == notebook("1")
    assert time_of(submitted, "jan+novák") == times[1]


def test_folders_of_students_keep_timestamp_agent_and_language(course, submitted, tmp_path):
    files = {
        "student-07/numbers/numbers.ru.ipynb": notebook(),
        "student-07/numbers/policy.safetensors": b"weights",
        "student-07/numbers/timestamp.txt": "2027-01-10 12:00:00 +0100",
        "student-07/numbers/cat.png": b"left out",
        "student-08/letters/letters.ipynb": notebook(exercises=("spell", "read")),
    }
    _, found = taken(course, submitted, written(tmp_path / "old", files), assignment="numbers")
    assert [line.student for line in found.lines] == ["student-07"]
    held = handed_in(submitted, "student-07")
    assert set(held) == {"numbers.ru.ipynb", "policy.safetensors", "timestamp.txt"}
    assert time_of(submitted, "student-07") == "2027-01-10 11:00:00.000000 UTC"


def test_files_named_after_students_have_the_time_of_their_last_change(course, submitted, tmp_path):
    archive = packed({"numbers.ru.ipynb": notebook("7"), "policy.safetensors": b"weights"})
    files = {
        "student-01.ipynb": notebook("1"),
        "student-02_numbers.ipynb": notebook("2"),
        "student-02_policy.safetensors": b"of two",
        "Žofie Černá.ipynb": notebook("3"),
        "student-07.zip": archive,
        "student-08/Copy of numbers.ipynb": notebook("8"),
        "notes.txt": "no hand-in",
    }
    states, _ = taken(course, submitted, written(tmp_path / "flat", files))
    students = {"student-01", "student-02", "Žofie Černá", "student-07", "student-08"}
    assert states == {("collected", each) for each in students} | {("refused", "")}
    assert set(handed_in(submitted, "student-07")) >= {"numbers.ru.ipynb", "policy.safetensors"}
    assert handed_in(submitted, "student-02")["policy.safetensors"] == b"of two"
    assert time_of(submitted, "student-01") == "2027-01-12 00:00:00.000000 UTC"


def test_an_archive_of_hand_in_is_its_students_by_name_or_by_option(course, submitted, tmp_path):
    content = packed({"numbers.ipynb": notebook()})
    folder = written(tmp_path / "mail", {"student-07.zip": content, "numbers.zip": content})
    states, _ = taken(course, submitted, folder / "student-07.zip", folder / "numbers.zip")
    assert states == {("collected", "student-07"), ("refused", "")}
    states, found = taken(course, submitted, folder / "numbers.zip", student="student-09")
    assert found.kinds[0][1] == "a hand-in archive" and states == {("collected", "student-09")}


def moodle(*times):
    """A download of all submissions: a notebook, an archive, and a text typed into Moodle."""
    mark = "assignsubmission_file"
    return packed(
        {
            f"Jan Novák_4711_{mark}/numbers.ipynb": (notebook("1"), times[0]),
            f"Anna van der Berg_4712_{mark}/numbers.zip": (packed({"numbers.ipynb": notebook("2")}), times[1]),
            "Jan Novák_4711_assignsubmission_onlinetext/onlinetext.html": (b"<p>see file</p>", times[0]),
        }
    )


def test_times_in_a_moodle_download_count_if_they_are_not_those_of_the_packing(course, submitted, tmp_path):
    archive = tmp_path / "moodle.zip"
    archive.write_bytes(moodle((2027, 1, 10, 12, 0, 0), (2027, 1, 18, 9, 30, 2)))
    states, found = taken(course, submitted, archive)
    assert found.kinds[0][1] == "a Moodle download"
    assert states == {("collected", "4711"), ("collected", "4712")}
    assert time_of(submitted, "4711") == "2027-01-10 11:00:00.000000 UTC"
    assert time_of(submitted, "4712") == "2027-01-18 08:30:02.000000 UTC"  # late, and said exactly


def test_the_time_of_a_download_makes_nobody_late(course, submitted, tmp_path):
    archive = tmp_path / "moodle.zip"
    archive.write_bytes(moodle((2027, 1, 20, 9, 0, 0), (2027, 1, 20, 9, 0, 8)))
    _, found = taken(course, submitted, archive)
    assert [line.timed for line in found.lines] == [False, False]
    assert set(handed_in(submitted, "4711")) == {"numbers.ipynb", "downloaded.txt"}
    before_the_deadline = tmp_path / "earlier.zip"
    before_the_deadline.write_bytes(moodle((2027, 1, 15, 9, 0, 0), (2027, 1, 15, 9, 0, 8)))
    taken(course, submitted.with_name("other"), before_the_deadline)
    assert time_of(submitted.with_name("other"), "4712") == "2027-01-15 08:00:08.000000 UTC"


def test_moodles_grading_worksheet_gives_names_and_times(course, submitted, tmp_path):
    archive, worksheet = tmp_path / "moodle.zip", tmp_path / "worksheet.csv"
    archive.write_bytes(moodle((2027, 1, 20, 9, 0, 0), (2027, 1, 20, 9, 0, 8)))
    with worksheet.open("w", encoding="utf-8", newline="") as stream:
        lines = csv.writer(stream)
        lines.writerow(["Identifier", "Full name", "Email address", "Grade", "Last modified (submission)"])
        lines.writerow(["Participant 4711", "Jan Novák", "novak@u.example", "", "Sunday, 17 January 2027, 11:59 PM"])
        lines.writerow(["Participant 4713", "Nobody", "nobody@u.example", "", "-"])
    register = read_register(worksheet, course.timezone)
    states, _ = taken(course, submitted, archive, register=register)
    assert states == {("collected", "novak@u.example"), ("refused", "")}
    assert time_of(submitted, "novak@u.example") == "2027-01-17 22:59:00.000000 UTC"
    with pytest.raises(InputError, match="--match: expected one of the columns"):
        read_register(worksheet, course.timezone, match="Login")


def test_a_canvas_download_is_recognised_packed_and_unpacked(course, submitted, tmp_path):
    files = {
        "novakjan_4711_98765_numbers.ipynb": (notebook("1"), (2027, 1, 10, 12, 0, 0)),
        "novakjan_4711_98766_policy.safetensors": (b"weights", (2027, 1, 10, 12, 0, 0)),
        "van_der_berganna_LATE_4712_98770_numbers-1.ipynb": (notebook("2"), (2027, 1, 18, 12, 0, 0)),
        "LATE_anon_x7Yz1_98771_numbers.zip": (packed({"numbers.ipynb": notebook("3")}), (2027, 1, 19, 12, 0, 0)),
        "svobodakarel_4714_text.html": (b"typed", (2027, 1, 10, 12, 0, 0)),
    }
    archive = tmp_path / "submissions.zip"
    archive.write_bytes(packed(files))
    states, found = taken(course, submitted, archive)
    assert found.kinds[0][1] == "a Canvas download"
    assert states == {("collected", "4711"), ("collected", "4712"), ("collected", "anon_x7Yz1"), ("refused", "")}
    assert [line.student for line in found.lines if line.text == "Canvas says LATE"] == ["4712", "anon_x7Yz1"]
    assert set(handed_in(submitted, "4711")) == {"numbers.ipynb", "policy.safetensors", "timestamp.txt"}
    assert time_of(submitted, "4712") == "2027-01-18 11:00:00.000000 UTC"
    unpacked = written(tmp_path / "unpacked", {name: content for name, (content, _) in files.items()})
    assert {line.student for line in taken(course, submitted, unpacked)[1].lines} - {""} == {
        *("4711", "4712", "anon_x7Yz1")
    }


def test_a_second_collection_changes_nothing_and_an_older_hand_in_never_wins(course, submitted, tmp_path):
    old = written(tmp_path / "old", {"student-07.ipynb": notebook("old")}, datetime(2027, 1, 11, tzinfo=UTC))
    new = written(tmp_path / "new", {"student-07.ipynb": notebook("new")}, IN_TIME)
    assert taken(course, submitted, new)[0] == {("collected", "student-07")}
    assert taken(course, submitted, new)[0] == {("unchanged", "student-07")}
    assert taken(course, submitted, old)[0] == {("older", "student-07")}
    assert handed_in(submitted, "student-07")["numbers.ipynb"] == notebook("new")
    newer = written(tmp_path / "newer", {"student-07.ipynb": notebook("newer")}, datetime(2027, 1, 13, tzinfo=UTC))
    assert taken(course, submitted, newer, old, new)[0] == {("replaced", "student-07"), ("older", "student-07")}
    assert handed_in(submitted, "student-07")["numbers.ipynb"] == notebook("newer")
    assert [path.name for path in submitted.iterdir()] == ["student-07"]


def test_what_cannot_be_told_apart_in_time_is_refused_and_nothing_is_lost(course, submitted, tmp_path):
    written(submitted, {"student-07/numbers/numbers.ipynb": notebook("put here by hand")})
    flat = written(tmp_path / "flat", {"student-07.ipynb": notebook("another")})
    states, found = taken(course, submitted, flat)
    assert states == {("refused", "student-07")}
    assert "it cannot be told whether it is newer" in found.lines[0].text
    assert handed_in(submitted, "student-07")["numbers.ipynb"] == notebook("put here by hand")
    twice = {"student-08.ipynb": notebook("a"), "student-08_numbers.zip": packed({"numbers.ipynb": notebook("b")})}
    states, _ = taken(course, submitted, written(tmp_path / "twice", twice))
    assert states == {("collected", "student-08"), ("refused", "student-08")}


def test_a_dry_run_says_the_same_and_writes_nothing(course, submitted, tmp_path):
    flat = written(tmp_path / "flat", {"student-07.ipynb": notebook(), "student-08.ipynb": b"no notebook"})
    states, _ = taken(course, submitted, flat, dry_run=True)
    assert not submitted.exists()
    assert taken(course, submitted, flat)[0] == states


def bomb():
    """An archive of 200 KiB whose notebook has 200 MiB."""
    return packed({"numbers.ipynb": b" " * (200 * 2**20)})


def with_link():
    """An archive with a link to a file of the machine in place of the notebook."""
    entry = zipfile.ZipInfo("numbers.ipynb")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return packed_entry(entry, b"/etc/passwd")


def packed_entry(entry, content):
    from io import BytesIO

    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(entry, content)
    return stream.getvalue()


def lying():
    """An archive that says its notebook has ten bytes."""
    content = bytearray(bomb())
    at = content.rfind(b"PK\x01\x02")
    struct.pack_into("<I", content, at + 24, 10)
    return bytes(content)


HOSTILE = {
    "slip": (lambda: packed({"../../evil.ipynb": notebook()}), "a path that leads out of it"),
    "absolute": (lambda: packed({"/tmp/evil.ipynb": notebook()}), "a path that leads out of it"),
    "drive": (lambda: packed({"C:\\evil.ipynb": notebook()}), "a path that leads out of it"),
    "backslashes": (lambda: packed({"..\\..\\evil.ipynb": notebook()}), "a path that leads out of it"),
    "link": (with_link, "received a link or device"),
    "bomb": (bomb, "expected at most 50 MiB, received more"),
    "lying": (lying, "numbers.ipynb: expected"),
    "cut": (lambda: packed({"numbers.ipynb": notebook()})[:-40], "expected a zip archive"),
    "many": (lambda: packed({f"{n}.txt": b"" for n in range(6_000)}), "a table of contents over"),
    "nothing": (lambda: packed({}), "expected one to 10 notebooks"),
    "two agents": (
        lambda: packed({"numbers.ipynb": notebook(), "policy.safetensors": b"1", "old/policy.safetensors": b"2"}),
        "expected one policy.safetensors",
    ),
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_a_hostile_archive_is_refused_and_the_others_are_taken(course, submitted, tmp_path, attack):
    make, reason = HOSTILE[attack]
    (tmp_path / "flat").mkdir()
    flat = written(tmp_path / "flat", {"student-07.ipynb": notebook(), "student-66.zip": make()})
    states, found = taken(course, submitted, flat)
    assert states == {("collected", "student-07"), ("refused", "student-66")}
    assert reason in found.refused[0].text
    assert sorted(path.name for path in submitted.iterdir()) == ["student-07"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["course", "flat", "submitted"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"My homework", "expected a notebook in JSON"),
        (b"", "received an empty file"),
        (notebook(exercises=("spell", "read")), "expected a notebook of numbers, received one of letters"),
    ],
    ids=["text", "empty", "another assignment"],
)
def test_a_file_that_is_no_notebook_of_the_assignment_is_refused(course, submitted, tmp_path, content, reason):
    flat = written(tmp_path / "flat", {"student-07.ipynb": notebook(), "student-66.ipynb": content})
    _, found = taken(course, submitted, flat, assignment="numbers")
    state = {line.student: line for line in found.lines}["student-66"]
    assert state.state == "refused" and reason in state.text


def test_a_notebook_that_has_lost_the_names_of_its_cells_is_known_by_its_name_or_by_what_is_asked_for(
    course, submitted, tmp_path
):
    files = {"student-01_numbers.ipynb": notebook(exercises=("x",)), "student-02.ipynb": notebook(exercises=("x",))}
    flat = written(tmp_path / "flat", files)
    assert taken(course, submitted, flat)[0] == {("collected", "student-01"), ("refused", "student-02")}
    assert taken(course, submitted, flat, assignment="numbers")[0] == {
        ("unchanged", "student-01"),
        ("collected", "student-02"),
    }


def test_links_in_a_folder_are_not_followed(course, submitted, tmp_path):
    secret = written(tmp_path / "outside", {"numbers.ipynb": notebook("secret")})
    flat = written(tmp_path / "flat", {"student-07.ipynb": notebook()})
    (flat / "student-08.ipynb").symlink_to(secret / "numbers.ipynb")
    (flat / "student-09").symlink_to(secret)
    os.mkfifo(flat / "student-10.ipynb")
    states, found = taken(course, submitted, flat)
    assert states == {("collected", "student-07"), ("refused", "")}
    assert len(found.refused) == 3
    assert [path.name for path in submitted.iterdir()] == ["student-07"]


def test_a_name_that_leads_elsewhere_is_no_student(course, submitted, tmp_path):
    time = "2027-01-10 10:00:00 UTC"
    written(tmp_path / "inbound", {f".hidden+numbers+{time}+x/numbers.ipynb": notebook()})
    written(tmp_path / "inbound", {f"student-07+numbers+{time}+x/numbers.ipynb": notebook()})
    assert taken(course, submitted, tmp_path / "inbound")[0] == {("collected", "student-07")}
    archive = tmp_path / "inbound.zip"
    archive.write_bytes(packed({f"..+numbers+{time}+x/numbers.ipynb": notebook()}))
    assert ("collected", "..") not in taken(course, submitted, archive)[0]
    assert [path.name for path in submitted.iterdir()] == ["student-07"]


def test_an_unknown_source_is_one_refusal_and_a_missing_one_an_error(course, submitted, tmp_path):
    strange = written(tmp_path / "strange", {"readme.md": "nothing"})
    _, found = taken(course, submitted, strange)
    assert "expected nbgrader's exchange, a Moodle download" in found.refused[0].text
    with pytest.raises(InputError, match="expected a folder, an archive or a notebook, found none"):
        taken(course, submitted, tmp_path / "nowhere")
    assert MAX_FILES > 10_000  # a class of thousands with a few files each
