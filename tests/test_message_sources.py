"""What is found of messages in a made-up package, and in the real ones."""

import ast

import pytest

from autograder.course import load_course
from autograder.errors import InputError
from autograder.message_sources import (
    _in_code,
    _literals,
    _messages,
    _said_in_suites,
    _underscored,
    assignment_sources,
    autograder_sources,
    rlhelpers_sources,
)
from tests.made_up_course import REPOSITORY, make_course

SUITE = """
WHAT = message("the loss")

def expect_right(received, what=WHAT, *, eps=1):
    expect.close(received, 1.0, what)

def other(received, what="the other loss"):
    expect.that(bool(received), "it is empty" if received is None else "it is wrong")

def test_it(student):
    expect_right(student.loss(), "the loss of a batch")
    expect_right(student.loss(), what="the loss of one")
    expect.shape(student.loss(), (3,), message("the loss of {count}", count=3))
    tensor(student.loss(), "float64")
    student.message("no message")
"""


def texts(finder, source):
    return [text for each in finder(ast.parse(source)) for text in _literals(each, "suite.py")]


def test_messages_are_found_wherever_they_are_made():
    assert texts(_messages, SUITE) == ["the loss", "the loss of {count}"]


def test_what_functions_of_a_suite_are_told_is_found():
    assert sorted(texts(_said_in_suites, SUITE)) == [
        *("it is empty", "it is wrong", "the loss of a batch", "the loss of one", "the other loss")
    ]


def test_underscored_texts_are_found_and_computed_ones_left():
    source = '_("a").format(b=1)\n_(name)\n_("b" if x else _("c"))\nf("d")'
    assert sorted(texts(_underscored, source)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "call", ['message(f"{a} b")', 'message("a" + b)', 'message("a" % b)', 'expect.that(a, f"{b}")']
)
def test_a_text_that_is_put_together_is_refused_with_the_remedy(call):
    finder = _said_in_suites if "expect" in call else _messages
    with pytest.raises(InputError, match=r'suite\.py: expected a literal .*; write message\("... \{name\} ..."'):
        texts(finder, call)


def test_the_place_of_a_refused_text_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("autograder.message_sources._ROOT", tmp_path)
    file = tmp_path / "suite.py"
    file.write_text('a = 1\nmessage(f"{a}")\n')
    with pytest.raises(InputError, match=r"suite\.py, line 2: expected a literal"):
        list(_in_code([file], _messages))


def test_prose_comes_in_the_order_of_the_notebook(tmp_path):
    course = make_course(tmp_path)
    assert [source.id for source in assignment_sources(course, "numbers")] == [
        "# Čísla a numbers",
        "Stands for the inline check.",
        "Returns twice the number.",
        "Returns half of the number.",
        "Counts.",
        "Starts at zero.",
        "Returns the number of calls.",
    ]


def test_what_the_packages_say_is_found():
    autograder = {source.id for source in autograder_sources()}
    assert "Failed" in autograder  # a page
    assert ("%(count)s check", "%(count)s checks") in autograder
    assert "`{exercise}` is not written yet: it raises NotImplementedError." in autograder  # code
    assert (
        "minus the mean of min(ratio * A, clip(ratio, 1 - eps, 1 + eps) * A), with ratio = exp(new - old)."
        in autograder
    )
    assert "is the clipped objective" in autograder  # the name of a check
    assert "Your rollout leaves out the reward of the last step." in autograder  # a misconception
    assert "the actor's loss for equal policies" in autograder  # what a check calls what it looks at
    rlhelpers = {source.id for source in rlhelpers_sources()}
    assert "ratio 1 everywhere: minus the mean advantage" in rlhelpers  # a case
    assert "Write your solution here, then delete this line." in rlhelpers


def test_every_assignment_of_the_course_has_prose():
    course = load_course(REPOSITORY)
    assert all(assignment_sources(course, name) for name in course.assignments)
