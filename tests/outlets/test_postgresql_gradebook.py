"""The gradebook in a real PostgreSQL, from release to export, and with the grader killed half-way."""

import contextlib
import csv
import itertools
import sys
import threading

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from autograder.class_run import grade_folder
from autograder.course import load_course
from autograder.errors import GradebookUnavailable, InputError
from autograder.gradebook_database import open_gradebook
from autograder.outlets import gradebook
from autograder.outlets.gradebook import record
from autograder.release import release
from autograder.report import read_reports
from autograder.suites.check_plugin import points_per_exercise
from tests.killed_grader import grade_in_spite_of_kills
from tests.made_up_course import POINTS, TOML, graded, handed_in, made_report, make_course, run_nbgrader, ungradable
from tests.postgresql import new_database, postgresql, rows
from tests.ppo_course import hand_in, released_course

STUDENTS = ["student-01", "student-02", "študent-03"]
TWO = [made_report("student-07", failed=("double.0",)), made_report("student-08")]
KILLS = 2


@pytest.fixture(scope="module")
def server():
    with postgresql() as started:
        yield started


@pytest.fixture(scope="module")
def course(server, tmp_path_factory):
    """The PPO assignment with three hand-ins, one of them no notebook, and its gradebook in PostgreSQL."""
    course = released_course(tmp_path_factory.mktemp("course"))
    settings = course.root / "course.toml"
    url = new_database(server.url, "gradebook")
    settings.write_text(settings.read_text().replace("sqlite:///gradebook.db", url))
    (course.root / "gradebook.db").unlink()
    course = load_course(course.root)
    release(course, course.assignment("ppo"), points_per_exercise("ppo"))
    for student in STUDENTS:
        hand_in(course, student, at="2027-01-18 10:00:00")
    (course.root / "submitted" / "student-02" / "ppo" / "ppo.ipynb").write_text("not a notebook")
    return course


def test_a_killed_grader_loses_nothing_and_nbgrader_exports_the_grades(course):
    """Killed twice, it leaves one grade for each student, that of its report; a second run changes nothing."""
    results = course.root / "results"
    grade_in_spite_of_kills(course, results, KILLS)
    reports = {report.student: report for report in read_reports(results)}
    assert sorted(reports) == sorted(STUDENTS)
    with open_gradebook(course) as opened:
        assert sorted(each.student.id for each in opened.assignment_submissions("ppo")) == sorted(STUDENTS)
    run_nbgrader(course, "export", "--to", "grades.csv")
    with (course.root / "grades.csv").open(encoding="utf-8") as stream:
        exported = {row["student_id"]: row for row in csv.DictReader(stream) if row["assignment"] == "ppo"}
    for student in ("student-01", "študent-03"):
        assert float(exported[student]["score"]) == pytest.approx(reports[student].total)
        assert float(exported[student]["late_submission_penalty"]) == pytest.approx(reports[student].late_penalty) != 0
    before = rows(course.database)
    again = grade_folder(course, course.root / "submitted", results, workers=1)
    assert again.kept == len(STUDENTS)
    assert rows(course.database) == before
    assert not (course.root / "gradebook.db").exists()


def tiny(server, folder, name):
    """A small course whose gradebook is a new database of the server."""
    url = new_database(server.url, name)
    course = make_course(folder / name, TOML.replace("sqlite:///gradebook.db?timeout=0.1", url))
    release(course, course.assignment("numbers"), POINTS)
    return course


@contextlib.contextmanager
def statements_seen_by(listener):
    event.listen(Engine, "before_cursor_execute", listener)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", listener)


def test_recording_twice_changes_nothing(server, tmp_path):
    course = tiny(server, tmp_path, "tiny")
    url = course.database
    reports = [made_report(late=0.5, evidence=(handed_in("2027-01-18T10:00:00+01:00"),)), ungradable()]
    record(course, reports)
    before = rows(url)
    assert len(before["submitted_assignment"]) == len(reports)
    release(course, course.assignment("numbers"), POINTS)
    record(course, reports)
    assert rows(url) == before


@pytest.fixture(scope="module")
def undisturbed(server, tmp_path_factory):
    """What a gradebook holds in the end if nothing happens to its server."""
    course = tiny(server, tmp_path_factory.mktemp("undisturbed"), "undisturbed")
    record(course, TWO)
    return graded(course)


@pytest.mark.parametrize("victim", ["database", "connection"])
def test_a_server_that_is_killed_while_grades_are_written_is_waited_for(server, undisturbed, tmp_path, caplog, victim):
    course = tiny(server, tmp_path, f"killed-{victim}")
    submissions = itertools.count(1)

    def killed(_connection, _cursor, statement, *_):
        if statement.startswith("INSERT INTO submitted_assignment ") and next(submissions) == 2:
            (serving,) = server.connections(f"killed-{victim}")
            server.kill(serving if victim == "connection" else None)  # after which it starts again by itself
            if victim == "database":
                threading.Timer(1.0, server.start).start()

    with statements_seen_by(killed):
        record(course, TWO)
    assert next(submissions) > 2
    assert "1 left; waiting up to 30 s for the gradebook" in caplog.text
    assert graded(course) == undisturbed


def test_a_server_that_does_not_come_back_is_one_line_and_the_next_run_records_all(
    server, course, tmp_path, monkeypatch
):
    monkeypatch.setattr(gradebook, "RECONNECT_SECONDS", 0.0)

    def killed(reports, _total):
        yield from reports
        server.kill()

    submitted, results = course.root / "submitted", tmp_path / "results"
    with pytest.raises(GradebookUnavailable) as caught:
        grade_folder(course, submitted, results, student="student-02", workers=1, progress=killed)
    server.start()
    line = str(caught.value)
    assert "start its server, or correct database in course.toml, then run the same command again" in line
    assert line.endswith(f"what has been graded is kept in {results}")
    assert "\n" not in line
    again = grade_folder(course, submitted, results, student="student-02", workers=1)
    assert again.kept == 1


def test_a_database_that_is_not_there_is_one_clear_line(server, tmp_path, capfd):
    course = make_course(
        tmp_path, TOML.replace("sqlite:///gradebook.db?timeout=0.1", server.url.format(name="nowhere"))
    )
    with pytest.raises(InputError, match=r'received: .*database "nowhere" does not exist') as caught:
        release(course, course.assignment("numbers"), POINTS)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_without_the_driver_the_command_that_installs_it_is_named(server, tmp_path, monkeypatch):
    course = make_course(
        tmp_path, TOML.replace("sqlite:///gradebook.db?timeout=0.1", server.url.format(name="gradebook"))
    )
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(InputError, match=r"No module named 'psycopg'|import of psycopg.*") as caught:
        release(course, course.assignment("numbers"), POINTS)
    assert "pip install 'psycopg[binary]'" in str(caught.value)
