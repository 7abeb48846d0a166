"""ClassRun: a folder of submissions from end to end, with everything that is written once for a class."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.class_watch import ClassWatch
from autograder.course import Course
from autograder.ctrl_c import stopped_by_ctrl_c
from autograder.desk import Job, brought_up_to_date, grade_one_by_one, require_writable
from autograder.errors import AutograderError, GradebookUnavailable, InputError
from autograder.grading_plan import GradingPlan
from autograder.kept_results import STOP_SIGN, Digests, Kept, kept_result, only_grader
from autograder.leftovers import remove_leftovers
from autograder.outlets.class_report import render_class_report
from autograder.outlets.gradebook import place_executed, record, require_released
from autograder.outlets.similarity import similar_pairs
from autograder.report import GradeReport, read_report, read_reports, write_atomically
from autograder.sandbox.levels import Level
from autograder.submission import find_submissions

Progress = Callable[[Iterator[GradeReport], int], Iterator[GradeReport]]
_Name = tuple[str, str]  # assignment and student


@dataclass(frozen=True)
class ClassRun:
    """What grading a folder has brought.

    Attributes:
        reports: One for each submission, by assignment and student.
        pages: The class reports.
        kept: How many of the reports have the checks of an earlier run, which still hold.
        left: How many submissions were not graded, since Ctrl-C came before.
    """

    reports: tuple[GradeReport, ...]
    pages: tuple[Path, ...]
    kept: int = 0
    left: int = 0


def grade_folder(
    course: Course,
    submitted: Path,
    results: Path,
    *,
    assignment: str | None = None,
    student: str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    level: Level | None = None,
    plan: GradingPlan | None = None,
    write_gradebook: bool = True,
    force: bool = False,
    progress: Progress = lambda reports, _total: reports,
    watch: ClassWatch | None = None,
) -> ClassRun:
    """Grades ``submitted/<student>/<assignment>/`` and writes reports, feedback, gradebook and class reports.

    Ctrl-C lets what is being graded come to its end, but full training runs, which end as they are, and begins nothing
    more. Then, and if the run fails half-way, what has been graded is written to the gradebook. A second Ctrl-C ends
    all at once; the reports stay.

    Args:
        course: The course.
        submitted: The folder of the class.
        results: Where everything goes but the gradebook.
        assignment: Only this assignment.
        student: Only this student.
        workers: Worker processes on this machine; None: one for each core; 1: this process, without Dask.
        scheduler: Address of a Dask scheduler to use in place of this machine.
        level: Isolation level; None for the strongest that this machine gives.
        plan: How much is run for each submission.
        write_gradebook: Whether grades go to nbgrader's gradebook.
        force: Whether to grade anew what has not changed since an earlier run.
        progress: Passes reports on while showing how far the class is.
        watch: Is told what is being graded, and may end the class early.

    Raises:
        InputError: A folder, an id, the release or the gradebook cannot be used.
        SandboxError: The sandbox does not start.
        ClusterLost: The Dask scheduler went away.
        KeyboardInterrupt: Ctrl-C came twice.
    """
    jobs = [Job(*found) for found in find_submissions(submitted, course, assignment, student)]
    assignments = sorted({job.assignment for job in jobs})
    for name in assignments:
        _require_notebook(course, name)
    if write_gradebook:
        require_released(course, assignments)
    require_writable(results)
    watch = watch or ClassWatch()
    with stopped_by_ctrl_c(watch), only_grader(results):
        watch.stop_sign = results / STOP_SIGN
        remove_leftovers([results, course.fingerprints_dir])
        jobs, kept = _divided(course, jobs, results, level, plan or GradingPlan(), force=force)
        total = len(jobs) + len(kept)
        done: list[_Name] = []  # the reports themselves are on disk: memory does not grow with the class
        try:
            with contextlib.closing(_graders(course, jobs, results, workers, scheduler, level, plan, watch)) as running:
                still_right = (brought_up_to_date(each, results, course) for each in kept)
                for report in progress(itertools.chain(still_right, running), total):
                    done.append((report.assignment, report.student))
        except KeyboardInterrupt:
            raise
        except BaseException:
            with contextlib.suppress(OSError, AutograderError):  # the first error says more, the next run writes all
                _hand_on(course, done, results, write_gradebook=write_gradebook)
            raise
        reports, pages = _hand_on(course, done, results, write_gradebook=write_gradebook)
        return ClassRun(tuple(reports), tuple(pages), len(kept), total - len(done))


def _graders(
    course: Course,
    jobs: Sequence[Job],
    results: Path,
    workers: int | None,
    scheduler: str | None,
    level: Level | None,
    plan: GradingPlan | None,
    watch: ClassWatch,
) -> Generator[GradeReport]:
    """Grades, here or on a cluster; closing it ends all processes."""
    if jobs and workers == 1 and scheduler is None:
        yield from grade_one_by_one(course, jobs, results, level, plan, watch)
    elif jobs:
        from autograder.classroom import grade_class  # brings in Dask

        yield from grade_class(
            course, jobs, results, workers=workers, scheduler=scheduler, level=level, plan=plan, watch=watch
        )


def _hand_on(
    course: Course, done: Sequence[_Name], results: Path, *, write_gradebook: bool
) -> tuple[list[GradeReport], list[Path]]:
    """Writes gradebook and class reports.

    Returns:
        The reports of those that are done, and the paths of the class reports.
    """
    if not done:
        return [], []
    if write_gradebook:
        try:
            record(course, _each_from_disk(done, results))
        except GradebookUnavailable as error:
            raise GradebookUnavailable(f"{error}: what has been graded is kept in {results}") from error
        place_executed(course, _each_from_disk(done, results), results)
    everything = read_reports(results)  # a run for one student leaves the others' results in the class report
    pages, chosen = write_class_reports(course, everything, results), set(done)
    return [report for report in everything if (report.assignment, report.student) in chosen], pages


def _each_from_disk(names: Sequence[_Name], results: Path) -> Iterator[GradeReport]:
    return (read_report(results / student / assignment / "report.json") for assignment, student in names)


def _divided(
    course: Course, jobs: Sequence[Job], results: Path, level: Level | None, plan: GradingPlan, *, force: bool
) -> tuple[list[Job], list[Kept]]:
    """What has to be graded, and what an earlier run has found out that still holds."""
    digests, left, kept = Digests(course, level, plan), [], []
    for job in jobs:
        inputs = digests.of(job.student, job.assignment, job.folder)
        found = None if force else kept_result(results, job.student, job.assignment, inputs)
        if found is None or found.changed:
            left.append(replace(job, inputs=inputs, changed=found.changed if found else frozenset()))
        else:
            kept.append(found)
    return left, kept


def write_class_reports(
    course: Course, reports: Sequence[GradeReport], results: Path, *, look_for_similar: bool = False
) -> list[Path]:
    """Writes ``RESULTS/<assignment>.html`` for each assignment that has reports, and returns the paths.

    Args:
        course: The course.
        reports: Reports of any of its assignments.
        results: Their folder.
        look_for_similar: Whether to look for hand-ins that share rare code (0.04 s for each).
    """
    pages = []
    for name in sorted({report.assignment for report in reports}):
        chosen = [report for report in reports if report.assignment == name]
        assignment, page = course.assignment(name), results / f"{name}.html"
        similar = similar_pairs(chosen, results, course.released(assignment)) if look_for_similar else None
        write_atomically(page, render_class_report(chosen, course, assignment, results=results, similar=similar))
        pages.append(page)
    return pages


def _require_notebook(course: Course, name: str) -> None:
    notebook = course.released(course.assignment(name))
    if not notebook.exists():
        raise InputError(f"{notebook}: expected the released notebook, found none; run `autograder release {name}`")
