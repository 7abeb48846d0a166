"""One submission from its folder to its report, in a real sandbox."""

import base64
import shutil
from dataclasses import replace

import nbformat
import pytest

from autograder.demo.made_up_class import AGENT
from autograder.desk import Desk, Job
from autograder.errors import InputError
from autograder.grading import Grader
from autograder.grading_plan import GradingPlan
from autograder.outlets.feedback import render_feedback
from autograder.provenance import recorded
from autograder.report import CheckOutcome, GradeReport
from autograder.suites.check_plugin import collect_checks
from tests.ppo_course import WITHOUT_AGENT, hand_in, released_course
from tests.untranslated import english_left, untranslated

LIMITS = "\n[assignments.ppo.limits]\ncell_seconds = 5\ncheck_seconds = 1\n"
STUB = """
def {}(*args, **kwargs):
    raise NotImplementedError("Write your solution here, then delete this line.")
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return released_course(tmp_path_factory.mktemp("course"), LIMITS)


@pytest.fixture(scope="module")
def grader(course, warm):
    return Grader(course, course.assignment("ppo"), warm, GradingPlan(videos=False))


def read_again(report: GradeReport) -> GradeReport:
    return GradeReport.from_json(report.to_json())


def outcomes(report: GradeReport, exercise: str) -> dict[str, str]:
    return {check.id: check.status for check in report.checks if check.exercise == exercise}


def messages(report: GradeReport, exercise: str) -> list[str]:
    return [check.message for check in report.checks if check.exercise == exercise and check.message]


def test_the_reference_gets_everything(course, grader):
    report = grader.grade(hand_in(course, "student-01", agent=AGENT.read_bytes())).report
    assert report.status == "graded"
    assert (report.score, report.max_score, report.bonus, report.late_penalty) == (5.0, 5.0, 1.0, 0.0)
    assert {check.status for check in report.checks} == {"passed"}
    assert [check.id for check in report.checks] != []
    suite = [check.id for check in collect_checks("ppo")]
    assert sorted(check.id for check in report.checks) == sorted([*suite, "ppo.policy.reaches_the_return"])
    assert report.isolation == "namespaces"
    (curve,) = [fact for fact in report.evidence if fact["kind"] == "learning_curve" and "check" in fact]
    assert curve["exercise"] == "PPOTrainer"
    assert curve["steps"] == curve["band"]["steps"]
    assert len(curve["returns"]) == len(curve["band"]["low"]) == len(curve["steps"])
    assert {"autograder", "suite", "torch", "python"} <= set(report.versions)


def test_grading_twice_gives_the_same_report_and_the_same_notebook(course, grader):
    folder = hand_in(course, "student-02", {"actor_loss": "def actor_loss(*args):\n    return object()"})
    first, second = grader.grade(folder), grader.grade(folder)
    assert first.report.without_times().to_json() == second.report.without_times().to_json()
    assert first.executed == second.executed


def test_a_stub_is_not_written_yet_and_blocks_those_who_need_it(course, grader):
    folder = hand_in(course, "student-03", {"make_env": STUB.format("make_env")})
    report = grader.grade(folder).report
    assert set(outcomes(report, "make_env").values()) <= {"failed", "blocked"}
    assert any("not written yet" in message for message in messages(report, "make_env"))
    for exercise in ("evaluate", "PPOTrainer"):
        assert "failed" not in outcomes(report, exercise).values()
        assert "blocked" in outcomes(report, exercise).values()
    assert set(outcomes(report, "actor_loss").values()) == {"passed"}


def test_an_exception_is_told_with_the_students_own_line(course, grader):
    source = "def critic_loss(target_values, pred_values):\n    return target_values.mean().nope\n"
    message = messages(grader.grade(hand_in(course, "student-04", {"critic_loss": source})).report, "critic_loss")[0]
    assert "AttributeError" in message
    assert "line 2" in message
    assert "`return target_values.mean().nope`" in message


def test_a_wrong_shape_is_told_with_its_remedy(course, grader):
    source = (
        "def one_step_returns(rewards, values, dones, gamma=0.99):\n"
        "    return (rewards + gamma * (1 - dones.to(rewards.dtype)) * values[1:]).unsqueeze(-1)\n"
    )
    found = messages(
        grader.grade(hand_in(course, "student-05", {"one_step_returns": source})).report, "one_step_returns"
    )
    assert any("received [6, 1]; squeeze the last axis" in message for message in found)


def test_what_one_check_breaks_costs_no_other_check(course, grader):
    source = (
        "calls = 0\n"
        "def critic_loss(target_values, pred_values):\n"
        "    global calls, F\n"
        "    calls += 1\n"
        "    if calls == 1:\n"
        "        return F.mse_loss(pred_values, target_values.detach())\n"
        "    F = None\n"
        "    torch.tensor = torch.zeros = torch.exp = None\n"
        "    return torch.mean((pred_values - target_values.detach()) ** 2)\n"
    )
    report = grader.grade(hand_in(course, "student-06", {"critic_loss": source})).report
    for exercise in ("actor_loss", "entropy_loss", "rollout", "evaluate"):
        assert set(outcomes(report, exercise).values()) == {"passed"}, exercise


def test_an_endless_exercise_is_waited_for_twice_only(course, grader):
    source = "def entropy_loss(action_dist):\n    while True:\n        pass\n"
    report = grader.grade(hand_in(course, "student-07", {"entropy_loss": source})).report
    found = list(outcomes(report, "entropy_loss").values())
    assert found.count("timeout") == 2
    assert set(found) == {"timeout", "blocked"}
    assert any("did not answer within 1 seconds" in message for message in messages(report, "entropy_loss"))


def test_lateness_is_taken_off_and_explained(course, grader):
    for at, fraction in (
        ("2027-01-17 22:58:00 UTC", 0.0),
        ("2027-01-17 23:01:00 UTC", 0.5),
        ("2027-01-31 23:30:00 UTC", 1.0),
    ):
        report = grader.grade(hand_in(course, "student-08", at=at)).report
        assert report.late_penalty == fraction * WITHOUT_AGENT
        assert report.total == (1 - fraction) * WITHOUT_AGENT
        late = [each["text"] for each in report.evidence if each["kind"] == "late"]
        assert len(late) == (fraction > 0)
        assert all("Europe/Prague" in text and "deadline" in text for text in late)


def test_the_executed_notebook_is_valid_and_shows_verdicts(course, grader):
    folder = hand_in(
        course, "student-09", {"critic_loss": "def critic_loss(target_values, pred_values):\n    return 0.0"}
    )
    graded = grader.grade(folder)
    executed = graded.executed
    notebook = nbformat.from_dict(executed)
    nbformat.validate(notebook)
    cells = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in notebook.cells}
    assert cells["check_critic_loss"].outputs[0].text.startswith("critic_loss: ")
    assert "✗" in cells["check_critic_loss"].outputs[0].text
    (places,) = [fact["cells"] for fact in graded.report.evidence if fact["kind"] == "places"]
    assert set(places) == set(course.assignment("ppo").exercises)
    for exercise, number in places.items():
        assert notebook.cells[number - 1].metadata.nbgrader.grade_id == exercise
    assert recorded(graded.report)["limits"]["check_seconds"] == 1.0


def test_a_russian_notebook_is_graded_like_an_english_one_and_answered_in_russian(course, grader):
    changed = {
        "one_step_returns": "def one_step_returns(rewards, values, dones, gamma=0.99):\n    return rewards[:, None]\n",
        "critic_loss": "def critic_loss(target_values, pred_values):\n    return target_values.mean().nope\n",
        "evaluate": STUB.format("evaluate"),
        "imports": "import math",
    }
    at = "2027-01-17 23:01:00 UTC"
    english = grader.grade(hand_in(course, "student-21", changed, at))
    russian = grader.grade(hand_in(course, "student-22", changed, at, "ru"))
    one, other = english.report.without_times(), russian.report.without_times()
    assert (one.language, other.language) == ("en", "ru")
    same = [
        replace(
            each, student="", language="", evidence=[fact for fact in each.evidence if fact["kind"] != "provenance"]
        )
        for each in (one, other)
    ]
    assert same[0] == same[1]  # messages too: reports are in English; only the digests of the hand-ins differ
    assert not [text for check in other.checks for text in untranslated(check.message)]
    assert not [text for fact in other.evidence for text in untranslated(fact.get("text", ""))]
    page = render_feedback(read_again(russian.report), "PPO")
    assert "ожидалась форма" in page
    assert english_left(page.replace("object has no attribute", "")) == []


def test_restored_cells_and_verdicts_are_in_the_language_of_the_notebook(course, grader):
    executed = grader.grade(hand_in(course, "student-23", {"imports": "import math"}, language="ru")).executed
    cells = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in nbformat.from_dict(executed).cells}
    assert 'inline_checks("ppo", globals(), language="ru")' in cells["imports"].source
    assert "Добавляет батч" in cells["given_networks"].source
    text = cells["check_critic_loss"].outputs[0].text
    assert text.startswith("critic_loss: баллов 0.25 из 0.25\n✓ ")
    assert english_left(text) == []


def test_what_cannot_be_graded_is_answered_in_its_language(course, grader):
    folder = hand_in(course, "student-24", language="ru")
    (folder / "ppo.ru.ipynb").write_text("")
    report = grader.grade(folder).report
    assert (report.status, report.language) == ("needs_attention", "ru")
    assert english_left(render_feedback(report, "PPO")) == []


def test_what_cannot_be_graded_needs_attention_with_a_reason(course, grader):
    folder = hand_in(course, "student-10")
    (folder / "ppo.ipynb").write_text("{")
    graded = grader.grade(folder)
    assert graded.executed is None
    assert graded.report.status == "needs_attention"
    assert "expected a notebook in JSON" in graded.report.attention
    assert (graded.report.score, graded.report.max_score) == (0.0, 5.0)


def test_a_fault_of_the_grader_is_nobodys_zero(course, warm, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("a bug")

    monkeypatch.setattr("autograder.suites.expect.close", broken)
    report = Grader(course, course.assignment("ppo"), warm).grade(hand_in(course, "student-11")).report
    assert report.status == "needs_attention"
    assert "The grader failed on" in report.attention
    assert "error" in {check.status for check in report.checks}


def test_a_desk_whose_sandbox_dies_grades_with_a_new_one(course, tmp_path):
    desk = Desk(course, "namespaces")
    try:
        desk.open()
        assert desk._warm is not None
        desk._warm.close()  # as if the kernel had killed it
        folder = hand_in(course, "student-12", agent=AGENT.read_bytes())
        report = desk.grade(Job("student-12", "ppo", folder), tmp_path)
        assert (report.status, report.total) == ("graded", 6.0)
        video = tmp_path / "student-12" / "ppo" / "rollout.mp4"
        assert {"kind": "video", "path": "rollout.mp4"} in report.evidence
        assert 10_000 < video.stat().st_size < 400_000
        (folder / "policy.safetensors").unlink()
        report = desk.grade(Job("student-12", "ppo", folder), tmp_path)
        assert report.total == WITHOUT_AGENT
        assert not video.exists()  # it was of another agent
    finally:
        desk.close()


def agent_outcome(report: GradeReport) -> CheckOutcome:
    return next(check for check in report.checks if check.exercise == "policy")


def test_without_an_agent_its_points_are_blocked_with_what_to_do(course, grader):
    outcome = agent_outcome(grader.grade(hand_in(course, "student-27")).report)
    assert (outcome.status, outcome.points, outcome.max_points) == ("blocked", 0.0, 0.5)
    assert "no policy.safetensors was handed in" in outcome.message
    assert "rlhelpers.save_policy" in outcome.message


def test_an_agent_that_falls_short_earns_its_share(course, warm):
    assignment = course.assignment("ppo")
    harder = replace(assignment, policy=replace(assignment.policy, zero_at=1000.0, full_at=9000.0))
    grader = Grader(course, harder, warm, GradingPlan(videos=False))
    report = grader.grade(hand_in(course, "student-28", agent=AGENT.read_bytes())).report
    returns = next(fact for fact in report.evidence if fact["kind"] == "episode_returns")["returns"]
    outcome = agent_outcome(report)
    assert outcome.status == "failed"
    assert outcome.points == pytest.approx(0.5 * (sum(returns) / len(returns) - 1000) / 8000, abs=1e-3)
    assert report.score == pytest.approx(4.5 + outcome.points)
    assert "9000 or more earn all points, 1000 or less none" in outcome.message


def test_a_notebook_that_holds_trained_weights_waits_for_a_person(course, grader):
    actor = (
        course.source(course.assignment("ppo")).read_text().split('# %% exercise="Actor"\n')[1].split("# %% check")[0]
    )
    weights = base64.b64encode(AGENT.read_bytes()).decode()
    load = f"import base64, safetensors.torch\nWEIGHTS = safetensors.torch.load(base64.b64decode('{weights}'))\n"
    init = "self.log_std = nn.Parameter(torch.full((action_dim,), -1.0))\n"
    trained = actor.replace(
        init, f"{init}        if obs_dim == 17 and hidden_dim == 64: self.load_state_dict(WEIGHTS)\n"
    )
    report = grader.grade(hand_in(course, "student-29", {"Actor": load + trained})).report
    assert report.status == "needs_attention"
    assert "already plays well" in report.attention


def test_a_course_without_its_source_is_the_instructors_to_mend(course, warm, tmp_path):
    folder = hand_in(course, "student-13")
    shutil.copytree(course.root, tmp_path / "course")
    from autograder.course import load_course

    copy = load_course(tmp_path / "course")
    copy.released(copy.assignment("ppo")).unlink()
    with pytest.raises(InputError, match="run `autograder release`"):
        Grader(copy, copy.assignment("ppo"), warm).grade(folder)
