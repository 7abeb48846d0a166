"""Agents that give no points: what a whole submission's scoring says of them, in a real sandbox."""

from dataclasses import replace

import pytest

from autograder.execution import Execution
from autograder.grading_plan import GradingPlan
from autograder.sandbox.limits import Limits
from autograder.scoring.scorer import Scorer
from autograder.submission import read_submission
from autograder.suites.student_text import StudentText
from tests.cartpole_agent import trained_agent
from tests.ppo_course import hand_in, released_course
from tests.untranslated import untranslated


@pytest.fixture(scope="module")
def scored(tmp_path_factory, warm):
    """Scores the reference of REINFORCE with an agent."""
    course = released_course(tmp_path_factory.mktemp("course"), assignments=["reinforce"])
    assignment = course.assignment("reinforce")

    def score(agent=None, *, videos=False, points=0.0, cells=None):
        assert assignment.policy is not None
        judged = replace(assignment, policy=replace(assignment.policy, points=points))
        folder = hand_in(course, "student-01", cells, assignment="reinforce", agent=agent)
        if agent is None:
            (folder / "policy.safetensors").unlink(missing_ok=True)
        submission = read_submission(folder, judged, course.released(judged))
        with Execution(warm, submission, Limits()) as execution:
            execution.run()
            scorer = Scorer(judged, GradingPlan(videos=videos), warm, b"secret")
            return scorer.score(submission, execution, [], StudentText())

    return score


def kinds(found):
    return [fact["kind"] for fact in found.evidence]


def test_an_agent_is_shown_with_its_curve_in_the_band_and_its_film(scored):
    found = scored(trained_agent(), videos=True)
    assert found.outcome is None
    assert kinds(found) == ["episode_returns", "learning_curve", "video"]
    assert found.evidence[1]["band"]["steps"] == sorted(found.evidence[1]["band"]["steps"])
    assert 10_000 < len(found.video) < 400_000


def test_without_an_agent_nothing_is_said(scored):
    found = scored()
    assert (found.outcome, found.evidence, found.video) == (None, (), b"")


def test_why_an_agent_could_not_be_played_is_a_note(scored):
    found = scored(trained_agent()[:-7])
    assert (found.outcome, kinds(found)) == (None, ["note"])
    assert "expected a file in safetensors' format" in found.evidence[0]["text"]
    assert untranslated(found.evidence[0]["text"]) == []


def test_where_a_course_gives_points_for_it_an_agent_earns_them(scored):
    found = scored(trained_agent(), points=0.5)
    assert (found.outcome.status, found.outcome.points) == ("passed", 0.5)
    assert kinds(found) == ["episode_returns", "learning_curve"]  # the untrained actor does not arouse suspicion
    blocked = scored(points=0.5).outcome
    assert (blocked.status, blocked.points) == ("blocked", 0.0)
    assert "No agent was scored" in blocked.message
