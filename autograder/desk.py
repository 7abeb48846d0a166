"""Desk: where a worker grades. Whatever goes wrong with a submission, there is a report of it."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.assignment import Assignment
from autograder.class_watch import ClassWatch
from autograder.course import Course
from autograder.earlier import Earlier, read_earlier
from autograder.errors import InputError, SandboxError
from autograder.gpu import find_gpu
from autograder.grading import Graded, Grader, fault_report
from autograder.grading_plan import GradingPlan
from autograder.kept_results import STOP_SIGN, Inputs, Kept, forget, hand_in_digest
from autograder.kept_results import keep as keep_result
from autograder.lateness import judged_again
from autograder.leftovers import remove_leftovers
from autograder.message import message
from autograder.outlets.feedback import render_feedback
from autograder.report import GradeReport, write_atomically, write_report
from autograder.sandbox.door import WarmProcess, strongest_warm_process
from autograder.sandbox.levels import Level
from autograder.scoring.checkpoints import TrainingFolder
from autograder.scoring.scorer import VIDEO
from autograder.submission import language_handed_in

MAX_SANDBOXES = 3  # for one submission
CHECKPOINTS = "training"  # folder beside the report, of long training runs

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """One submission to grade.

    Attributes:
        student: Student id.
        assignment: Assignment id.
        folder: ``submitted/<student>/<assignment>``.
        inputs: What its report will depend on; None: the report is not kept for the next run.
        changed: Exercises for which another suite has to judge it than that of the report that is there; none: all.
    """

    student: str
    assignment: str
    folder: Path
    inputs: Inputs | None = None
    changed: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """``<student>/<assignment>``, where its results are, too."""
        return f"{self.student}/{self.assignment}"


class Desk:
    """Where a worker grades: a warm process, and a grader for each assignment that comes along.

    Args:
        course: The course.
        level: Isolation level of its warm process; None for the strongest that this machine gives.
        plan: How much is run for each submission.
    """

    def __init__(self, course: Course, level: Level | None, plan: GradingPlan | None = None) -> None:
        self._course = course
        self._plan = plan or GradingPlan()
        self._level = level
        self._closed = False
        self._warm: WarmProcess | None = None
        self._graders: dict[str, Grader] = {}

    def open(self) -> None:
        """Starts the warm process.

        Raises:
            SandboxError: It does not start, the machine does not give the isolation asked for, or the desk is closed.
        """
        if self._closed:
            raise SandboxError("expected an open desk, found one that was closed")
        if self._warm is None:
            devices = find_gpu().nodes if self._plan.device == "cuda" else ()
            hidden = [self._course.root]
            if self._level is None:
                self._warm = strongest_warm_process(hidden, devices)
            else:
                self._warm = WarmProcess(self._level, hidden, devices)

    def close(self) -> None:
        """Ends the warm process for good: what is being graded by another thread comes to no report."""
        self._closed = True
        self._end()

    def _end(self) -> None:
        """Ends the warm process; a new one is started when the next submission needs it."""
        if self._warm is not None:
            self._warm.close()
        self._warm = None
        self._graders.clear()

    def prepare(self, assignment: Assignment) -> None:
        """Takes what is taken once for an assignment, before its first submission comes."""
        self._grader(assignment).prepare()

    def grade(self, job: Job, results: Path) -> GradeReport:
        """Grades one submission and writes its files; whatever goes wrong with it, there is a report.

        Raises:
            InputError: The course's own files cannot be used, or results cannot be written.
            SandboxError: The desk was closed meanwhile.
        """
        assignment = self._course.assignment(job.assignment)
        place = results / job.student / job.assignment
        earlier = read_earlier(place, job.changed) if job.changed else None
        graded = self._graded(job, assignment, TrainingFolder(place / CHECKPOINTS, results / STOP_SIGN), earlier)
        try:
            write_files(results, graded, self._course, assignment)
            holds = job.inputs is not None and job.inputs.hand_in == hand_in_digest(job.folder)  # no other file by now
            if holds and not graded.is_interrupted:
                keep_result(results, graded.report, job.inputs)
        except OSError as error:
            raise InputError(
                f"{place}: expected to write results there, received: "
                f"{error.strerror}; mend that and run the same command again: what has been graded is kept"
            ) from error
        return graded.report

    def _graded(self, job: Job, assignment: Assignment, keep: TrainingFolder, earlier: Earlier | None) -> Graded:
        reason = ""
        for _ in range(MAX_SANDBOXES):  # one that failed is made anew
            try:
                return self._grader(assignment).grade(job.folder, keep, earlier)
            except InputError:
                raise
            except SandboxError as error:
                self._end()
                if self._closed:
                    raise
                reason = str(error)
                _log.warning("%s/%s: %s", job.student, job.assignment, error)
            except Exception as error:
                self._end()
                if self._closed:
                    raise SandboxError(f"{job.name}: the desk was closed") from error
                reason = f"{type(error).__name__}: {error}"
                _log.exception("%s/%s: fault of the grader", job.student, job.assignment)
        text = message("The grader failed, the submission is not to blame ({reason}); grade it again.", reason=reason)
        report = fault_report(job.student, assignment, self._level or "none", text)
        return Graded(replace(report, language=language_handed_in(job.folder, assignment)))

    def _grader(self, assignment: Assignment) -> Grader:
        self.open()
        assert self._warm is not None
        if assignment.id not in self._graders:
            self._graders[assignment.id] = Grader(self._course, assignment, self._warm, self._plan)
        return self._graders[assignment.id]


def write_files(results: Path, graded: Graded, course: Course, assignment: Assignment) -> None:
    """Writes ``RESULTS/<student>/<assignment>/``: notebook, video and feedback.html, and report.json last."""
    folder = results / graded.report.student / graded.report.assignment
    forget(results, graded.report.student, graded.report.assignment)
    remove_leftovers([folder, folder / CHECKPOINTS])
    executed = folder / "executed.ipynb"
    if graded.executed is None:
        executed.unlink(missing_ok=True)
    else:
        write_atomically(executed, json.dumps(graded.executed, indent=1, ensure_ascii=False) + "\n")
    if graded.video:
        write_atomically(folder / VIDEO, graded.video)
    else:
        (folder / VIDEO).unlink(missing_ok=True)
    write_feedback(results, graded.report, course, assignment)
    write_report(folder / "report.json", graded.report)


def brought_up_to_date(kept: Kept, results: Path, course: Course) -> GradeReport:
    """The report of an earlier run as it would be today; nothing of the student's is run for that."""
    if kept.is_current:
        return kept.report
    report = judged_again(kept.report, course)
    forget(results, report.student, report.assignment)
    write_feedback(results, report, course, course.assignment(report.assignment))
    write_report(results / report.student / report.assignment / "report.json", report)
    keep_result(results, report, kept.inputs)
    return report


def write_feedback(
    results: Path, report: GradeReport, course: Course, assignment: Assignment, language: str | None = None
) -> Path:
    """Writes the feedback page of one student, in the language of the hand-in or another one; returns its path."""
    chosen, folder = language or report.language, results / report.student / report.assignment
    page = render_feedback(
        report,
        assignment.title_in(chosen),
        course_title=course.title_in(chosen),
        language=chosen,
        exercises=assignment.judged,
        bonus=assignment.bonus,
        folder=folder,
    )
    path = folder / "feedback.html"
    write_atomically(path, page)
    return path


def grade_one_by_one(
    course: Course,
    jobs: Sequence[Job],
    results: Path,
    level: Level | None,
    plan: GradingPlan | None = None,
    watch: ClassWatch | None = None,
) -> Iterator[GradeReport]:
    """Grades submissions in this process.

    Args:
        course: The course.
        jobs: What to grade.
        results: Where the files go.
        level: Isolation level; None for the strongest that this machine gives.
        plan: How much is run for each submission.
        watch: Is told what is being graded, and says when to begin no more.

    Yields:
        Reports in the order of the jobs.

    Raises:
        InputError: The folder cannot be written, or the course's own files cannot be used.
        SandboxError: The warm process does not start.
    """
    require_writable(results)
    watch = watch or ClassWatch()
    desk = Desk(course, level, plan)
    try:
        desk.open()
        for job in jobs:
            if watch.is_stopping:
                return
            watch.begin(job.name)
            report = desk.grade(job, results)
            watch.end(job.name)
            yield report
    finally:
        desk.close()


def require_writable(results: Path) -> None:
    """Makes the folder of the results.

    Raises:
        InputError: It cannot be written to.
    """
    try:
        results.mkdir(parents=True, exist_ok=True)
        probe = results / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(f"{results}: expected a folder to write results to, received an error ({error})") from error
