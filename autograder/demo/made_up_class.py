"""Demo: a made-up class for the PPO assignment, and what its grading has to come to."""

from __future__ import annotations

import json
import random
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from autograder.assignment import Assignment
from autograder.assignment_source import BEGIN, END, read_source
from autograder.course import Course
from autograder.demo.demo_notebook import grade_id
from autograder.demo.roster import DemoKind, Draft, Material, drafts
from autograder.errors import InputError
from autograder.report import ReportStatus

ASSIGNMENT = "ppo"
MARKER = ".made-up-class"
# The reference, trained with seed 0 and otherwise as the notebook trains it: 300,000 transitions.
AGENT = Path(__file__).parent / "half_cheetah.safetensors"

_WITHOUT_DEADLINE = datetime(2027, 1, 10, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class DemoStudent:
    """One made-up student.

    Attributes:
        id: ``student-01``, ``student-02``, ...
        kind: ``right`` (all points, its trained agent's among them), ``partial`` (some exercises not written),
            ``mistake`` (known wrong implementations), ``late``, ``odd`` (edited in ways that must not matter),
            ``hostile`` (does what a grader has to survive), ``unreadable`` (cannot be graded).
        description: What is particular about the hand-in, for people.
        expected_status: Status of its report; None where it depends on which limit of the sandbox is met first.
        wrong: Exercises in which a check is failed, runs out of time, or is blocked by another of these. In all others
            nothing is failed, but checks that need these may be blocked. None: nothing is foretold.
        misconceptions: Ids of the known mistakes in it, in the order of ``wrong``.
        late_fraction: Share of the points that is taken off for lateness.
        agent: Whether a trained agent is handed in, which earns all of its points.
    """

    id: str
    kind: DemoKind
    description: str
    expected_status: ReportStatus | None
    wrong: tuple[str, ...] | None
    misconceptions: tuple[str, ...] = ()
    late_fraction: float = 0.0
    agent: bool = False

    @property
    def is_hostile(self) -> bool:
        """Whether the class has to come out the same without this student."""
        return self.kind in ("hostile", "unreadable")


def write_class(course: Course, folder: Path, seed: int = 0) -> list[DemoStudent]:
    """Writes ``<student>/ppo/ppo.ipynb`` and ``timestamp.txt`` of a made-up class.

    Args:
        course: The course; its PPO assignment has been released.
        folder: A new or empty folder, or one written by this function, which is then written anew.
        seed: Decides when the students hand in.

    Returns:
        The students, in order of their ids.

    Raises:
        InputError: The folder holds something else or cannot be written, or there is no released notebook.
    """
    assignment = course.assignment(ASSIGNMENT)
    hand_ins = list(drafts(_material(course, assignment), assignment))
    rng = random.Random(seed)
    try:
        _empty(folder)
        return [_write(folder, assignment, number, draft, rng) for number, draft in enumerate(hand_ins, start=1)]
    except OSError as error:
        raise InputError(f"{folder}: expected a folder that can be written, received {error.strerror}") from error


def _empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).exists():
            raise InputError(f"{folder}: expected a new or empty folder for the made-up class, received a used one")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).touch()


def _write(folder: Path, assignment: Assignment, number: int, draft: Draft, rng: random.Random) -> DemoStudent:
    deadline = assignment.soft_deadline or _WITHOUT_DEADLINE
    submitted = draft.submitted or deadline - timedelta(seconds=rng.randrange(3_600, 7 * 86_400))
    student = DemoStudent(
        id=f"student-{number:02}",
        kind=draft.kind,
        description=draft.description,
        expected_status=draft.status,
        wrong=draft.wrong,
        misconceptions=draft.misconceptions,
        late_fraction=assignment.late_fraction(submitted),
        agent=draft.agent,
    )
    place = folder / student.id / assignment.id
    place.mkdir(parents=True)
    if draft.content is not None:
        (place / (draft.file_name or f"{assignment.id}.ipynb")).write_bytes(draft.content)
    text = submitted.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
    if draft.agent:
        shutil.copy(AGENT, place / "policy.safetensors")
    (place / "timestamp.txt").write_text(f"{text}\n", encoding="utf-8")
    return student


def _material(course: Course, assignment: Assignment) -> Material:
    from autograder.suites.ppo.misconceptions import MISCONCEPTIONS

    file = course.released(assignment)
    try:
        released = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: expected the released notebook ({error}); run `autograder release`") from error
    source = read_source(course.source(assignment), assignment, dict.fromkeys(assignment.exercises, 1.0))
    marks = re.compile(rf"^ *# (?:{BEGIN}|{END}) *\n?", re.MULTILINE)
    solutions = {
        grade_id(cell): marks.sub("", cell["source"]).rstrip()
        for cell in source.cells
        if grade_id(cell) in assignment.exercises
    }
    mistakes = {name: [each for each in MISCONCEPTIONS if each.exercise == name] for name in assignment.exercises}
    return Material(released, solutions, mistakes)
