"""What the command line shows while a class is graded, and when it is done."""

import io

from rich.console import Console

from autograder.class_run import ClassRun
from autograder.class_watch import ClassWatch
from autograder.console import MAX_NAMES, MAX_ROWS, activity, class_lines, with_progress
from tests.made_up_course import made_report, ungradable


def shown(run: ClassRun) -> str:
    """What is printed when a class is graded."""
    screen = io.StringIO()
    console = Console(file=screen, width=200)
    for line in class_lines(run):
        console.print(line, markup=False, soft_wrap=isinstance(line, str))
    return screen.getvalue()


def test_the_line_names_those_that_are_being_graded_and_no_others():
    watch = ClassWatch()
    assert activity(watch) == "starting the warm process"
    watch.begin("student-07/numbers")
    watch.begin("student-08/numbers")
    assert activity(watch, "student-06 3 points") == "now student-07, student-08; last student-06 3 points"
    watch.end("student-07/numbers")
    assert activity(watch) == "now student-08"
    watch.begin("student-08/letters")
    assert activity(watch) == "now student-08/numbers, student-08/letters"


def test_the_line_says_what_is_in_the_way_and_what_ctrl_c_waits_for():
    watch = ClassWatch()
    for number in range(MAX_NAMES + 3):
        watch.begin(f"student-{number:02}/numbers")
    watch.trouble = "no worker is there"
    assert activity(watch) == "no worker is there"
    watch.stop()
    assert activity(watch).startswith("Ctrl-C: finishing student-00, ")
    assert activity(watch).endswith("student-11 and 3 more; once more ends at once")


def test_a_terminal_gets_the_bar_and_the_line():
    watch, screen = ClassWatch(), io.StringIO()
    console = Console(file=screen, width=100, force_terminal=True)

    def grader():
        watch.begin("student-07/numbers")
        watch.end("student-07/numbers")
        yield made_report("student-07")

    assert [report.student for report in with_progress(grader(), 1, console, watch)] == ["student-07"]
    assert "1/1" in screen.getvalue() and "last student-07 4 points" in screen.getvalue()


def test_who_needs_a_person_and_why_is_said_at_the_end_each_reason_once():
    failed = ("double.0", "double.1", "halve.0", "Counter.0", "Counter.1", "Counter.2")
    reports = (made_report("student-01"), ungradable("student-02"), ungradable("student-03"), made_report("s4", failed))
    text = shown(ClassRun(reports, ()))
    reason = "numbers.ipynb: expected a notebook in JSON, received an empty file"
    assert text.count(reason) == 1
    assert f"Needs a person:\n  student-02, student-03: {reason}" in text
    assert "Graded, but worth a look:\n  s4: No check passed" in text


def test_a_large_class_is_no_table():
    reports = tuple(made_report(f"student-{number:03}") for number in range(MAX_ROWS + 1))
    text = shown(ClassRun(reports, ()))
    assert f"{MAX_ROWS + 1} submissions are too many for a table here" in text
    assert "student-050" not in text
