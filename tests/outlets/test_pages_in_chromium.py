"""The pages in a real browser: what fits a phone, and that they ask for nothing from anywhere."""

import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from autograder.outlets.class_report import render_class_report
from autograder.outlets.feedback import render_feedback
from tests.outlets.sample_reports import course, school_class, typical, ungradable

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "chromium"
FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync --hide-scrollbars"
).split()
MEASURE = "<script>document.title = 'width ' + document.documentElement.scrollWidth</script></body>"
WIDTH = 500  # headless Chromium makes no narrower window
PPO = course().assignment("ppo")
STEPS = list(range(0, 200_000, 1_000))
EVIDENCE = (
    {
        "kind": "learning_curve",
        "steps": STEPS,
        "returns": [step / 100 for step in STEPS],
        "band": {"steps": STEPS[::20], "low": [step / 150 for step in STEPS[::20]], "high": [2_000.0] * 10},
    },
    {"kind": "episode_returns", "returns": [1_500.0 + 30 * number for number in range(20)], "threshold": 1_900.0},
)
PAGES = {
    "feedback": lambda: render_feedback(typical(), PPO.title, exercises=PPO.exercises, bonus=PPO.bonus),
    "feedback without a grade": lambda: render_feedback(ungradable(), PPO.title, exercises=PPO.exercises),
    "feedback with figures": lambda: render_feedback(
        replace(typical(), evidence=EVIDENCE, language="ru"), PPO.title, exercises=PPO.exercises
    ),
    "class report": lambda: render_class_report(
        [replace(each, evidence=(*each.evidence, *EVIDENCE)) for each in school_class(40)], course(), PPO, similar=[]
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
