"""nbgrader plugins: ``nbgrader autograde`` and formgrader's button grade as ``autograder grade`` does.

nbgrader_config.py names them. The student's code runs in our sandbox, never in a kernel of nbgrader's; the check cells
get the verdicts as text and the points as a result, which nbgrader's own SaveAutoGrades reads.
"""

from __future__ import annotations

import atexit
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any, get_args

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import BasePlugin
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Enum, Integer, Unicode

from autograder.course import Course, load_course
from autograder.desk import Desk, Job, brought_up_to_date, require_writable
from autograder.errors import AutograderError
from autograder.gpu import choose_device
from autograder.grading_plan import Device, GradingPlan, Tier
from autograder.kept_results import Digests, Inputs, Kept, kept_result, only_grader
from autograder.lateness import DECIMALS
from autograder.outlets.autograded_notebook import show_report
from autograder.outlets.gradebook import record
from autograder.report import GradeReport
from autograder.sandbox.levels import Level

LOCK_SECONDS = 600.0  # for another grader in the same folder of results
_REPORT = "autograder_report"


class _Workplace:
    """The one desk of this process: nbgrader makes its plugins anew for each submission, a warm process lasts."""

    def __init__(self) -> None:
        self._key: tuple[Course, Level | None, GradingPlan] | None = None
        self._desk: Desk | None = None

    def desk(self, course: Course, level: Level | None, plan: GradingPlan) -> Desk:
        """The desk for a course as course.toml says now."""
        if self._desk is None or self._key != (course, level, plan):
            self.close()
            self._key, self._desk = (course, level, plan), Desk(course, level, plan)
        return self._desk

    def close(self) -> None:
        """Ends the warm process."""
        if self._desk is not None:
            self._desk.close()
        self._desk = None


_workplace = _Workplace()
atexit.register(_workplace.close)


def choose_notebook(notebooks: list[str], **_: Any) -> None:
    """Tells nbgrader of one notebook per hand-in; grading picks the language that holds the work.

    A hook before the conversion. nbgrader knows ``<assignment>.ipynb`` alone and gives up on a folder without it.

    Args:
        notebooks: Paths of one hand-in's notebooks, changed in place.
    """
    folder = Path(notebooks[0]).parent
    notebooks[:] = [str(folder / f"{folder.name}.ipynb")]


class HandInExporter(NotebookExporter):
    """Converts hand-ins that nbgrader cannot: the released notebook stands for one that is none."""

    def from_filename(self, filename: str, resources: Any = None, **options: Any) -> Any:
        """Converts a notebook file, whatever is in it."""
        try:
            return super().from_filename(filename, resources=resources, **options)
        except AutograderError:
            raise
        except Exception as error:
            self.log.warning("%s cannot be converted (%s); the released notebook stands for it", filename, error)
        course, _ = _course(self)
        released = course.released(course.graded_assignment(resources["nbgrader"]["assignment"]))
        notebook = nbformat.read(released, as_version=4)  # type: ignore[no-untyped-call]
        return self.from_notebook_node(notebook, resources=resources, **options)  # type: ignore[no-untyped-call]


class SandboxedExecution(NbGraderPreprocessor):  # type: ignore[misc]
    """Stands in place of nbgrader's Execute: grades the hand-in, and shows points and messages in the check cells."""

    level: Any = Enum(
        get_args(Level), None, allow_none=True, help="Isolation level of the sandbox; None: the strongest there is."
    ).tag(config=True)
    results_directory = Unicode("results", help="Where reports and feedback pages go.").tag(config=True)
    tier: Any = Enum(get_args(Tier), "checks", help="What is run, as `autograder grade --tier` has it.").tag(
        config=True
    )
    device: Any = Enum(
        ("auto", *get_args(Device)), "auto", help="Where students' networks are, as `autograder grade --device` has it."
    ).tag(config=True)
    videos = Bool(True, help="Whether agents are filmed; `autograder grade --no-video` leaves that out.").tag(
        config=True
    )
    timesteps: Any = Integer(
        None, allow_none=True, min=1, help="Transitions of the full run of tier `score`; None: as in course.toml."
    ).tag(config=True)
    regrade = Bool(False, help="Whether to grade anew what has not changed since it was graded.").tag(config=True)

    def preprocess(self, notebook: Any, resources: Any) -> tuple[Any, Any]:
        """Grades the hand-in as it was submitted; what becomes of the notebook is what ran in the sandbox."""
        names = resources["nbgrader"]
        course, place = _course(self)
        assignment = course.graded_assignment(names["assignment"])
        folder = place.format_path(place.submitted_directory, names["student"], assignment.id)
        results = course.root / self.results_directory
        require_writable(results)
        report = self._report(course, Job(names["student"], assignment.id, course.root / folder), results)
        executed = results / report.student / report.assignment / "executed.ipynb"
        if executed.exists():
            notebook = nbformat.read(executed, as_version=4)  # type: ignore[no-untyped-call]
        show_report(notebook, report)
        resources[_REPORT] = report
        return notebook, resources

    def _report(self, course: Course, job: Job, results: Path) -> GradeReport:
        """The report that is kept if it still holds; else the hand-in is graded, by one grader at a time."""
        plan = self._plan()
        inputs = Digests(course, self.level, plan).of(job.student, job.assignment, job.folder)
        kept = self._kept(results, job, inputs)
        if kept and kept.is_current:  # that needs no lock, so a class that is being graded is not waited for
            return kept.report
        with only_grader(results, wait_seconds=LOCK_SECONDS):
            kept = self._kept(results, job, inputs)
            if kept and not kept.changed:  # another one may have just graded it
                return brought_up_to_date(kept, results, course)
            job = replace(job, inputs=inputs, changed=kept.changed if kept else frozenset())
            return _workplace.desk(course, self.level, plan).grade(job, results)

    def _plan(self) -> GradingPlan:
        device = choose_device(self.device, trains=self.tier != "checks")
        return GradingPlan(tier=self.tier, device=device, videos=self.videos, timesteps=self.timesteps)

    def _kept(self, results: Path, job: Job, inputs: Inputs) -> Kept | None:
        return None if self.regrade else kept_result(results, job.student, job.assignment, inputs)


class RecordReport(NbGraderPreprocessor):  # type: ignore[misc]
    """Follows SaveAutoGrades, with what that does not know: bonus, extension, and what waits for a person."""

    def preprocess(self, notebook: Any, resources: Any) -> tuple[Any, Any]:
        """Writes the report of SandboxedExecution to the gradebook."""
        record(_course(self)[0], [resources[_REPORT]])
        return notebook, resources


class CourseLatePenalty(BasePlugin):  # type: ignore[misc]
    """nbgrader's late policy as course.toml has it: half after the soft deadline, nothing after the hard one."""

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:
        """Points to take off.

        Args:
            student_id: The student, who may have an extension.
            score: Points earned, bonus among them.
            total_seconds_late: Seconds after the student's first deadline.
        """
        assignment = _course(self)[0].assignment(self.parent.assignment_id).for_student(student_id)
        if assignment.first_deadline is None:
            return None
        handed_in = assignment.first_deadline.astimezone(UTC) + timedelta(seconds=total_seconds_late)
        return round(score * assignment.late_fraction(handed_in), DECIMALS)


def _course(plugin: Any) -> tuple[Course, Any]:
    """The course in the folder that nbgrader works in, and nbgrader's view of that folder."""
    place = CourseDirectory(parent=plugin)
    return load_course(Path(place.root)), place
