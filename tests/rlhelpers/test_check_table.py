"""The table of a visible check, as HTML and as text."""

from rlhelpers.check_table import CheckTable, Row

PASSED = Row("passed", "gamma 0")
FAILED = Row("failed", "<b>done</b>", "[1,\n 2]", "[1,\n 3]", "look at `done`")
NOT_WRITTEN = Row("not written", "gamma 0", received="`rollout` is not written yet")


def test_text_has_a_line_per_case_and_details_of_those_that_failed():
    assert str(CheckTable("multi_step_returns", (PASSED, FAILED))) == (
        "multi_step_returns: 1 of 2 visible checks passed\n"
        "  ✓ gamma 0\n"
        "  ✗ <b>done</b>\n"
        "      expected: [1,\n"
        "                 2]\n"
        "      received: [1,\n"
        "                 3]\n"
        "      hint: look at `done`"
    )


def test_html_escapes_what_the_student_wrote():
    html = CheckTable("multi_step_returns", (PASSED, FAILED))._repr_html_()
    assert "&lt;b&gt;done" in html
    assert "<b>done" not in html
    assert html.count("<tr>") == 3


def test_details_have_columns_only_where_there_are_any():
    assert "expected" not in CheckTable("make_env", (PASSED, PASSED))._repr_html_()
    assert "expected" in CheckTable("make_env", (PASSED, FAILED))._repr_html_()


def test_what_cannot_be_tried_yet_is_one_line():
    table = CheckTable("evaluate", (NOT_WRITTEN, NOT_WRITTEN))
    assert str(table) == "evaluate: `rollout` is not written yet"
    assert "<table" not in table._repr_html_()
    assert not table.passed
