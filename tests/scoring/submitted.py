"""A submission in the real sandbox whose exercises can be replaced, for tests of what happens to trained agents."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from autograder.policy_task import PolicyTask
from autograder.sandbox.door import CheckProcess, SubmissionProcess
from autograder.sandbox.student import Student
from autograder.scoring.handed_in import PolicyPlayer
from autograder.scoring.seeds import hidden_seeds
from autograder.suites.student_text import StudentText
from autograder.suites.verdict import Check

TASK = PolicyTask(env_id="HalfCheetah-v5", points=0.5, zero_at=500.0, full_at=3000.0)
CARTPOLE = PolicyTask(env_id="CartPole-v1", points=0.0, full_at=475.0)
CHECK = Check("ppo.policy.reaches_the_return", "policy", "reaches_the_return", 0.5)
SOLUTIONS = Path(__file__).parents[2] / "solutions"


@dataclass(frozen=True)
class Submitted:
    """The reference, with other code run after it in each process that is opened.

    Attributes:
        process: Where the reference has run.
        task: What is asked of its agent.
    """

    process: SubmissionProcess
    task: PolicyTask = TASK

    def opener(self, code: str = "") -> Callable[[], CheckProcess]:
        """Opens processes in which ``code`` has run, too."""

        def opened() -> CheckProcess:
            process = self.process.open_check()
            Student(process).request("define", source=code)
            return process

        return opened

    def player(
        self, code: str = "", *, seconds: float = 60.0, episodes: int = 2, widths: Collection[int] = ()
    ) -> PolicyPlayer:
        """Plays agents of the reference with this code after it."""
        seeds = hidden_seeds(b"secret", "test", episodes)
        opener = self.opener(code)
        return PolicyPlayer(self.task, CHECK, StudentText(), opener, seconds=seconds, seeds=seeds, widths=widths)
