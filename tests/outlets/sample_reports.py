"""Made-up reports of a class, as the grader writes them: the input of the tests of the outlets."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from autograder.assignment import Assignment
from autograder.course import Course
from autograder.report import CheckOutcome, CheckStatus, GradeReport
from autograder.sandbox.limits import Limits

SUITE: dict[str, dict[str, float]] = {
    "make_env": {"clips_actions": 0.125, "leaves_observations_alone": 0.125},
    "Actor": {
        "builds": 0.25,
        "log_std_is_learned": 0.125,
        "values_have_one_axis": 0.125,
        "greedy_is_deterministic": 0.125,
        "sampling_is_stochastic": 0.125,
    },
    "one_step_returns": {"known_vector": 0.25, "cuts_at_dones": 0.25},
    "multi_step_returns": {
        "known_vector": 0.25,
        "random_batches": 0.25,
        "gamma_zero_gives_rewards": 0.25,
        "leaves_inputs_untouched": 0.25,
    },
    "compute_gae": {"known_vector": 0.5, "lambda_one_is_multi_step": 0.5},
    "critic_loss": {"value": 0.125, "gradient": 0.125},
    "actor_loss": {"unclipped": 0.25, "clips_from_above": 0.25, "clips_from_below": 0.25},
    "entropy_loss": {"is_minimised": 0.25},
    "rollout": {"stops_when_truncated": 0.125, "returns_undiscounted_sum": 0.125},
    "evaluate": {"is_deterministic": 0.25},
    "PPOTrainer": {"first_update": 0.25, "bootstraps_truncation": 0.25, "normalises_advantages": 0.25},
}
BONUS = "compute_gae"
NOT_WRITTEN = "`{}` is not written yet: it raises NotImplementedError. Delete that line and write your solution."
MISTAKES = {
    "multi_step_returns": (
        "ignores_dones",
        "Your returns flow across the end of an episode: `dones` is not used. Where `dones[t]` is 1, the return "
        "of step t is the reward alone.",
    ),
    "actor_loss": (
        "inverted_ratio",
        "The ratio is upside down: it is exp(old − new). It should be the new policy's probability over the old one's.",
    ),
    "Actor": (
        "value_keeps_last_axis",
        "`get_value` returns shape [B, 1] where [B] is expected; squeeze the last axis, or the critic loss "
        "broadcasts to [B, B].",
    ),
}
VERSIONS = {"autograder": "0.1.0", "suite": "3f9c2a71", "python": "3.11.2", "torch": "2.13.0"}


def course(root: Path = Path("/course")) -> Course:
    """A course with one assignment."""
    assignment = Assignment(
        id="ppo", title="PPO on HalfCheetah", exercises=tuple(SUITE), bonus=(BONUS,), limits=Limits()
    )
    return Course(
        file=root / "course.toml",
        root=root,
        id="drl",
        title="Deep Reinforcement Learning",
        timezone=ZoneInfo("Europe/Prague"),
        secret_file=root / "course.secret",
        database="sqlite:////course/gradebook.db",
        limits=Limits(),
        assignments={"ppo": assignment},
    )


def outcome(exercise: str, name: str, status: CheckStatus = "passed", **fields: Any) -> CheckOutcome:
    """The verdict of one check of ``SUITE``."""
    max_points = SUITE[exercise][name]
    points = max_points if status == "passed" else 0.0
    fields = {"points": points, "max_points": max_points, "seconds": 0.02} | fields
    return CheckOutcome(id=f"ppo.{exercise}.{name}", exercise=exercise, status=status, **fields)


def report(
    student: str = "student-07", changes: dict[str, dict[str, Any]] | None = None, late: float = 0.0, **fields: Any
) -> GradeReport:
    """A report in which everything passed but ``changes``.

    Args:
        student: Student id.
        changes: Per exercise (all of its checks) or ``exercise.check``, the fields of the outcome.
        late: Share of the points that lateness costs.
        fields: Fields of the report that replace the computed ones.
    """
    changes = changes or {}
    checks = tuple(
        outcome(exercise, name, **(changes.get(exercise, {}) | changes.get(f"{exercise}.{name}", {})))
        for exercise, names in SUITE.items()
        for name in names
    )
    score = sum(check.points for check in checks if check.exercise != BONUS)
    bonus = sum(check.points for check in checks if check.exercise == BONUS)
    evidence: tuple[dict[str, Any], ...] = ()
    if late:
        text = "Handed in 2027-03-02 02:30 (Europe/Prague), 2 h 31 min late: half of the points."
        evidence = ({"kind": "late", "text": text, "seconds_late": 9060, "fraction": late},)
    fields = {
        "status": "graded",
        "isolation": "namespaces",
        "score": score,
        "max_score": 5.0,
        "bonus": bonus,
        "late_penalty": late * (score + bonus),
        "checks": checks,
        "evidence": evidence,
        "seconds": 1.4,
        "versions": VERSIONS,
    } | fields
    return GradeReport(student=student, assignment="ppo", **fields)


def not_written(exercise: str) -> dict[str, dict[str, Any]]:
    """The changes of a report whose author has not begun with this exercise."""
    return {exercise: {"status": "failed", "message": NOT_WRITTEN.format(exercise)}}


def mistaken(exercise: str, name: str) -> dict[str, dict[str, Any]]:
    """The changes of a report in which one check recognises a known mistake."""
    misconception, message = MISTAKES[exercise]
    return {f"{exercise}.{name}": {"status": "failed", "message": message, "misconception": misconception}}


def typical(student: str = "student-07") -> GradeReport:
    """A report that has something of everything."""
    changes = (
        not_written("compute_gae")
        | mistaken("multi_step_returns", "known_vector")
        | mistaken("Actor", "values_have_one_axis")
        | {
            "multi_step_returns.random_batches": {
                "status": "failed",
                "message": "returns: 24 of 48 elements differ, the first at [3, 0].",
                "points": 0.1,
            },
            "critic_loss.gradient": {
                "status": "failed",
                "message": "no gradient reaches `pred_values`: expected one of shape [16]. Is there a `.detach()` "
                "or `.item()` too many?\ncell 12, line 4, in critic_loss: return loss.item()",
            },
            "rollout.stops_when_truncated": {"status": "timeout", "message": "no answer within 10 seconds"},
            "evaluate": {"status": "blocked", "message": "Needs `rollout`, which did not answer in time."},
            "PPOTrainer.first_update": {"status": "blocked", "message": "Needs `compute_gae`."},
            "PPOTrainer.bootstraps_truncation": {"status": "blocked", "message": "Needs `compute_gae`."},
        }
    )
    made = report(student, changes, late=0.5)
    notes = (
        {"kind": "note", "text": "Cell 9 failed (NameError: name 'plt' is not defined); those after it were run."},
        {"kind": "note", "text": "The check cell of `rollout` was changed; the released one was used."},
        {"kind": "note", "text": "Cell 31 (training) was skipped, as always."},
    )
    return report(student, changes, late=0.5, evidence=made.evidence + notes)


def ungradable(
    student: str = "student-08", reason: str = "ppo.ipynb is not JSON: it ends in the middle of line 812."
) -> GradeReport:
    """A report of a submission that could not be graded."""
    return report(
        student,
        status="needs_attention",
        isolation="none",
        score=0.0,
        bonus=0.0,
        checks=(),
        evidence=({"kind": "attention", "text": reason},),
    )


def school_class(size: int, seed: int = 0) -> list[GradeReport]:
    """A class whose students differ in skill, some of them late, some of whose hand-ins cannot be graded."""
    rng = random.Random(seed)
    return [_student(rng, f"student-{number:03d}") for number in range(size)]


def _student(rng: random.Random, name: str) -> GradeReport:
    if rng.random() < 0.03:
        return ungradable(name)
    skill = rng.betavariate(4, 2)
    changes: dict[str, dict[str, Any]] = {}
    for exercise, names in SUITE.items():
        if rng.random() > skill + 0.3:
            changes |= not_written(exercise)
            continue
        for check in names:
            if rng.random() < skill:
                continue
            if exercise in MISTAKES and rng.random() < 0.5:
                changes |= mistaken(exercise, check)
            else:
                changes[f"{exercise}.{check}"] = _other_failure(rng)
    return report(name, changes, late=0.5 if rng.random() < 0.1 else 0.0, seconds=1 + rng.random())


def _other_failure(rng: random.Random) -> dict[str, Any]:
    wrong = rng.randint(1, 6)
    return rng.choice(
        [
            {"status": "failed", "message": f"returns: {wrong} of 6 elements differ."},
            {"status": "failed", "message": "expected shape [5], received [5, 1]; squeeze the last axis"},
            {"status": "timeout", "message": "no answer within 10 seconds"},
            {"status": "blocked", "message": "Needs `Actor`, which could not be built."},
        ]
    )
