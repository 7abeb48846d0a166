"""A gradebook that cannot be used gets one clear line."""

import os
import sqlite3

import pytest

from autograder.errors import InputError
from autograder.gradebook_database import open_gradebook
from autograder.release import difference, release
from tests.made_up_course import POINTS, SOURCE, TOML, make_course


def test_a_database_is_made_where_the_environment_is_not_activated(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", os.defpath)
    with open_gradebook(make_course(tmp_path)) as gradebook:
        assert gradebook.assignments == []
    assert (tmp_path / "gradebook.db").is_file()
    assert os.environ["PATH"] == os.defpath


def test_a_locked_gradebook_is_named_and_nothing_is_released(tmp_path, capfd):
    course = make_course(tmp_path)
    numbers = course.assignment("numbers")
    release(course, numbers, POINTS)
    course.source(numbers).write_text(SOURCE.replace("Counts.", "Counts!"), encoding="utf-8")
    database = sqlite3.connect(course.root / "gradebook.db")
    database.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(InputError, match="received: database is locked; end the programs that use it"):
            release(course, numbers, POINTS)
    finally:
        database.close()
    assert difference(course, numbers, POINTS)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///missing/gradebook.db", "unable to open database file"),
        ("nosuch://host/grades", "nosuch"),
        ("postgresql+pg8000x://grader:hunter2@host/grades", "received: "),
    ],
)
def test_a_gradebook_that_cannot_be_opened_is_named_without_its_password(tmp_path, url, expected):
    course = make_course(tmp_path, TOML.replace("sqlite:///gradebook.db?timeout=0.1", url))
    with pytest.raises(InputError) as caught:
        release(course, course.assignment("numbers"), POINTS)
    assert expected in str(caught.value)
    assert "hunter2" not in str(caught.value)
