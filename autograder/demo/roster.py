"""Roster: who is in the made-up class, what each student hands in and what its grading has to come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from autograder.assignment import Assignment
from autograder.demo import snippets
from autograder.demo.demo_notebook import DemoNotebook, foreign_notebook
from autograder.report import ReportStatus
from autograder.suites.misconception import Misconception

DemoKind = Literal["right", "partial", "mistake", "late", "odd", "hostile", "unreadable"]

_BASICS = ("make_env", "Actor", "one_step_returns", "multi_step_returns", "critic_loss", "actor_loss", "entropy_loss")


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A hand-in before the student has a number.

    Attributes:
        kind: See ``DemoStudent``, as for the other attributes of the same names.
        description: What is particular about it.
        content: The notebook file; None: there is none.
        status: Expected status of the report.
        wrong: Exercises that are wrong.
        misconceptions: Known mistakes in it.
        file_name: Name of the notebook file; None: ``<assignment>.ipynb``.
        submitted: When it was handed in; None: some days in time.
        agent: Whether a trained agent is handed in with it.
    """

    kind: DemoKind
    description: str
    content: bytes | None
    status: ReportStatus | None = "graded"
    wrong: tuple[str, ...] | None = ()
    misconceptions: tuple[str, ...] = ()
    file_name: str | None = None
    submitted: datetime | None = None
    agent: bool = False


@dataclass(frozen=True)
class Material:
    """What the class is made from.

    Attributes:
        released: The released notebook as plain JSON.
        solutions: Exercise to the source of a right cell.
        mistakes: Exercise to known mistakes, at least one each.
    """

    released: Mapping[str, Any]
    solutions: Mapping[str, str]
    mistakes: Mapping[str, list[Misconception]]

    def notebook(self, changed: Mapping[str, str] | None = None) -> DemoNotebook:
        """The notebook with all exercises solved, some as ``changed`` says."""
        return DemoNotebook(self.released, {**self.solutions, **(changed or {})})

    def partly(self, exercises: Iterable[str]) -> DemoNotebook:
        """The notebook with only these exercises solved."""
        return DemoNotebook(self.released, {name: self.solutions[name] for name in exercises})


def drafts(material: Material, assignment: Assignment) -> Iterator[Draft]:
    """The hand-ins of the class, in order."""
    yield from _right_and_partial(material, assignment)
    yield from _mistaken(material)
    yield from _late(material, assignment)
    yield from _edited(material)
    yield from _of_other_form(material)
    yield from _hostile_cells(material)
    yield from _hostile_exercises(material, assignment)
    yield from _unreadable(material)


def _right_and_partial(material: Material, assignment: Assignment) -> Iterator[Draft]:
    right = material.notebook
    yield Draft(kind="right", description="the reference solution", content=right().content(), agent=True)
    other_way = right(snippets.OTHER_WAY).content()
    yield Draft(kind="right", description="right, written in another way", content=other_way, agent=True)
    for description, solved in (
        ("returns and losses, no trainer", _BASICS),
        ("the first three exercises", _BASICS[:3]),
        ("the untouched release", ()),
    ):
        missing = tuple(name for name in assignment.exercises if name not in solved)
        content = material.partly(solved).content()
        yield Draft(kind="partial", description=description, content=content, wrong=missing)


def _mistaken(material: Material) -> Iterator[Draft]:
    """One mistake in each exercise, a second one where the long tasks are, and some together."""
    first = {name: known[0] for name, known in material.mistakes.items()}
    second = [material.mistakes[name][-1] for name in ("Actor", "multi_step_returns", "actor_loss", "PPOTrainer")]
    together = [("multi_step_returns", "actor_loss"), ("one_step_returns", "critic_loss", "entropy_loss")]
    combinations = [
        *((mistake,) for mistake in (*first.values(), *second)),
        *(tuple(first[name] for name in names) for names in together),
    ]
    for mistakes in combinations:
        names = [f"{mistake.exercise} ({mistake.id})" for mistake in mistakes]
        yield Draft(
            kind="mistake",
            description=f"mistake in {' and '.join(names)}",
            content=material.notebook({mistake.exercise: mistake.source for mistake in mistakes}).content(),
            wrong=tuple(mistake.exercise for mistake in mistakes),
            misconceptions=tuple(mistake.id for mistake in mistakes),
        )


def _late(material: Material, assignment: Assignment) -> Iterator[Draft]:
    for name, deadline, late in (
        ("first", assignment.soft_deadline, timedelta(hours=6)),
        ("last", assignment.hard_deadline, timedelta(days=2)),
    ):
        if deadline is not None:
            yield Draft(
                kind="late",
                description=f"right, after the {name} deadline",
                content=material.notebook().content(),
                submitted=deadline + late,
                agent=name == "first",
            )
    if assignment.soft_deadline is not None:
        mistake = material.mistakes["critic_loss"][0]
        yield Draft(
            kind="late",
            description=f"mistake in critic_loss ({mistake.id}), a minute late",
            content=material.notebook({"critic_loss": mistake.source}).content(),
            wrong=("critic_loss",),
            misconceptions=(mistake.id,),
            submitted=assignment.soft_deadline + timedelta(minutes=1),
        )


def _edited(material: Material) -> Iterator[Draft]:
    """Right solutions in notebooks that were edited as notebooks are."""
    right = material.notebook
    unsolved = [name for name in material.solutions if name != "actor_loss"]
    aside = material.partly(unsolved).add(material.solutions["actor_loss"], before="actor_loss")
    twice = right().repeat("Actor", snippets.OLDER_ACTOR).repeat("check_Actor").repeat("imports")
    jumbled = right().move("PPOTrainer", "Actor").move("imports", "rollout").move("evaluate", "rollout")
    with_import = right().write("imports", snippets.MORE_IMPORTS + right().source("imports"))
    for description, notebook in (
        ("helper functions and prints", right().add(snippets.HELPER, before="check_multi_step_returns")),
        ("cells out of order", jumbled),
        ("two solutions in one cell", right().merge("one_step_returns", "multi_step_returns")),
        ("a solution in a cell of its own, above the stub", aside),
        ("an older attempt left in, cells twice", twice),
        ("given and check cells deleted", right().drop("imports", "given_trainer_parts", "check_Actor")),
        ("an import added to a locked cell", with_import),
        ("a !pip install line", right().add(snippets.INSTALL, before="make_env")),
        ("a plot with %matplotlib inline", right().add(snippets.PLOT, before="check_PPOTrainer")),
        ("progress bars", right().add(snippets.PROGRESS, before="check_PPOTrainer")),
        ("text in several scripts", right().add(snippets.NON_ASCII, before="Actor")),
        ("warnings on stderr", right().add(snippets.WARNINGS, before="critic_loss")),
    ):
        yield Draft(kind="odd", description=description, content=notebook.content())
    without = right().drop("critic_loss").content()
    yield Draft(kind="odd", description="the cell of critic_loss deleted", content=without, wrong=("critic_loss",))


def _of_other_form(material: Material) -> Iterator[Draft]:
    """Right solutions in files that other programs wrote."""
    right = material.notebook
    windows = b"\xef\xbb\xbf" + right().to_windows_lines().content().replace(b"\n", b"\r\n")
    for description, content, file_name in (
        ("notebook format 3", right().to_format_3().content(), None),
        ("no ids, no metadata", right().strip().content(), None),
        ("byte order mark and Windows line ends", windows, None),
        ("the Russian file name", right().content(), "ppo.ru.ipynb"),
    ):
        yield Draft(kind="odd", description=description, content=content, file_name=file_name)


def _hostile_cells(material: Material) -> Iterator[Draft]:
    """Right solutions, after a cell that a grader has to survive."""
    cells: list[tuple[str, str, ReportStatus | None]] = [
        ("raises at an import", snippets.RAISES, "graded"),
        ("loops for ever in a cell", snippets.LOOPS_FOR_EVER, "graded"),
        ("loops for ever and will not be interrupted", snippets.LOOPS_STUBBORNLY, "graded"),
        ("calls sys.exit in a cell", snippets.EXITS, "graded"),
        ("calls os._exit in a cell", snippets.EXITS_AT_ONCE, "graded"),
        ("exhausts memory in a cell", snippets.EXHAUSTS_MEMORY, None),
        ("a fork bomb", snippets.FORKS, None),
        ("prints a million lines", snippets.PRINTS, "graded"),
    ]
    for description, source, status in cells:
        content = material.notebook().add(source, before="make_env").content()
        wrong = () if status == "graded" else None
        yield Draft(kind="hostile", description=description, content=content, status=status, wrong=wrong)


def _hostile_exercises(material: Material, assignment: Assignment) -> Iterator[Draft]:
    for description, source in (
        ("loops for ever in one_step_returns", snippets.LOOPING_EXERCISE),
        ("calls os._exit in one_step_returns", snippets.EXITING_EXERCISE),
        ("exhausts memory in one_step_returns", snippets.HOARDING_EXERCISE),
    ):
        content = material.notebook({"one_step_returns": source}).content()
        yield Draft(kind="hostile", description=description, content=content, wrong=("one_step_returns",))
    forged = material.partly(()).add(snippets.FORGES, before="make_env")
    for name in assignment.exercises:
        forged.write(assignment.check_cell(name), snippets.FORGED_CHECK)
    description = "forged checks, nothing solved"
    yield Draft(kind="hostile", description=description, content=forged.content(), wrong=assignment.exercises)


def _unreadable(material: Material) -> Iterator[Draft]:
    foreign = foreign_notebook(("Actor", "collect_experience", "policy_gradient_loss", "train"))
    content = material.notebook().content()
    for description, damaged in (
        ("not JSON", b"My homework: I trained it and it runs.\n"),
        ("an empty file", b""),
        ("half of a download", content[: len(content) // 2]),
        ("the notebook of another assignment", foreign),
        ("no notebook in the folder", None),
    ):
        yield Draft(kind="unreadable", description=description, content=damaged, status="needs_attention", wrong=None)
