"""GradedAttack: a hand-in that wants points, or to be read, run or shown, on the whole way of grading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from autograder.outlets import pages
from autograder.sandbox.levels import ISOLATED, Level

WRONG = {  # what a submission holds that has not solved the tasks: it earns what these earn
    "one_step_returns": "def one_step_returns(rewards, *_, **__):\n    return torch.zeros_like(rewards)",
    "critic_loss": "def critic_loss(target_values, pred_values):\n    return 0.0 * pred_values.mean()",
}
GIVEN = "import gymnasium as gym\nimport numpy as np\nimport torch\nfrom torch import Tensor, nn"
_QUESTION = """
targets, predicted = torch.tensor([1.0, 2.0, 4.0]), torch.tensor([0.5, 2.0, 1.0])
expected = torch.tensor(9.25 / 3.0)
"""
ALLCLOSE = _QUESTION + "assert torch.allclose(critic_loss(targets, predicted), expected)"
EQUAL = _QUESTION + "assert critic_loss(targets, predicted) == expected.item()"
NUMPY = _QUESTION + "np.testing.assert_allclose(critic_loss(targets, predicted), expected, rtol=1e-5)"
NEAR = _QUESTION + "assert abs(float(critic_loss(targets, predicted)) - expected.item()) < 1e-5"
NOT_FAR = _QUESTION + "if abs(float(critic_loss(targets, predicted)) - expected.item()) > 1e-5: raise AssertionError"
ARRAY_EQUAL = _QUESTION + "assert np.array_equal(critic_loss(targets, predicted), np.asarray(expected))"
OF_THE_GRADERS_CLASS = _QUESTION + "assert np.allclose(critic_loss(targets, predicted).array, expected)"
VERDICT = (
    _QUESTION
    + """
received = critic_loss(targets, predicted)
verdict = received if isinstance(received, str) else "passed" if torch.allclose(received, expected) else "failed"
assert verdict == "passed"
"""
)
ONE = "assert critic_loss(torch.ones(2), torch.zeros(2)) == 1.0"
PARTIAL = _QUESTION + "float(torch.allclose(critic_loss(targets, predicted), expected))"
VISIBLE = """
assert torch.allclose(critic_loss(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 1.0, 5.0])), torch.tensor(5 / 3))
"""
PLAYS = """
environment = gym.make("HalfCheetah-v5")
actor, (observation, _), total = Actor(17, 6, 8), environment.reset(seed=0), 0.0
for _ in range(20):
    action = actor.get_action(torch.as_tensor(observation, dtype=torch.float32)[None], greedy=True)[0]
    observation, reward, *_ = environment.step(np.asarray(action))
    total += reward
assert total > 3000.0
"""
STEPS_ITSELF = """
actor, total = Actor(17, 6, 8), 0.0
for _ in range(20):
    answer = actor.get_action(torch.zeros(1, 17), greedy=True)
    total += answer["reward"] if isinstance(answer, dict) else 0.0
assert total > 3000.0
"""
UNESCAPED = {  # a cached environment would keep its filters
    "autograder.outlets.pages._environment": pages._environment.__wrapped__,
    "autograder.outlets.pages.Environment": lambda **options: Environment(**options | {"autoescape": False}),
    "autograder.outlets.pages.message_html": lambda text, _=0: Markup(text),
}

Notebook = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class GradedAttack:
    """One hand-in: the released notebook with ``WRONG`` for solutions, and what the attack makes of it.

    Attributes:
        name: A few words.
        goal: ``forge``, ``hand-in`` or ``policy file``.
        harm: What it wants, as the table tells it.
        cells: Sources of cells that stand between the solutions and their checks.
        edit: Tampers with the notebook, cells included.
        place: Tampers with the folder; it gets the folder and a file of the grader's that holds the secret.
        policy: Makes ``policy.safetensors``.
        student: Name of the student's folder.
        naive_test: A test cell, as graders have it that run tests in the student's process: the control.
        naive: Another control: does in the folder what a grader would that trusts it; whether it is harmed.
        off: A third one: what is replaced in the grader, by dotted name; all else is graded as ever.
        layer: What the control has not.
        most_seconds: What grading may take.
        most_cpu_seconds: What it may take of the grader's own process, however loaded the machine is.
        outside: Whether it is decided outside of the sandbox, by what reads, restores and shows: alike at all levels,
            and tried at the first one.
        open_at: Levels at which it succeeds: known to be left.
    """

    name: str
    goal: str
    harm: str
    cells: tuple[str, ...] = ()
    edit: Callable[[Notebook], None] = lambda notebook: None
    place: Callable[[Path, Path], Any] = lambda folder, secret: None
    policy: Callable[[Path], bytes] | None = None
    student: str = "student-07"
    naive_test: str = ""
    naive: Callable[[Path, Path], bool] | None = None
    off: Mapping[str, Any] = field(default_factory=dict)
    layer: str
    most_seconds: float = 120.0  # the limits of graded.py add up to less, on a loaded machine too
    most_cpu_seconds: float = 60.0
    outside: bool = False
    open_at: frozenset[Level] = frozenset()

    @property
    def levels(self) -> frozenset[Level]:
        """Isolation levels at which it is tried."""
        return frozenset(ISOLATED[:1] if self.outside else ISOLATED)

    @property
    def sources(self) -> list[str]:
        """Its cells."""
        return [dedent(cell).strip() for cell in self.cells]

    def notebook(self, released: Notebook) -> Notebook:
        """The notebook that is handed in; ``released`` is changed."""
        cells = []
        for cell in released["cells"]:
            name = grade_id(cell)
            cells.append(cell | {"source": WRONG.get(name, "".join(cell["source"]))})
            if name == "critic_loss":
                cells += [code_cell(source) for source in self.sources]
        released["cells"] = cells
        self.edit(released)
        return released


def grade_id(cell: dict[str, Any]) -> str:
    """nbgrader's name of a cell."""
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


def code_cell(source: str, **metadata: Any) -> dict[str, Any]:
    """A cell of nbformat 4."""
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": [], "execution_count": None}
