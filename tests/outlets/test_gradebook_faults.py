"""Kill -9 while a gradebook in SQLite is written: whole submissions are in it, and the next run writes the rest."""

import signal
import subprocess
import sys

import pytest

from autograder.course import load_course
from autograder.outlets.gradebook import record
from autograder.release import release
from tests.made_up_course import (
    POINTS,
    REPOSITORY,
    copy_course,
    graded,
    handed_in,
    made_report,
    make_course,
    ungradable,
)

REPORTS = [
    made_report("student-07", failed=("double.0",)),
    made_report("student-08", late=0.5, evidence=(handed_in("2027-01-18T10:00:00+01:00"),)),
    ungradable("student-13"),
]
KILLED_AT_EVERY_STATEMENT = """
import itertools, os, shutil, signal, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from autograder.course import load_course
from autograder.outlets.gradebook import record
from tests.outlets.test_gradebook_faults import REPORTS

def killed(root, moment):
    "Whether a process that records came to that moment, at which it is killed."
    left = itertools.count(moment, -1)
    def reach(*_):
        if next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    def written(connection, cursor, statement, *_):
        if not statement.startswith(("SELECT", "PRAGMA")):
            reach()
    pid = os.fork()
    if pid == 0:
        event.listen(Engine, "after_cursor_execute", written)
        event.listen(Engine, "commit", reach)
        record(load_course(root), REPORTS)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])

released, roots = Path(sys.argv[1]), Path(sys.argv[2])
record(load_course(shutil.copytree(released, roots / "undisturbed")), REPORTS)
for moment in itertools.count():
    if not killed(shutil.copytree(released, roots / str(moment)), moment):
        break
"""
KILLED_AFTER_A_SPILL = """
import os, signal, sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("PRAGMA cache_size = 1")
database.executemany("INSERT INTO student (id) VALUES (?)", [[f"half-written-{n}"] for n in range(5000)])
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    course = make_course(tmp_path_factory.mktemp("course"))
    release(course, course.assignment("numbers"), POINTS)
    return course


def run(source, *arguments):
    command = [sys.executable, "-c", source, *map(str, arguments)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_a_grader_that_is_killed_at_any_statement_leaves_whole_submissions(released, tmp_path):
    done = run(KILLED_AT_EVERY_STATEMENT, released.root, tmp_path)
    assert done.returncode == 0, done.stderr
    expected = graded(load_course(tmp_path / "undisturbed"))
    assert set(expected) == {report.student for report in REPORTS}
    left = [load_course(root) for root in tmp_path.iterdir() if root.name != "undisturbed"]
    assert {len(graded(course)) for course in left} == {0, 1, 2, 3}
    for course in left:
        assert graded(course).items() <= expected.items()
        record(course, REPORTS)
        assert graded(course) == expected


def test_a_hot_journal_is_rolled_back_and_the_class_is_recorded(released, tmp_path):
    course = copy_course(released, tmp_path)
    file, journal = course.root / "gradebook.db", course.root / "gradebook.db-journal"
    before = file.read_bytes()
    assert run(KILLED_AFTER_A_SPILL, file).returncode == -signal.SIGKILL
    assert file.read_bytes() != before, "nothing was half-written"
    assert journal.exists()
    record(course, REPORTS)
    assert set(graded(course)) == {report.student for report in REPORTS}
    assert not journal.exists()
