"""The matrix of known mistakes, judged in a real sandbox, and its page."""

import shutil
from dataclasses import replace

import pytest

from autograder.course import load_course
from autograder.errors import InputError
from autograder.matrix_run import write_matrix
from autograder.outlets.matrix_page import render_matrix
from autograder.suites.diagnosis import misconceptions
from tests.course.judged_suite import COURSE

EXERCISES = ("critic_loss", "entropy_loss")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    shutil.copy(COURSE.root / "course.toml", folder)
    shutil.copytree(COURSE.root / "solutions", folder / "solutions")
    return load_course(folder)


@pytest.fixture(scope="module")
def written(course):
    page = course.root / "matrix.html"
    return write_matrix(course, "ppo", page, EXERCISES), page.read_text(encoding="utf-8")


def test_each_known_mistake_is_caught_and_named_and_costs_no_other_exercise(written):
    (reference, *mistakes), _ = written
    known = [each for each in misconceptions("ppo") if each.exercise in EXERCISES]
    assert [row.misconception for row in mistakes] == sorted(known, key=lambda each: EXERCISES.index(each.exercise))
    assert set(reference.statuses.values()) == {"passed"}
    assert [row.misconception.id for row in mistakes if not (row.is_killed and row.named)] == []
    assert [row.misconception.id for row in mistakes if row.strays] == []


def test_the_page_holds_every_mistake_and_check_and_finds_nothing_to_mend(written):
    (reference, *mistakes), page = written
    unbroken = page.replace("<wbr>", "")
    assert all(f"<code>{row.misconception.id}</code>" in unbroken for row in mistakes)
    assert all(name.partition(".")[2].replace("_", " ") in page for name in reference.statuses if "critic" in name)
    assert "To be mended" not in page
    assert "<script" not in page


def test_the_page_says_what_has_to_be_mended(course, written):
    (reference, first, second, *_), _ = written
    name = "critic_loss.is_the_mean_squared_error"
    passes_all = replace(first, statuses=dict.fromkeys(first.statuses, "passed"), named=False)
    strays = replace(second, statuses=second.statuses | {"Actor.gives_values": "failed"})
    failed = replace(reference, statuses=reference.statuses | {name: "failed"})
    page = render_matrix(course, course.assignment("ppo"), [failed, passes_all, strays], [name])
    assert f"The reference solution does not pass <code>{name}</code>" in page
    assert "is also blamed on: Actor.gives_values" in page
    assert "<dd>1 <small>of 2</small></dd>" in page


def test_an_unknown_exercise_is_refused_with_those_there_are(course, tmp_path):
    with pytest.raises(InputError, match=r"expected one of make_env, .*, received 'nothing'"):
        write_matrix(course, "ppo", tmp_path / "page.html", ["nothing"])
    assert not (tmp_path / "page.html").exists()
