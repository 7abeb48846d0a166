"""The pages in a real browser: what fits a phone, and that they ask for nothing from anywhere."""

import re
import shutil
import subprocess

import pytest

from autograder.outlets.class_report import render_class_report
from autograder.outlets.feedback import render_feedback
from autograder.outlets.matrix_page import render_matrix
from autograder.suites.check_plugin import collect_checks
from autograder.suites.diagnosis import misconceptions
from autograder.suites.matrix import Row
from tests.outlets.sample_reports import course, school_class, typical, ungradable

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "chromium"
FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync --hide-scrollbars"
).split()
MEASURE = "<script>document.title = 'width ' + document.documentElement.scrollWidth</script></body>"
WIDTH = 500  # headless Chromium makes no narrower window
PPO = course().assignment("ppo")
CHECKS = [check.short_id for check in collect_checks("ppo")]


def matrix_rows():
    """Every known mistake, as if each check of its exercise had failed."""
    passed = dict.fromkeys(CHECKS, "passed")
    for each in misconceptions("ppo"):
        own = {check: "failed" for check in CHECKS if check.startswith(f"{each.exercise}.")}
        yield Row(each, passed | own, named=True)


PAGES = {
    "feedback": lambda: render_feedback(typical(), PPO.title, exercises=PPO.exercises, bonus=PPO.bonus),
    "feedback without a grade": lambda: render_feedback(ungradable(), PPO.title, exercises=PPO.exercises),
    "class report": lambda: render_class_report(school_class(40), course(), PPO),
    "matrix": lambda: render_matrix(
        course(), PPO, [Row(None, dict.fromkeys(CHECKS, "passed")), *matrix_rows()], CHECKS
    ),
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_no_wider_than_a_narrow_window(page, tmp_path):
    text = PAGES[page]()
    measured = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text).replace("</body>", MEASURE)
    (tmp_path / "page.html").write_text(measured)
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={WIDTH},900", "--dump-dom"]
    done = subprocess.run([*command, (tmp_path / "page.html").as_uri()], check=True, capture_output=True, timeout=60)
    width = re.search(r"<title>width (\d+)</title>", done.stdout.decode())
    assert width is not None
    assert int(width.group(1)) <= WIDTH


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_something_and_its_own_policy_forbids_everything_else(page, tmp_path):
    (tmp_path / "page.html").write_text(PAGES[page]())
    picture = tmp_path / "page.png"
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--window-size=800,1200"]
    done = subprocess.run(
        [*command, "--enable-logging=stderr", f"--screenshot={picture}", (tmp_path / "page.html").as_uri()],
        check=True,
        capture_output=True,
        timeout=60,
    )
    assert b"Refused to" not in done.stderr  # the policy lets through what the page itself needs
    assert b"violates the following Content Security Policy" not in done.stderr
    assert picture.stat().st_size > 20_000  # an unstyled or empty page is smaller
