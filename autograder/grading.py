"""Grading: the straight line from one submission's folder to its report."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import autograder
from autograder.assignment import Assignment
from autograder.course import Course
from autograder.earlier import Earlier
from autograder.errors import SubmissionError
from autograder.execution import Execution
from autograder.grading_plan import GradingPlan
from autograder.language import SOURCE_LANGUAGE, catalogue
from autograder.lateness import with_lateness
from autograder.message import as_message, in_language, message, told_by
from autograder.policy_task import POLICY
from autograder.provenance import provenance
from autograder.report import CHECK_MARKS, CheckOutcome, GradeReport
from autograder.sandbox.door import WarmProcess
from autograder.scoring.checkpoints import TrainingFolder
from autograder.scoring.scorer import Scored, Scorer
from autograder.submission import Submission, language_handed_in, read_submission
from autograder.suites.check_plugin import collect_checks, suite_name
from autograder.suites.diagnosis import Diagnostician
from autograder.suites.judging import run_suite
from autograder.suites.student_text import StudentText

MAX_RUNS = 3  # of a submission whose processes end for no reason that the grader knows


@dataclass(frozen=True)
class Graded:
    """What grading a submission has brought.

    Attributes:
        report: The report.
        executed: The notebook as it ran, in nbformat 4.5; None if it could not be run.
        video: Of the agent that was scored, an MP4; no bytes if there is none.
        is_interrupted: Whether a training run has to go on when the submission is graded again.
    """

    report: GradeReport
    executed: dict[str, Any] | None = None
    video: bytes = b""
    is_interrupted: bool = False


class Grader:
    """Grades submissions of one assignment with one warm process.

    Args:
        course: The course.
        assignment: The assignment.
        warm: Opens the processes of submissions.
        plan: How much is run.
    """

    def __init__(
        self, course: Course, assignment: Assignment, warm: WarmProcess, plan: GradingPlan | None = None
    ) -> None:
        self._course = course
        self._assignment = assignment
        self._warm = warm
        self._secret = course.secret()
        source, cache = course.source(assignment), course.fingerprints_dir
        self._diagnostician = Diagnostician(assignment.id, source, warm, self._secret, cache)
        plan = plan or GradingPlan()
        self._scorer = Scorer(assignment, plan, warm, self._secret) if assignment.policy is not None else None
        self._versions = {
            "autograder": autograder.__version__,
            "suite": suite_name(assignment.id),
            **warm.versions,
        } | ({} if plan.tier == "checks" else {"tier": plan.tier})

    def prepare(self) -> None:
        """Takes what is taken once for an assignment: the fingerprints of its known mistakes."""
        self._diagnostician.prepare()

    def grade(self, folder: Path, keep: TrainingFolder | None = None, earlier: Earlier | None = None) -> Graded:
        """Grades the submission in ``submitted/<student>/<assignment>/``.

        Args:
            folder: The submission.
            keep: Where a long training run is kept; None: nowhere.
            earlier: Verdicts of an earlier run, of which those that still hold are taken over.

        Raises:
            SandboxError: The sandbox fails; the submission is not to blame and can be graded again.
            InputError: The course's own files cannot be used.
        """
        started = time.monotonic()
        try:
            submission = read_submission(folder, self._assignment, self._course.released(self._assignment))
        except SubmissionError as error:
            report = self._unjudged(folder.parent.name, told_by(error), time.monotonic() - started)
            return Graded(replace(report, language=language_handed_in(folder, self._assignment)))
        graded, ends = self._graded(submission, keep, earlier, started)
        for _ in range(MAX_RUNS - 1):
            if not ends or time.monotonic() - started > self._assignment.limits.grading_seconds:
                break
            before = graded
            graded, ends = self._graded(submission, keep, earlier, started)
            if ends and graded.report.without_times() == before.report.without_times():
                break  # the student's code does it every time
        return graded

    def _graded(
        self, submission: Submission, keep: TrainingFolder | None, earlier: Earlier | None, started: float
    ) -> tuple[Graded, int]:
        """Grades from the first cell on; also, how many of the submission's processes ended for no known reason.

        Was it the student's code, or somebody's signal, or the machine's? It is the student's if it happens again.
        """
        ends = self._warm.unexplained_ends
        try:
            graded = self._graded_once(submission, keep, earlier, started)
        except SubmissionError as error:
            graded = Graded(self._unjudged(submission.student, told_by(error), time.monotonic() - started, submission))
        return graded, self._warm.unexplained_ends - ends

    def _graded_once(
        self, submission: Submission, keep: TrainingFolder | None, earlier: Earlier | None, started: float
    ) -> Graded:
        outcomes, execution, shown, scored = self._judge(submission, keep, earlier)
        executed = _executed_notebook(submission, execution, outcomes)
        report = self._report(submission, execution, outcomes, shown, time.monotonic() - started)
        report = replace(report, evidence=(*report.evidence, *scored.evidence))
        report = with_lateness(report, self._course, submission.submitted_at)
        if report.attention:
            report = replace(report, status="needs_attention")
        return Graded(report, executed, scored.video, scored.is_interrupted)

    def _judge(
        self, submission: Submission, keep: TrainingFolder | None, earlier: Earlier | None
    ) -> tuple[list[CheckOutcome], Execution, list[dict[str, Any]], Scored]:
        """Outcomes, the run of the notebook, what checks have to show beside their verdicts, and the agent's score."""
        shown: dict[str, dict[str, Any]] = {}
        text = StudentText.of(
            {cell.index: cell.source for cell in submission.cells if cell.is_run},
            {cell.index: cell.grade_id for cell in submission.cells if cell.role == "solution" and cell.grade_id},
        )
        started, limits = time.monotonic(), self._assignment.limits
        with Execution(self._warm, submission, limits) as execution:
            execution.run()
            outcomes = run_suite(
                self._assignment.id,
                execution.open_check,
                self._secret,
                exercises=self._assignment.exercises,
                text=text,
                show=lambda fact: shown.update({fact["check"]: fact}),
                seconds=limits.grading_seconds - (time.monotonic() - started),
                earlier=earlier.verdicts if earlier else None,
            )
            taken = earlier.exercises(outcomes) if earlier else set()
            if time.monotonic() - started < limits.grading_seconds:
                outcomes = self._diagnostician.diagnose(outcomes, execution.open_check, already=taken)
            scored = Scored()
            if earlier and self._scorer and (agent := earlier.agent(outcomes)):
                scored = Scored(*agent, earlier.video)
                taken |= {POLICY}
            elif self._scorer:
                scored = self._scorer.score(submission, execution, outcomes, text, keep)
            if earlier:
                shown |= earlier.shown(taken)
            facts = [shown[each.id] for each in outcomes if each.id in shown]
            facts += [earlier.record(taken)] if earlier and taken else []
            outcomes = [*outcomes, *([scored.outcome] if scored.outcome else [])]
            return outcomes, execution, facts, scored

    def _report(
        self,
        submission: Submission,
        execution: Execution,
        outcomes: Sequence[CheckOutcome],
        shown: Sequence[dict[str, Any]],
        seconds: float,
    ) -> GradeReport:
        bonus_exercises = self._assignment.bonus
        score = sum(each.points for each in outcomes if each.exercise not in bonus_exercises)
        bonus = sum(each.points for each in outcomes if each.exercise in bonus_exercises)
        faults = [each.id for each in outcomes if each.status == "error"]
        evidence = [_evidence("note", text) for text in (*submission.notes, *execution.notes())]
        evidence += [_places(submission), provenance(submission.digest, self._secret, self._assignment.limits)]
        if faults:
            reason = message(
                "The grader failed on {checks}; its log says why. Mend it and grade again.", checks=", ".join(faults)
            )
            evidence.insert(0, _evidence("attention", reason))
        return GradeReport(
            student=submission.student,
            assignment=self._assignment.id,
            status="needs_attention" if faults else "graded",
            isolation=self._warm.level,
            score=round(score, 6),
            max_score=_max_score(self._assignment),
            bonus=round(bonus, 6),
            checks=tuple(outcomes),
            evidence=(*evidence, *shown),
            language=submission.language,
            seconds=round(seconds, 3),
            versions=self._versions,
        )

    def _unjudged(self, student: str, reason: str, seconds: float, submission: Submission | None = None) -> GradeReport:
        """The report of a submission that cannot be graded."""
        notes = submission.notes if submission else ()
        report = GradeReport(
            student=student,
            assignment=self._assignment.id,
            status="needs_attention",
            isolation=self._warm.level if submission else "none",
            score=0.0,
            max_score=_max_score(self._assignment),
            evidence=(
                _evidence("attention", reason),
                *(_evidence("note", text) for text in notes),
            ),
            language=submission.language if submission else SOURCE_LANGUAGE,
            seconds=round(seconds, 3),
            versions=self._versions,
        )
        return with_lateness(report, self._course, submission.submitted_at if submission else None)


def fault_report(student: str, assignment: Assignment, level: str, reason: str) -> GradeReport:
    """The report of a submission that the grader could not finish for a fault of its own."""
    return GradeReport(
        student=student,
        assignment=assignment.id,
        status="needs_attention",
        isolation=level,
        score=0.0,
        max_score=_max_score(assignment),
        evidence=(_evidence("attention", reason),),
    )


def _max_score(assignment: Assignment) -> float:
    """What the required exercises and the trained agent can give."""
    points = sum(check.points for check in collect_checks(assignment.id) if check.exercise not in assignment.bonus)
    return round(points + (assignment.policy.points if assignment.policy else 0.0), 6)


def _evidence(kind: str, text: str) -> dict[str, Any]:
    return {"kind": kind, "text": text}


def _places(submission: Submission) -> dict[str, Any]:
    """In which cell of the notebook each exercise is, counted from 1, text cells too."""
    places = {cell.grade_id: cell.index for cell in submission.cells if cell.role == "solution" and cell.grade_id}
    return {"kind": "places", "cells": places}


def _executed_notebook(
    submission: Submission, execution: Execution, outcomes: Sequence[CheckOutcome]
) -> dict[str, Any]:
    """The restored notebook with the outputs of its cells; check cells show the verdicts of their exercise."""
    outputs = execution.outputs()
    verdicts = _verdict_texts(outcomes, submission.language)
    cells = []
    for cell, restored in zip(submission.cells, submission.notebook["cells"], strict=True):
        shown: dict[str, Any] = {}
        if cell.role == "check" and cell.grade_id is not None:
            text = verdicts.get(cell.grade_id.removeprefix("check_"), "")
            shown = {"outputs": [{"output_type": "stream", "name": "stdout", "text": text}]}
        elif cell.index in outputs:
            cell_outputs, count = outputs[cell.index]
            shown = {"outputs": cell_outputs, "execution_count": count}
        cells.append(restored | shown)
    return submission.notebook | {"cells": cells}


def _verdict_texts(outcomes: Sequence[CheckOutcome], language: str) -> Mapping[str, str]:
    say = partial(in_language, translate=catalogue(language).gettext)
    texts: dict[str, str] = {}
    for exercise in dict.fromkeys(outcome.exercise for outcome in outcomes):
        mine = [outcome for outcome in outcomes if outcome.exercise == exercise]
        points, of = sum(each.points for each in mine), sum(each.max_points for each in mine)
        head = message("{exercise}: {points:g} of {all:g} points", exercise=exercise, points=points, all=of)
        lines = [say(head)]
        for each in mine:
            name = as_message(each.shows)
            share = message("{check} ({points:g} of {all:g})", check=name, points=each.points, all=each.max_points)
            lines.append(f"{CHECK_MARKS[each.status]} {say(share)}")
            lines += [f"    {line}" for line in say(each.message).splitlines()]
        texts[exercise] = "\n".join(lines) + "\n"
    return texts
