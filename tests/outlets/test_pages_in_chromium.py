"""The pages in a real browser: what fits a phone, and that they ask for nothing from anywhere.

Pictures for people to look at are left in ``build/screenshots``.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from autograder.outlets.class_report import render_class_report
from autograder.outlets.feedback import render_feedback
from autograder.outlets.matrix_page import render_matrix
from autograder.suites.check_plugin import collect_checks
from autograder.suites.diagnosis import misconceptions
from autograder.suites.matrix import Row
from autograder.suites.variant import Variant
from tests.outlets.sample_reports import course, school_class, typical, ungradable

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "chromium"
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
PHONE, DESKTOP = 360, 1280  # CSS pixels
PPO = course().assignment("ppo")
CHECKS = [check.short_id for check in collect_checks("ppo")]


def matrix_rows():
    """Every known mistake, as if each check of its exercise had failed."""
    passed = dict.fromkeys(CHECKS, "passed")
    for each in misconceptions("ppo"):
        own = {check: "failed" for check in CHECKS if check.startswith(f"{each.exercise}.")}
        yield Row(each, passed | own, named=True)
    for number in range(3):
        cells = {each: f"def {each}():\n    return {'1 + ' * 60}{number}" for each in PPO.exercises}
        yield Row(None, passed, variant=Variant(f"right_in_other_words_{number}", cells))


STEPS = list(range(0, 200_000, 1_000))
EVIDENCE = (
    {
        "kind": "learning_curve",
        "steps": STEPS,
        "returns": [step / 100 for step in STEPS],
        "band": {"steps": STEPS[::20], "low": [step / 150 for step in STEPS[::20]], "high": [2_000.0] * 10},
    },
    {"kind": "episode_returns", "returns": [1_500.0 + 30 * number for number in range(20)], "threshold": 1_900.0},
    {"kind": "places", "cells": {"multi_step_returns": 23, "critic_loss": 29}},
)
PAGES: dict[str, Callable[[], str]] = {
    "feedback": lambda: render_feedback(typical(), PPO.title, exercises=PPO.exercises, bonus=PPO.bonus),
    "feedback_with_figures": lambda: render_feedback(
        replace(typical(), evidence=EVIDENCE, language="ru"), PPO.title, exercises=PPO.exercises
    ),
    "feedback_without_a_grade": lambda: render_feedback(ungradable(), PPO.title, exercises=PPO.exercises),
    "class_report": lambda: render_class_report(
        [replace(each, evidence=(*each.evidence, *EVIDENCE)) for each in school_class(40)], course(), PPO, similar=[]
    ),
    "matrix": lambda: render_matrix(
        course(), PPO, [Row(None, dict.fromkeys(CHECKS, "passed")), *matrix_rows()], CHECKS
    ),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_the_window_and_its_own_policy_lets_it_show_itself(
    name: str, width: int, browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_text(PAGES[name](), encoding="utf-8")
    said: list[str] = []
    asked: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.on("console", lambda entry: said.append(entry.text))  # a policy that refuses something says so here
    page.on("request", lambda request: asked.append(request.url))
    page.goto((tmp_path / "page.html").as_uri())
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}_{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    assert asked == [(tmp_path / "page.html").as_uri()]
    assert page.evaluate("getComputedStyle(document.querySelector('.top')).borderBottomStyle") == "solid"  # styled
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["feedback", "class_report"])
def test_words_stand_out_from_what_is_behind_them(name: str, scheme: str, browser: Browser, tmp_path: Path) -> None:
    """WCAG 2.2, 1.4.3: a contrast of at least 4.5 to 1 for text."""
    (tmp_path / "page.html").write_text(PAGES[name](), encoding="utf-8")
    page = browser.new_page(color_scheme="dark" if scheme == "dark" else "light")
    page.goto((tmp_path / "page.html").as_uri())
    found = page.evaluate(CONTRASTS)
    assert len(found) > 100
    assert [each for each in found if each["contrast"] < 4.5] == []
    page.close()


# Every element with words of its own, and the contrast of their colour to the nearest background that is painted.
CONTRASTS = """() => {
  const parts = color => color.match(/[0-9.]+/g).map(Number);
  const luminance = color => {
    const [r, g, b] = parts(color).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if ((parts(color)[3] ?? 1) === 1) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  return [...document.querySelectorAll('main *, header *, footer *')]
    .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
    .map(e => {
      const [one, other] = [luminance(getComputedStyle(e).color), luminance(behind(e))];
      const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      return {text: e.textContent.trim().slice(0, 40), contrast};
    });
}"""
