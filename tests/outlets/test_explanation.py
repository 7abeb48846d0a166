"""Explanations: every check, every point and everything that ran, added up again here."""

from __future__ import annotations

import re

import pytest

from autograder.outlets.explanation import Now, explain
from autograder.provenance import provenance, secret_name
from autograder.report import GradeReport
from autograder.sandbox.limits import Limits
from tests.outlets.sample_reports import VERSIONS, course, report, school_class, typical, ungradable

SECRET = b"s" * 32
NOW = Now(suite=VERSIONS["suite"], secret=secret_name(SECRET))


def explained(grade: GradeReport, now: Now = NOW) -> str:
    return "\n".join(explain(grade, course().assignment("ppo"), now))


def with_provenance(grade: GradeReport) -> GradeReport:
    run = provenance("d" * 64, SECRET, Limits(check_seconds=7.0))
    return report(grade.student, evidence=(*grade.evidence, run))


def test_every_check_is_there_with_its_verdict_points_time_and_message() -> None:
    text = explained(typical())
    for check in typical().checks:
        (line,) = re.findall(
            rf"{check.status} +{check.points:g}/{check.max_points:g} +0\.02 s  {check.shows}$", text, re.M
        )[:1]
        assert line
        assert check.message.splitlines()[0] in text if check.message else True
        assert not check.misconception or f"known mistake: {check.misconception}" in text


@pytest.mark.parametrize("grade", [typical(), *[r for r in school_class(20) if r.status == "graded"]])
def test_the_sums_are_right(grade: GradeReport) -> None:
    text = explained(grade)
    required = re.search(r"required   ([\d. +]+) = ([\d.]+) of 5", text)
    bonus = re.search(r"bonus      ([\d. +]+) = ([\d.]+)", text)
    late = re.search(r"lateness   -([\d.]+)", text)
    total = re.search(r"total      ([\d.]+)", text)
    assert required and bonus and late and total
    for sum_of in (required, bonus):
        assert sum(map(float, sum_of[1].split(" + "))) == pytest.approx(float(sum_of[2]))
    assert float(total[1]) == pytest.approx(float(required[2]) + float(bonus[2]) - float(late[1]), abs=1e-5)
    assert float(total[1]) == pytest.approx(grade.total, abs=1e-5)


def test_what_ran_is_told_with_limits_and_the_name_of_the_secret_but_not_the_secret() -> None:
    text = explained(with_provenance(report()))
    assert "hand-in    dddddddddddd" in text
    assert f"the course's secret ({secret_name(SECRET)})" in text
    assert SECRET.decode() not in text
    assert "check 7 s" in text
    assert "memory 2048 MiB" in text
    assert "isolation  namespaces" in text
    assert "torch 2.13.0" in text


def test_a_suite_or_a_secret_that_has_changed_since_is_told() -> None:
    text = explained(with_provenance(report()), Now(suite="0123", secret="4567"))
    assert "it has changed since, to 0123: grade again" in text
    assert "the course has another one now, 4567" in text
    assert "changed since" not in explained(with_provenance(report()))


def test_a_hand_in_that_needs_a_person_has_a_reason_and_no_grade() -> None:
    text = explained(ungradable(reason="ppo.ipynb is not JSON."))
    assert "student-08, ppo: no grade, needs a person" in text
    assert "ppo.ipynb is not JSON." in text
    assert "of 5 points" not in text


def test_what_a_student_can_write_cannot_steer_the_terminal() -> None:
    grade = report(changes={"rollout": {"status": "failed", "message": "\x1b[2J\u202eabc"}})
    assert "\x1b" not in explained(grade)
    assert "\\x1b[2J\\u202eabc" in explained(grade)
