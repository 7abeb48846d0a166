"""Faults around a run: full disks, read-only folders, locks, hand-ins that vanish, clocks that jump."""

import ast
import os
import shlex
import shutil
import sqlite3
import subprocess
import sys

import pytest

from autograder.class_run import grade_folder
from autograder.gradebook_database import open_gradebook
from autograder.kept_results import DIGEST, only_grader
from autograder.report import read_reports, write_atomically
from tests.ppo_course import REPOSITORY, hand_in, released_course

STUDENTS = ["student-01", "student-02"]
WALL_CLOCK = {"time.time", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
MAY_ASK = {
    "catalogues.py": "the date of a translation",
    "sandbox/door.py": "the age of a folder that a killed grader may have left",
    "steady_clock.py": "the hour at the start, from which it goes on by the monotonic clock",
}


@pytest.fixture
def course(tmp_path):
    course = released_course(tmp_path / "course")
    for student in STUDENTS:
        folder = hand_in(course, student)
        (folder / "ppo.ipynb").write_text("not a notebook")  # a report, and no time spent on it
    return course


def grade(course, *options, out="results", before=""):
    """Runs the command in a mount namespace of its own, after some commands of the shell."""
    command = [sys.executable, "-m", "autograder.cli", "grade", "submitted", "--out", out, "--workers", "1", *options]
    line = shlex.join(command)
    words = ["sh", "-c", f"{before}\n{line}"]
    if before:
        words = ["unshare", "--mount", *words]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "COLUMNS": "400"}
    return subprocess.run(words, cwd=course.root, env=environment, capture_output=True, text=True, check=False)


def require_mounts():
    probe = ["unshare", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]
    if os.geteuid() != 0 or subprocess.run(probe, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs root and the right to mount")


def rows(course):
    with open_gradebook(course) as gradebook:
        return sorted(row.student.id for row in gradebook.assignment_submissions("ppo"))


def test_a_full_disk_is_one_line_and_what_was_graded_is_kept(course):
    require_mounts()
    (course.root / "results").mkdir()
    room = "mount -t tmpfs -o size=24k,nr_inodes=100 tmpfs results"
    first = shlex.join(
        [sys.executable, "-m", "autograder.cli", "grade", "submitted", "--out", "results", "--workers", "1"]
    )
    keep = "cp -r results full; mount -o remount,size=64m results; trap 'cp -r results roomy' EXIT"
    done = grade(course, before=f"set -u\n{room}\n{first} 2>said; echo $? >>said\n{keep}")
    said = (course.root / "said").read_text()
    assert "Traceback" not in said
    assert "No space left on device; mend that and run the same command again" in said.replace("\n", " ")
    assert said.splitlines()[-1] == "2"
    kept = list((course.root / "full").glob("*/ppo/" + DIGEST))
    assert not [path for path in (course.root / "full").rglob(".*") if path.is_file() and path.name != ".lock"]
    assert done.returncode == 0, done.stderr
    if kept:
        assert f"{len(kept)} of 2 have not changed" in done.stdout
    assert [report.student for report in read_reports(course.root / "roomy")] == STUDENTS
    assert rows(course) == STUDENTS


def test_a_folder_that_cannot_be_written_is_one_line_before_anything_is_graded(course):
    require_mounts()
    (course.root / "results").mkdir()
    done = grade(course, before="mount -t tmpfs -o ro tmpfs results")
    assert done.returncode == 2
    assert "expected a folder to write results to, received an error" in done.stderr
    assert "Read-only file system" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_grader_is_sent_away_with_one_line(course):
    (course.root / "results").mkdir()
    with only_grader(course.root / "results"):
        done = grade(course)
    assert done.returncode == 2
    assert "found another `autograder grade` at work; wait for its end, or name another folder" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((course.root / "results").glob("*/*/report.json"))


def test_a_gradebook_that_somebody_else_writes_is_one_line_and_the_next_run_records_all(course):
    other = sqlite3.connect(course.root / "gradebook.db")
    other.execute("BEGIN IMMEDIATE")  # it can be read, not written
    done = grade(course)
    assert done.returncode == 2
    assert "database is locked; end the programs that use it" in done.stderr
    assert "Traceback" not in done.stderr
    other.rollback()
    other.close()
    assert [report.student for report in read_reports(course.root / "results")] == STUDENTS
    assert rows(course) == []
    again = grade_folder(course, course.root / "submitted", course.root / "results", workers=1)
    assert again.kept == len(STUDENTS)
    assert rows(course) == STUDENTS


def test_a_hand_in_that_vanishes_during_the_run_needs_a_person_and_is_graded_when_it_is_back(course):
    hidden, vanishing = course.root / "elsewhere", course.root / "submitted" / "student-02"

    def vanish(reports, _total):
        shutil.move(vanishing, hidden)
        yield from reports

    results = course.root / "results"
    first = grade_folder(course, course.root / "submitted", results, workers=1, progress=vanish)
    assert [report.status for report in first.reports] == ["needs_attention"] * 2
    assert "expected" in first.reports[1].attention
    shutil.move(hidden, vanishing)
    second = grade_folder(course, course.root / "submitted", results, workers=1)
    assert second.kept == 1
    assert "not valid JSON" in second.reports[1].attention or "notebook" in second.reports[1].attention
    assert second.reports[1].attention != first.reports[1].attention
    assert rows(course) == STUDENTS


def test_a_write_that_fails_half_way_names_the_file_and_leaves_the_old_one(tmp_path):
    file = tmp_path / "report.json"
    write_atomically(file, "old")
    source = (
        "import resource, signal, sys\nfrom pathlib import Path\nfrom autograder.report import write_atomically\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n    write_atomically(Path(sys.argv[1]), b'x' * 2000)\n"
        "except OSError as error:\n    print(error.filename)\n"
    )
    command = [sys.executable, "-c", source, str(file)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(file)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_limits_of_time_do_not_depend_on_the_wall_clock():
    """Whoever sets the clock back or forward during a run changes no verdict: nothing that grades reads it."""
    package = REPOSITORY / "autograder"
    asking = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ".".join(ast.unparse(node.func).split(".")[-2:]) in WALL_CLOCK
    }
    assert asking == set(MAY_ASK)
