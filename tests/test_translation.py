"""The catalogues of this repository, and `autograder translate` in a course of its own."""

import os
import subprocess
import sys

import pytest

from autograder.catalogues import merged, save
from autograder.course import load_course
from autograder.translation import domains, examine
from tests.made_up_course import REPOSITORY, make_course


def test_everything_in_this_repository_is_translated():
    states = examine(load_course(REPOSITORY))
    assert {"ru/autograder", "ru/rlhelpers", "ru/ppo"} <= {state.name for state in states}
    assert [str(finding) for state in states for finding in state.findings] == []


@pytest.fixture
def course(tmp_path):
    """A course whose prose is translated to Russian, a word for a word."""
    made = make_course(tmp_path)
    (made.root / "solutions" / "locale" / "ru" / "LC_MESSAGES").mkdir(parents=True)
    (numbers,) = (part for part in domains(made) if part.name == "numbers")
    catalogue = merged(numbers, "ru")
    for message in catalogue:
        if message.id:
            message.string = f"{message.id} по-русски"
    save(numbers, "ru", catalogue)
    return made


def translate(course, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "autograder.cli", "translate", *arguments],
        check=False,
        cwd=course.root,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
    )


def of_course(course):
    return next(state for state in examine(course) if state.name == "ru/numbers")


def edit(course, old, new):
    file = course.catalogue(course.assignment("numbers"), "ru")
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


def test_a_translated_course_has_nothing_left_to_do(course):
    assert str(of_course(course)) == "ru/numbers: 7 messages, all translated"


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ('msgstr "Counts. по-русски"', 'msgstr ""', "untranslated: Counts."),
        ('msgid "Counts."', '#, fuzzy\nmsgid "Counts."', "fuzzy: Counts."),
        ('msgstr "# Čísla', 'msgstr "## Čísla', "broken: # Čísla a numbers | headings"),
    ],
)
def test_what_is_left_to_do_is_listed_and_fails_the_check(course, old, new, finding):
    edit(course, old, new)
    before = {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()}
    done = translate(course, "--check")
    assert done.returncode == 2
    assert f"  {finding}" in done.stdout
    assert "expected all messages translated" in done.stderr
    assert {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()} == before


def test_a_changed_source_makes_the_catalogue_stale(course):
    source = course.source(course.assignment("numbers"))
    source.write_text(source.read_text().replace('"""Counts."""', '"""Counts calls."""'))
    assert [finding.kind for finding in of_course(course).findings] == ["fuzzy", "stale"]


def test_a_course_in_english_alone_stays_so(tmp_path):
    course = make_course(tmp_path)
    assert course.translations == ()
    assert [state.name for state in examine(course)] == [
        f"{language}/{package}" for package in ("autograder", "rlhelpers") for language in ("ru",)
    ]
