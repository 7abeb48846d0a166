"""Feedback pages: what a student reads, and what a page may never hold."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from autograder.message import message
from autograder.outlets.attention import UNNAMED_REASON
from autograder.outlets.feedback import render_feedback
from autograder.outlets.untrusted import message_html, shortened, visible
from autograder.report import GradeReport
from tests.outlets.sample_reports import BONUS, SUITE, mistaken, not_written, outcome, report, typical, ungradable

INLINE = {"a", "b", "code", "small", "span", "strong"}
VOID = {"meta", "br", "use", "path", "circle", "rect", "line", "polyline", "polygon"}
HOSTILE = "</p></style><script>alert(1)</script><img src=x onerror=alert(1)> {{ 7 * 7 }} & \"quoted\" 'too'"


class Page(HTMLParser):
    """A page taken apart: its visible text, tags and attributes; fails on tags that don't nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in INLINE:
            self.text += " "
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def feedback(grade: GradeReport) -> str:
    return render_feedback(
        grade,
        "PPO on HalfCheetah",
        course_title="Deep Reinforcement Learning",
        exercises=tuple(SUITE),
        bonus=(BONUS,),
    )


def test_the_page_shows_the_total_and_what_it_is_made_of() -> None:
    text = Page(feedback(typical())).text
    assert "1.738 of 5 points" in text
    assert "Required exercises 3.475 of 5" in text
    assert "(up to 1)" in text
    assert "−1.738" in text
    assert "2 h 31 min late: half of the points" in text


def test_every_check_is_shown_with_its_verdict_in_words() -> None:
    text = Page(feedback(typical())).text
    for verdict, name in (
        ("Passed", "gamma zero gives rewards"),
        ("Failed", "random batches"),
        ("Timed out", "stops when truncated"),
        ("Could not be judged", "is deterministic"),
    ):
        assert f"{verdict}: {name}" in text
    fault = report(changes={"make_env.clips_actions": {"status": "error", "message": "Our fault."}})
    assert "The grader's fault: clips actions" in Page(feedback(fault)).text
    for check in typical().checks:
        assert check.id.rpartition(".")[2].replace("_", " ") in text


def test_a_recognised_misconception_is_told_apart_from_other_messages() -> None:
    changes = mistaken("actor_loss", "clips_from_above")
    text = Page(feedback(report(changes=changes))).text
    assert "What most likely happened The ratio is upside down" in text
    assert "What most likely happened" not in Page(feedback(report(changes=not_written("rollout")))).text


def test_exercises_come_in_the_order_of_the_assignment_and_unknown_ones_at_the_end() -> None:
    grade = report()
    backwards = tuple(reversed(list(SUITE)[1:]))
    html = render_feedback(grade, "PPO", exercises=backwards)
    assert re.findall(r"<h3><code>(\w+)</code>", html) == [*backwards, next(iter(SUITE))]


def test_solved_exercises_are_folded_and_the_others_open() -> None:
    html = feedback(report(changes=mistaken("actor_loss", "clips_from_above")))
    assert html.count("<details") == len(SUITE)
    assert len(re.findall(r"<details[^>]* open>", html)) == 1


def test_checks_that_failed_alike_are_told_once() -> None:
    html = feedback(report(changes=not_written("PPOTrainer")))
    assert html.count("is not written yet") == 1
    assert "Failed: 3 checks" in Page(html).text


def test_an_exercise_that_nothing_judged_is_not_called_wrong() -> None:
    html = feedback(report(changes={"evaluate": {"status": "blocked", "message": "Needs `rollout`."}}))
    assert 'class="badge failed"' not in html
    assert "“Could not be judged” is not “wrong”" in html


def test_what_failed_points_into_the_notebook_and_says_where_to_begin() -> None:
    changes = mistaken("actor_loss", "clips_from_above") | not_written("rollout")
    changes |= {"make_env": {"status": "blocked", "message": "Needs `rollout`."}}
    places = {"kind": "places", "cells": {"make_env": 7, "actor_loss": 31, "rollout": 40, "evaluate": 44}}
    text = Page(feedback(report(changes=changes, evidence=(places,)))).text
    assert "Where to begin: actor_loss, cell 31 of your notebook (text cells count)." in text
    assert [number for number in (7, 31, 40, 44) if f"Cell {number} of your notebook" in text] == [7, 31, 40]
    assert "Where to begin" not in Page(feedback(report(evidence=(places,)))).text


def test_the_agent_is_shown_where_there_is_evidence_of_it(tmp_path: Path) -> None:
    (tmp_path / "rollout.mp4").write_bytes(b"a film")
    evidence = (
        {"kind": "learning_curve", "steps": [1, 2, 3], "returns": [1.0, 2.0, 3.0]},
        {"kind": "episode_returns", "returns": [3.0, 4.0], "threshold": 2.5},
        {"kind": "video", "path": "rollout.mp4"},
    )
    html = render_feedback(report(evidence=evidence), "PPO", folder=tmp_path)
    page = Page(html)
    assert len(page.all("figure")) == 3
    assert "Return of 2 episodes of your agent, on average 3.5. The dashed line is at 2.5." in page.text
    assert [element["src"] for element in page.all("video")] == ["data:video/mp4;base64,YSBmaWxt"]
    assert "media-src data:" in html
    assert not Page(feedback(report())).all("figure")


def test_notes_about_the_notebook_are_shown() -> None:
    assert "Cell 31 (training) was skipped" in Page(feedback(typical())).text


@pytest.mark.parametrize("reason", ["", "ppo.ipynb is not JSON."])
def test_needs_attention_shows_the_reason_and_no_grade(reason: str) -> None:
    grade = ungradable(reason=reason) if reason else report(status="needs_attention", checks=(), score=0.0)
    text = Page(feedback(grade)).text
    assert (reason or UNNAMED_REASON) in text
    assert "not a grade of zero" in text
    assert not re.search(r"\b0 of|points", text)


def test_needs_attention_with_checks_shows_them_but_no_total() -> None:
    evidence = ({"kind": "attention", "text": "A check ended with a fault of the grader."},)
    fault = {"critic_loss": {"status": "error", "message": "Not your fault."}}
    text = Page(feedback(report(changes=fault, status="needs_attention", evidence=evidence))).text
    assert "A check ended with a fault of the grader." in text
    assert "The grader's fault: 2" in text
    assert "of 5 points" not in text
    assert "Total" not in text


def test_whatever_a_student_can_write_stays_text() -> None:
    checks = (outcome("rollout", "stops_when_truncated", "failed", message=HOSTILE),)
    evidence = tuple({"kind": kind, "text": HOSTILE} for kind in ("note", "attention", "late"))
    for status in ("graded", "needs_attention"):
        grade = report(HOSTILE, status=status, checks=checks, evidence=evidence, isolation=HOSTILE)
        page = Page(render_feedback(grade, HOSTILE, course_title=HOSTILE, exercises=("rollout",)))
        assert not page.all("script")
        assert not page.all("img")
        assert page.text.count(HOSTILE) >= 4


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    html = feedback(typical())
    page = Page(html)
    assert not re.search(r"https?://|url\(|@import|javascript:", html)
    assert not {"script", "link", "img", "iframe", "form"} & {tag for tag, _ in page.tags}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith(("on", "src", "style"))]
    policy = next(
        str(m["content"]) for m in page.all("meta") if "content-security-policy" in str(m.get("http-equiv")).lower()
    )
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")


def in_russian(grade: GradeReport) -> str:
    return render_feedback(
        grade, "PPO на HalfCheetah", course_title="Курс", language="ru", exercises=tuple(SUITE), bonus=(BONUS,)
    )


def test_a_russian_page_is_russian_with_russian_numbers_and_plurals() -> None:
    page = Page(in_russian(typical()))
    assert page.all("html") == [{"lang": "ru"}]
    assert "1,738 из 5 баллов" in page.text
    assert "Обязательные упражнения 3,475 из 5" in page.text
    assert "−1,738" in page.text
    assert "Время проверки 1,4 с" in page.text
    assert "Не пройдено: 3 проверки" in Page(in_russian(report(changes=not_written("PPOTrainer")))).text
    for words in ("Score", "Failed", "passed", "Total", "most likely"):
        assert words not in page.text


def test_messages_are_translated_on_the_page_and_arguments_stay_text() -> None:
    text = message("Could not be judged: it needs `{exercise}`, which is not written yet.", exercise=HOSTILE)
    grade = report(changes={"rollout": {"status": "blocked", "message": text}})
    page = Page(in_russian(grade))
    assert f"Не удалось проверить: нужно `{HOSTILE}`, а оно ещё не написано." in page.text
    assert not page.all("script")


def test_the_language_is_that_of_the_hand_in_unless_another_one_is_asked_for() -> None:
    russian = report(language="ru")
    assert 'lang="ru"' in feedback(russian)
    assert 'lang="en"' in render_feedback(russian, "PPO", language="en")
    assert 'lang="ru"' in render_feedback(report(), "PPO", language="ru")
    assert 'lang="en"' in feedback(report(language="xx"))  # nobody has translated that


def test_a_students_name_cannot_hide_in_a_sentence_of_the_page() -> None:
    page = in_russian(report("a\u202eb<b>"))
    assert 'Отзыв для <b class="said">a\\u202eb&lt;b&gt;</b>' in page


def test_rendering_twice_gives_the_same_page() -> None:
    assert feedback(typical()) == feedback(typical())


def test_characters_that_hide_or_reorder_text_become_visible() -> None:
    assert visible("a\u202eb\u200bc\x1b[0m\ud800") == "a\\u202eb\\u200bc\\x1b[0m\\ud800"
    assert visible("Žluťoučký кот 猫\n\tend") == "Žluťoučký кот 猫\n    end"
    assert visible("e" + "\u0301" * 40) == "e" + "\u0301" * 3
    grade = report(changes={"rollout": {"status": "failed", "message": "\ud800\u202e"}})
    feedback(grade).encode("utf-8")


def test_long_messages_are_cut_and_say_so() -> None:
    assert shortened("x" * 50, 20) == "x" * 20 + " … (+30)"
    assert len(message_html("<" * 100_000)) < 20_000


def test_backticks_become_code() -> None:
    assert message_html("use `a < b` or `c") == "use <code>a &lt; b</code> or `c"
