"""The notebooks as released in Russian: the facts in them are those of the course."""

import json
import re

import pytest
from babel.dates import format_date

from autograder.suites.check_plugin import points_per_exercise
from tests.course.judged_suite import COURSE

EACH = [
    (assignment, language)
    for language in COURSE.translations
    for assignment in COURSE.assignments.values()
    if COURSE.catalogue(assignment, language).exists()
]
TRANSLATED = [pytest.param(*each, id=f"{each[0].id}-{each[1]}") for each in EACH]
GRADED = [pytest.param(*each, id=f"{each[0].id}-{each[1]}") for each in EACH if each[0].is_graded]


def cells(assignment, language):
    notebook = json.loads(COURSE.released(assignment, language).read_text(encoding="utf-8"))
    return [(cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]


@pytest.mark.parametrize(("assignment", "language"), GRADED)
def test_the_header_says_the_points_and_deadlines_of_the_course(assignment, language):
    header = next(source for kind, source in cells(assignment, language) if kind == "markdown" and "| :--" in source)
    for deadline in (assignment.soft_deadline, assignment.hard_deadline):
        assert format_date(deadline, "d MMMM y", language) in header
        assert f"{deadline:%H:%M}" in header
    said = dict(re.findall(r"^\| `(\w+)` \| .* \| ([\d.,]+)(?: \(\w+\))? \|$", header, re.MULTILINE))
    points = {name: float(text.replace(",", ".")) for name, text in said.items()}
    agent = {"policy": assignment.policy.points} if assignment.policy and assignment.policy.points else {}
    assert list(points) == list(assignment.judged)
    assert points == pytest.approx(points_per_exercise(assignment.id) | agent)


@pytest.mark.parametrize(("assignment", "language"), TRANSLATED)
def test_code_is_that_of_the_english_notebook(assignment, language):
    plain = [re.sub(r', language="\w+"|use_language\("\w+"\)|\.ru\.ipynb', "", s) for s in code(assignment, language)]
    english = [re.sub(r'use_language\("\w+"\)', "", source) for source in code(assignment, "en")]
    assert [_without_prose(source) for source in plain] == [_without_prose(source) for source in english]


def code(assignment, language):
    return [source for kind, source in cells(assignment, language) if kind == "code"]


def _without_prose(source):
    """The code without docstrings, comments and the stub's text."""
    source = re.sub(r'[rR]?""".*?"""', "", source, flags=re.DOTALL)
    source = re.sub(r'NotImplementedError\(".*?"\)', "NotImplementedError()", source)
    lines = (re.sub(r"\s*#.*", "", line) for line in source.splitlines())
    return [line for line in lines if line.strip()]
