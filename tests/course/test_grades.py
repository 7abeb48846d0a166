"""Every assignment in every language, by `autograder grade`: nothing for the release, everything for the solutions."""

import json
import os
import shutil
import subprocess
import sys
from statistics import fmean

import pytest

from autograder.demo.made_up_class import AGENT
from autograder.suites.check_plugin import points_per_exercise
from tests.cartpole_agent import trained_agent
from tests.course.judged_suite import COURSE
from tests.made_up_course import REPOSITORY
from tests.ppo_course import hand_in, released_course

IN_TIME = "2026-12-01 12:00:00 UTC"
LANGUAGES = ("en", *COURSE.translations)
GRADED = [each for each in COURSE.assignments.values() if each.is_graded]
for_each_notebook = pytest.mark.parametrize(
    ("assignment", "language"),
    [pytest.param(each, language, id=f"{each.id}-{language}") for each in GRADED for language in LANGUAGES],
)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The folder of results: of one student who hands in what was released, and of one who solved everything."""
    course = released_course(tmp_path_factory.mktemp("course"), assignments=[each.id for each in GRADED])
    agents = {"ppo": AGENT.read_bytes(), "reinforce": trained_agent()}
    assert agents.keys() == {each.id for each in GRADED if each.policy}
    for assignment in GRADED:
        for language in LANGUAGES:
            agent = agents.get(assignment.id)
            hand_in(course, f"solved-{language}", at=IN_TIME, language=language, assignment=assignment.id, agent=agent)
            untouched = course.root / "submitted" / f"untouched-{language}" / assignment.id
            untouched.mkdir(parents=True)
            shutil.copy(course.released(assignment, language), untouched)
    done = subprocess.run(
        [sys.executable, "-m", "autograder.cli", "grade", "submitted", "--out", "results", "--workers", "1"],
        cwd=course.root,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return course.root / "results"


def report(results, student, assignment):
    return json.loads((results / student / assignment.id / "report.json").read_text(encoding="utf-8"))


@for_each_notebook
def test_the_untouched_release_scores_nothing(results, assignment, language):
    found = report(results, f"untouched-{language}", assignment)
    assert (found["status"], found["score"], found["bonus"], found["language"]) == ("graded", 0.0, 0.0, language)
    assert {check["status"] for check in found["checks"]} <= {"failed", "blocked"}


@for_each_notebook
def test_the_solutions_score_everything(results, assignment, language):
    found = report(results, f"solved-{language}", assignment)
    points = points_per_exercise(assignment.id)
    bonus = sum(points[exercise] for exercise in assignment.bonus)
    assert (found["status"], found["language"], found["isolation"]) == ("graded", language, "namespaces")
    assert (found["score"], found["bonus"]) == pytest.approx((found["max_score"], bonus))
    agent = assignment.policy.points if assignment.policy else 0.0
    assert found["max_score"] == pytest.approx(sum(points.values()) - bonus + agent)
    assert [fact for fact in found["evidence"] if fact["kind"] == "note"] == []


@for_each_notebook
def test_the_trained_agents_are_shown(results, assignment, language):
    found = report(results, f"solved-{language}", assignment)
    of_agent = [fact for fact in found["evidence"] if "check" not in fact]
    shown = {fact["kind"]: fact for fact in of_agent if fact["kind"] in ("episode_returns", "learning_curve", "video")}
    if assignment.policy is None:
        assert shown == {}
        return
    assert set(shown) == {"episode_returns", "learning_curve", "video"}
    assert fmean(shown["episode_returns"]["returns"]) >= assignment.policy.full_at
    assert len(shown["learning_curve"]["band"]["low"]) > 5
    folder = results / f"solved-{language}" / assignment.id
    assert 5_000 < (folder / shown["video"]["path"]).stat().st_size < 400_000
    page = (folder / "feedback.html").read_text(encoding="utf-8")
    assert page.count("<video") == 1
