"""Regrade: whose grade changes, recounted from the reports."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.outlets.regrade import compare, describe, write_changes
from autograder.report import GradeReport
from tests.outlets.sample_reports import not_written, report, school_class, ungradable


def said(old: list[GradeReport], new: list[GradeReport], limit: int = 20) -> str:
    return "\n".join(describe(compare(old, new), limit))


def test_the_same_class_graded_twice_changes_nobody_whatever_the_times() -> None:
    old = school_class(20)
    new = [replace(each, seconds=each.seconds + 1) for each in old]
    assert compare(old, new).changes == ()
    assert said(old, new) == "0 of 20 grades would change"


def test_a_check_that_came_out_otherwise_is_told_with_the_grade_that_it_changes() -> None:
    old = [report("student-01"), report("student-02")]
    changes = {"critic_loss.gradient": {"status": "failed", "message": "no gradient"}}
    text = said(old, [report("student-01", changes), report("student-02")])
    assert "1 of 2 grades would change" in text
    assert "1 × ppo.critic_loss.gradient: passed → failed (-0.125)" in text
    assert "student-01, ppo: 6 → 5.875" in text
    assert "student-02" not in text


def test_new_and_removed_checks_are_told() -> None:
    one = report("student-01")
    fewer = replace(one, checks=one.checks[1:], score=one.score - one.checks[0].points)
    assert "ppo.make_env.clips_actions: passed → gone (-0.125)" in said([one], [fewer])
    assert "ppo.make_env.clips_actions: new → passed (+0.125)" in said([fewer], [one])


def test_the_largest_changes_come_first() -> None:
    old = [report(f"student-{number}") for number in range(3)]
    new = [
        report("student-0"),
        report("student-1", not_written("entropy_loss")),
        report("student-2", not_written("Actor")),
    ]
    assert [change.student for change in compare(old, new).changes] == ["student-2", "student-1"]


def test_losing_or_getting_a_grade_is_a_change_even_if_it_is_of_no_points() -> None:
    nothing = report("student-01", score=0.0, bonus=0.0, checks=())
    text = said([nothing], [ungradable("student-01")])
    assert "1 of 1 grades would change" in text
    assert "student-01, ppo: 0 → no grade" in text


def test_another_verdict_for_the_same_points_is_counted_apart() -> None:
    failed = report("student-01", {"evaluate": {"status": "failed", "message": "wrong"}})
    timeout = report("student-01", {"evaluate": {"status": "timeout", "message": "slow"}})
    text = said([failed], [timeout])
    assert "0 of 1 grades would change" in text
    assert "1 more came out otherwise in some check, with the same grade" in text


def test_students_of_one_side_only_are_named() -> None:
    text = said([report("student-01"), report("student-02")], [report("student-02"), report("student-03")])
    assert "Only in the old results: 1 (student-01/ppo)" in text
    assert "Only in the new results: 1 (student-03/ppo)" in text


def test_what_took_part_is_compared() -> None:
    other = report("student-01", versions={"suite": "aaaa"}, isolation="none")
    text = said([report("student-01")], [other])
    assert "ppo suite: 3f9c2a71 → aaaa" in text
    assert "ppo isolation: namespaces → none" in text
    assert "ppo torch: 2.13.0 → not recorded" in text


def test_what_is_left_out_is_counted() -> None:
    old = school_class(60, seed=1)
    new = [replace(each, late_penalty=each.late_penalty + 0.25) for each in old]
    graded = sum(each.status == "graded" for each in old)
    assert f"{graded} of 60 grades would change" in said(old, new)
    assert f"and {graded - 5} more; --csv FILE lists all" in said(old, new, limit=5)


def test_the_file_lists_every_change_and_its_points_explain_the_totals(tmp_path: Path) -> None:
    old = [each for each in school_class(40) if each.status == "graded" and not each.late_penalty]
    new = [report(each.student) for each in old]
    write_changes(compare(old, new), tmp_path / "changes.csv")
    with (tmp_path / "changes.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream, strict=True))
    for each in old:
        mine = [row for row in rows if row["student"] == each.student]
        assert sum(float(row["points"]) for row in mine) == pytest.approx(6.0 - each.total, abs=1e-5)
        assert {row["new_total"] for row in mine} <= {"6"}
        assert {row["new_status"] for row in mine} <= {"passed"}
