"""The instructor's source: what of it does not fit is refused with one clear line."""

import pytest

from autograder.errors import InputError
from autograder.release import release
from tests.made_up_course import POINTS, SOURCE, make_course


@pytest.fixture
def course(tmp_path):
    return make_course(tmp_path)


@pytest.fixture
def numbers(course):
    return course.assignment("numbers")


REFUSED = {
    "no check": ('# %% check="double"\ncheck("double")', "", "expected one check cell for each of double, halve"),
    "no exercise": ('exercise="halve"', 'locked="halve"', "expected one exercise cell for each of double"),
    "order": ("double", "Counter_", "in this order"),
    "other name": ("def double", "def twice", "exercise double: expected a function or class double, received none"),
    "name twice": ('locked="given"', 'locked="double"', "expected each cell name once, received double again"),
    "two roles": (
        'locked="given"',
        'locked="given" check="given"',
        "expected one role, on code, received check, locked",
    ),
    "prose with role": ("[markdown]", '[markdown] locked="prose"', "expected one role, on code, received locked"),
    "odd name": ('locked="given"', 'locked="gi ven"', "expected a name of letters, digits, _, received 'gi ven'"),
    "metadata": ('locked="given"', 'lokced="given"', "expected metadata exercise, check, locked"),
    "longer check": ('check("halve")', 'check("halve"); print(1)', 'expected the one line check("halve")'),
    "no markers": (
        "# BEGIN SOLUTION\n    return number / 2\n    # END SOLUTION",
        "return 1",
        "received none; add them",
    ),
    "syntax": ("return number / 2", "return number /", "expected valid Python, received an error"),
    "unclosed": ("        return self.count\n        # END SOLUTION", "", "no end solution statement found"),
    "nested": ("self.count += 1", "# BEGIN SOLUTION", "nested begin solution statements"),
    "stray solution": ("repetitions = 3", "# BEGIN SOLUTION\nx = 3\n# END SOLUTION", "Solution region detected in"),
}


@pytest.mark.parametrize(("old", "new", "expected"), REFUSED.values(), ids=REFUSED)
def test_a_source_that_does_not_fit_gets_one_clear_line(tmp_path, capfd, old, new, expected):
    assert old in SOURCE
    course = make_course(tmp_path, source=SOURCE.replace(old, new))
    with pytest.raises(InputError) as caught:
        release(course, course.assignment("numbers"), POINTS)
    message = str(caught.value)
    assert expected in message
    assert "numbers.py" in message
    assert "Traceback" not in message and "\n" not in message
    assert not course.released(course.assignment("numbers")).exists()
    assert capfd.readouterr() == ("", "")


def test_a_suite_that_does_not_fit_is_refused(course, numbers):
    with pytest.raises(InputError, match="received none for halve, Counter"):
        release(course, numbers, {"double": 1.0, "halve": 0.0})
    with pytest.raises(InputError, match="also judges treble"):
        release(course, numbers, POINTS | {"treble": 1.0})


def test_a_missing_source_is_named(course, numbers):
    course.source(numbers).unlink()
    with pytest.raises(InputError, match=r"numbers\.py: the assignment's source cannot be read"):
        release(course, numbers, POINTS)
