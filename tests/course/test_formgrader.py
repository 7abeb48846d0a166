"""formgrader in JupyterLab, as an instructor uses it: its buttons grade in our sandbox and show our feedback.

Pictures for people are left in build/screenshots.
"""

import re

import pytest
from playwright.sync_api import expect

from autograder.report import read_report_of
from tests.course.jupyterlab import jupyterlab
from tests.made_up_course import REPOSITORY
from tests.ppo_course import hand_in, released_course

PICTURES = REPOSITORY / "build" / "screenshots"
WRONG_LOSS = "def critic_loss(target_values, pred_values):\n    return ((target_values - pred_values) ** 2).sum()\n"
GRADING_SECONDS = 300  # on a busy machine, the fingerprints of all known mistakes included
LATE = "2027-01-18 12:00:00 UTC"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The PPO assignment, released, with two hand-ins."""
    course = released_course(tmp_path_factory.mktemp("course"))
    (course.root / "exchange").mkdir(mode=0o777)
    (course.root / "exchange").chmod(0o777)  # as nbgrader asks for
    settings = (REPOSITORY / "nbgrader_config.py").read_text()
    (course.root / "nbgrader_config.py").write_text(
        f"{settings}\nc.Exchange.root = {str(course.root / 'exchange')!r}\n"
    )
    hand_in(course, "student-01", {"critic_loss": WRONG_LOSS}, at=LATE)
    hand_in(course, "student-02", at=LATE)
    return course


def test_the_assignment_is_released_by_the_button(course, tmp_path):
    with jupyterlab(course.root, tmp_path) as lab, lab.formgrader() as (page, formgrader):
        row = formgrader.locator("#main-table tr", has=page.locator("td.name", has_text="ppo"))
        row.locator("td.release a").click()
        formgrader.locator(".modal.in", has_text="released").wait_for(timeout=1000 * GRADING_SECONDS)
        page.screenshot(path=PICTURES / "formgrader-released.png")
    handed_out = course.root / "exchange" / course.id / "outbound" / "ppo" / "ppo.ipynb"
    assert handed_out.read_bytes() == course.released(course.assignment("ppo")).read_bytes()


def test_a_student_is_graded_by_the_button_and_has_feedback(course, tmp_path):
    with jupyterlab(course.root, tmp_path) as lab, lab.formgrader() as (page, formgrader):
        formgrader.locator("td.num-submissions a", has_text="2").click()
        row = formgrader.locator("#main-table tr", has=page.locator("td.student-id", has_text="student-01"))
        expect(row.locator("td.status")).to_have_text("needs autograding")
        row.locator("td.autograde a").click()
        expect(row.locator("td.status")).to_have_text("graded", timeout=1000 * GRADING_SECONDS)
        report = read_report_of(course.root / "results", "student-01", "ppo")
        assert report.status == "graded" and report.late_penalty == pytest.approx(report.total)
        shown = re.match(r"([\d.]+) / ([\d.]+)", row.locator("td.score").inner_text())
        assert shown is not None
        earned = report.score + report.bonus  # formgrader's table shows points before lateness
        assert (float(shown[1]), float(shown[2])) == pytest.approx((earned, report.max_score), abs=0.01)
        other = formgrader.locator("#main-table tr", has=page.locator("td.student-id", has_text="student-02"))
        expect(other.locator("td.status")).to_have_text("needs autograding")
        formgrader.locator(".modal.in button.close").first.click()
        expect(formgrader.locator(".modal-backdrop")).to_have_count(0)
        page.screenshot(path=PICTURES / "formgrader-autograded.png")
        row.locator("td.generate-feedback a").click()
        formgrader.locator(".modal.in", has_text="feedback").wait_for(timeout=1000 * GRADING_SECONDS)
        page.goto(lab.file("feedback/student-01/ppo/ppo.html"))
        page.screenshot(path=PICTURES / "formgrader-feedback.png")
        seen = page.locator("body").inner_text()
        assert "after the soft deadline (2027-01-17 23:59 (Europe/Prague)): 50% is taken off" in seen
        told = [
            check.message for check in report.checks if check.exercise == "critic_loss" and check.status == "failed"
        ]
        assert told and all(line in seen for text in told for line in text.splitlines())
