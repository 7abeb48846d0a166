"""Class report: where a class stands, counted against the reports themselves."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from autograder.outlets.class_report import render_class_report
from autograder.outlets.similarity import Pair
from autograder.report import GradeReport
from tests.outlets.sample_reports import SUITE, course, mistaken, not_written, report, school_class, ungradable
from tests.outlets.test_feedback import HOSTILE, Page
from tests.untranslated import english_left


def class_report(reports: list[GradeReport]) -> str:
    of = course()
    return render_class_report(reports, of, of.assignments["ppo"])


def test_the_head_counts_the_class() -> None:
    reports = [report("student-01"), report("student-02", late=0.5), ungradable("student-03")]
    text = Page(class_report(reports)).text
    assert "Graded 2 of 3" in text
    assert "Need attention 1" in text
    assert "Handed in late 1" in text
    assert "Median total 4.50 of 5" in text
    assert "Mean total 4.50 of 5" in text
    assert "Time per submission 1.4 s" in text


def test_those_who_need_attention_are_listed_with_reason_and_without_a_score() -> None:
    html = class_report([report("student-01"), ungradable("student-02", "The notebook is empty.")])
    assert "The notebook is empty." in Page(html).text
    row = html[html.rindex('href="student-02/') :].split("</tr>")[0]
    assert "attention" in row
    assert not re.search(r">(<b>)?0<", row)


def test_the_histogram_counts_every_graded_submission_once() -> None:
    reports = school_class(60)
    html = class_report(reports)
    bins = re.findall(r'<li title="([\d.]+) to ([\d.]+) points: (\d+)"', html)
    assert [float(low) for low, _, _ in bins] == [0.5 * i for i in range(12)]
    totals = [r.total for r in reports if r.status == "graded"]
    for low, high, count in bins:
        inside = [t for t in totals if float(low) <= t < float(high) or (high == "6" and t == 6)]
        assert len(inside) == int(count)


@pytest.mark.parametrize(("top", "width"), [(5.0, 0.5), (7.0, 1.0), (10.0, 1.0), (100.0, 10.0), (0.3, 0.025)])
def test_the_bins_are_round_numbers_whatever_the_maximum(top: float, width: float) -> None:
    html = class_report([report("student-01", score=top, bonus=0.0, max_score=top, checks=())])
    bins = re.findall(r'<li title="([\d.]+) to ([\d.]+) points: (\d+)"', html)
    assert float(bins[0][1]) == width
    assert float(bins[-1][1]) >= top
    assert bins[-1][2] == "1"


def test_known_mistakes_are_ranked_and_count_each_submission_once() -> None:
    twice = mistaken("actor_loss", "clips_from_above") | mistaken("actor_loss", "clips_from_below")
    reports = [
        report("student-01", twice),
        report("student-02", mistaken("Actor", "values_have_one_axis")),
        report("student-03", mistaken("Actor", "values_have_one_axis")),
        report("student-04"),
        ungradable("student-05"),
    ]
    text = Page(class_report(reports)).text
    first = text.index("2 of 4 in Actor get_value returns shape")
    assert first < text.index("1 of 4 in actor_loss The ratio is upside down")


def test_pass_rates_leave_out_what_could_not_be_judged() -> None:
    blocked = {"evaluate": {"status": "blocked", "message": "Needs `rollout`."}}
    reports = [
        report("student-01"),
        report("student-02", not_written("evaluate")),
        report("student-03", blocked),
        report("student-04", {"evaluate": {"status": "timeout", "message": "no answer within 10 seconds"}}),
    ]
    html = class_report(reports)
    text = Page(html).text
    assert "is deterministic 33% passed, 1 of 3 · timed out: 1 · could not be judged: 1" in text
    assert "evaluate 33% solved, 1 of 3 · mean 0.06 of 0.25" in text
    assert 'aria-label="Passed: 1, Failed: 1, Timed out: 1, Could not be judged: 1"' in html


def test_the_commonest_message_of_a_check_is_shown_with_its_count() -> None:
    shape = {"rollout.stops_when_truncated": {"status": "failed", "message": "expected shape [5]"}}
    other = {"rollout.stops_when_truncated": {"status": "failed", "message": "something else"}}
    reports = [report("student-01", shape), report("student-02", other), report("student-03", shape)]
    text = Page(class_report(reports)).text
    assert "2 × expected shape [5]" in text
    assert "something else" not in text


def test_a_class_graded_without_isolation_carries_a_warning() -> None:
    isolated = report("student-01")
    assert "Graded without isolation" not in class_report([isolated, ungradable("student-02")])
    text = Page(class_report([isolated, report("student-02", isolation="none")])).text
    assert "Graded without isolation" in text
    assert "1 of 2 submissions ran without a sandbox" in text
    assert "namespaces (1), none (1)." in text


def test_links_lead_to_the_feedback_of_any_folder_name() -> None:
    names = ["student-01", "javascript:alert(1)", "a b#c%d?e", "Žofie", '"><script>']
    links = [str(a["href"]) for a in Page(class_report([report(name) for name in names])).all("a")]
    assert links[-5:] == [  # of the table of students; those before are of the same ones
        "student-01/ppo/feedback.html",
        "javascript%3Aalert%281%29/ppo/feedback.html",
        "a%20b%23c%25d%3Fe/ppo/feedback.html",
        "%C5%BDofie/ppo/feedback.html",
        "%22%3E%3Cscript%3E/ppo/feedback.html",
    ]


def test_whatever_a_student_can_write_stays_text() -> None:
    bad = report(HOSTILE, {"rollout": {"status": "failed", "message": HOSTILE, "misconception": HOSTILE}}, late=0.5)
    bad = replace(bad, evidence=({"kind": "late", "text": HOSTILE},), isolation=HOSTILE)
    html = class_report([bad, ungradable(HOSTILE, HOSTILE)])
    page = Page(html)
    assert not page.all("script")
    assert not page.all("img")
    assert not re.search(r"https?://", html)
    assert page.text.count("<script>alert(1)</script>") >= 8


def test_a_large_class_lists_every_student_in_the_given_order() -> None:
    reports = school_class(120)
    html = class_report(reports)
    table = html[html.index('<table class="students">') :]
    assert re.findall(r'href="([^/"]+)/ppo', table) == [r.student for r in reports]


@pytest.mark.parametrize("reports", [[], [ungradable()]], ids=["nobody", "nothing gradable"])
def test_a_class_without_grades_still_has_a_page(reports: list[GradeReport]) -> None:
    text = Page(class_report(reports)).text
    assert f"Graded 0 of {len(reports)}" in text
    assert "no code was run" in text


def test_discrimination_training_cost_and_similar_hand_ins_have_their_sections() -> None:
    of = course()
    evidence = ({"kind": "episode_returns", "returns": [3.0, 5.0], "threshold": 3.5},)
    reports = [*school_class(30), report("student-90", evidence=evidence)]
    pair = Pair(students=("student-003", "a&b"), shared=20, share=0.5, exercises=("rollout", "Actor"))
    html = render_class_report(reports, of, of.assignment("ppo"), similar=[pair])
    text = Page(html).text
    assert re.search(r"solved, \d+ of \d+ · discrimination 0\.\d\d", text)
    assert "Mean return of every agent (1); the dashed line is the return to reach." in text
    assert "1 student-90 4.0 1.0 yes" in text
    assert "student-003, a&b 50% rollout, Actor" in text
    assert "a%26b/ppo/feedback.html" in html
    assert re.search(r"s of computing for 31 submissions; 95 of 100 took \d\.\d s or less", text)
    unsearched = Page(class_report(reports)).text
    assert "Similar hand-ins" not in unsearched  # nobody has looked, which is not to say that there are none


def test_a_russian_class_report_is_russian() -> None:
    russian = replace(course(), language="ru", titles={"ru": "Обучение с подкреплением"})
    reports = [*school_class(8), ungradable("student-90"), report("student-91", late=0.5)]
    html = render_class_report(reports, russian, russian.assignment("ppo"))
    page = Page(html)
    assert page.all("html") == [{"lang": "ru"}]
    assert "Обучение с подкреплением" in page.text
    assert re.search(r"Медиана баллов \d,\d\d из 5", page.text)
    assert re.search(r"\d\s%", page.text)
    said = " ".join(str(check.message) for each in reports for check in each.checks)
    reasons = " ".join(str(fact["text"]) for each in reports for fact in each.evidence)
    names = {russian.assignment("ppo").title} | {
        name.replace("_", " ") for checks in SUITE.values() for name in checks
    }  # made up, so not translated
    left = [words for words in english_left(html) if words not in said + reasons and words not in names]
    assert left == []
