"""Grades the hand-ins of GRADED_ATTACKS at one isolation level, and prints a line of JSON for each.

python -m tests.attacks.graded LEVEL                what the tests try at a level
python -m tests.attacks.graded bubblewrap --rest    what they leave out there; status 1 if one does harm
python -m tests.attacks.graded LEVEL --controls     all without the layer that stops them
python -m tests.attacks.graded LEVEL NAME...        these
"""

from __future__ import annotations

import contextlib
import json
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import nbformat
from nbgrader.utils import determine_grade

from autograder.course import load_course
from autograder.errors import AutograderError
from autograder.grading import Graded, Grader
from autograder.grading_plan import GradingPlan
from autograder.outlets.feedback import render_feedback
from autograder.report import GradeReport
from autograder.sandbox.door import SubmissionProcess, WarmProcess
from autograder.sandbox.levels import Level, described
from autograder.sandbox.limits import Limits
from benchmarks.peak_memory import peak_bytes
from tests.attacks.corpus import GRADED_ATTACKS
from tests.attacks.forging import FORGING, linear_policy
from tests.attacks.graded_attack import GIVEN, WRONG, GradedAttack, grade_id
from tests.ppo_course import released_course

LIMITS = """
[assignments.ppo.limits]
cell_seconds = 3
check_seconds = 3
notebook_seconds = 6
policy_seconds = 10
"""
MOST_MEMORY_BYTES = 160 * 1024 * 1024  # that grading may add to the grader's
ATTACKED = ("<script>attack", "<img src=x onerror", "<svg onload")
SKIPPED = "skip-execution"


class GradedRunner:
    """Grades hostile hand-ins, and says what came of each.

    Args:
        warm: Opens submissions.
        folder: For the course, and the secret beside it.
    """

    def __init__(self, warm: WarmProcess, folder: Path) -> None:
        self._warm = warm
        self._folder = folder
        self._secret = folder / "secret.txt"
        self._secret.write_text(f"SECRET-{secrets.token_hex(12)}")
        released_course(folder / "course", LIMITS)
        self._lessen_episodes()
        self._course = load_course(folder / "course")
        self._assignment = self._course.assignment("ppo")
        self._released = self._course.released(self._assignment).read_text()
        self._grader = Grader(self._course, self._assignment, warm, GradingPlan(videos=False))
        self._honest = self._graded(GradedAttack(name="none", goal="forge", harm="nothing", layer="")).report

    def run(self, attack: GradedAttack) -> dict[str, Any]:
        """Grades one hand-in; which harm it has done."""
        started, memory = time.monotonic(), peak_bytes(anew=True)
        try:
            with _interrupted_after(attack.most_seconds, attack.most_cpu_seconds):
                graded = self._graded(attack)
        except KeyboardInterrupt:
            most = f"{attack.most_seconds} s, or {attack.most_cpu_seconds} of CPU"
            return {"name": attack.name, "harm": ["time"], "said": f"more than {most}"}
        except Exception as error:  # nothing that is handed in may keep the grader from a report
            return {"name": attack.name, "harm": ["no report"], "said": f"{type(error).__name__}: {error}"[:600]}
        found = self._harm(graded)
        found |= {"memory"} if peak_bytes() - memory > MOST_MEMORY_BYTES else set()
        seconds = round(time.monotonic() - started, 2)
        report = graded.report
        said = f"{report.status} {report.score} {report.evidence[0].get('text', '')}"[:300]
        mebibytes = (peak_bytes() - memory) // 2**20
        return {"name": attack.name, "harm": sorted(found), "seconds": seconds, "MiB": mebibytes, "said": said}

    def run_control(self, attack: GradedAttack) -> dict[str, Any]:
        """Has the attack meet a grader without the layer; whether it gets what it wants, and an honest hand-in not."""
        met, alarmed = self._met(attack), False
        with contextlib.suppress(Exception):  # such a grader needs what only the attack brings: a pickle, an archive
            alarmed = self._met(honest(attack))["harmed"]
        return met | {"name": attack.name, "alarmed": alarmed}

    def _met(self, attack: GradedAttack) -> dict[str, Any]:
        """What comes of it without the layer."""
        if attack.off:
            with contextlib.ExitStack() as layers:
                for place, other in attack.off.items():
                    layers.enter_context(mock.patch(place, other))
                found = self.run(attack)
            return found | {"harmed": bool(found["harm"])}
        if attack.naive is not None:
            return {"harmed": attack.naive(self._handed_in(attack), self._secret)}
        with self._warm.submission(Limits()) as submission:
            return {"harmed": self._naive_points(attack, submission) > 0.0}

    def _naive_points(self, attack: GradedAttack, submission: SubmissionProcess) -> float:
        """Points by nbgrader's rule, for a notebook as it is handed in whose tests run in its own process."""
        for number, source in enumerate([GIVEN, *WRONG.values(), *attack.sources]):
            submission.run_cell(number, source, 10.0)
        points = 0.0
        for number, cell in enumerate(attack.notebook(json.loads(self._released))["cells"], start=100):
            if grade_id(cell) == "check_critic_loss":
                if cell["source"] and SKIPPED not in cell["metadata"].get("tags", ()):
                    untouched = cell["source"] == 'check("critic_loss")'
                    source = attack.naive_test if untouched else cell["source"]
                    cell["outputs"] = submission.run_cell(number, source, 10.0).outputs
                points += determine_grade(nbformat.from_dict(cell))[0] or 0.0
        return points

    def _lessen_episodes(self) -> None:
        toml = self._folder / "course" / "course.toml"
        text = toml.read_text()
        table = "[assignments.ppo.policy]\n"
        assert text.count(table) == 1
        toml.write_text(text.replace(table, f"{table}episodes = 2\n"))

    def _handed_in(self, attack: GradedAttack) -> Path:
        folder = self._course.root / "submitted" / attack.student / "ppo"
        with contextlib.suppress(FileNotFoundError):
            folder.unlink() if folder.is_symlink() else None
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            path.unlink() if path.is_symlink() or not path.is_dir() else path.rmdir()
        (folder / "ppo.ipynb").write_text(json.dumps(attack.notebook(json.loads(self._released))))
        if attack.policy is not None:
            (folder / "policy.safetensors").write_bytes(attack.policy(self._secret))
        attack.place(folder, self._secret)
        return folder

    def _graded(self, attack: GradedAttack) -> Graded:
        return self._grader.grade(self._handed_in(attack))

    def _harm(self, graded: Graded) -> set[str]:
        """What it should not have: points, script in a page, the secret, a fault of the grader's, a command run."""
        report = GradeReport.from_json(graded.report.to_json())
        page = render_feedback(replace(report, student=report.student), "PPO", exercises=self._assignment.exercises)
        everything = page + graded.report.to_json() + json.dumps(graded.executed)
        more = (report.score, report.bonus) > (self._honest.score, self._honest.bonus)
        claims = {
            "points": more or report.max_score != self._honest.max_score or report.late_penalty < 0.0,
            "script": any(text in page for text in ATTACKED),
            "read": self._secret.read_text() in everything,
            "fault": any(check.status == "error" for check in report.checks),
            "ran": (self._folder / "ran").exists() or (self._course.root / "attacked").exists(),
        }
        return {name for name, claim in claims.items() if claim}


def honest(attack: GradedAttack) -> GradedAttack:
    """What attacks nothing, under the control of an attack."""
    return GradedAttack(
        name=attack.name,
        goal=attack.goal,
        harm="nothing",
        place=lambda folder, _: (folder / "timestamp.txt").write_text("2027-01-10 12:00:00 +0000"),
        policy=lambda _: linear_policy(),
        naive_test=attack.naive_test,
        naive=attack.naive,
        off=attack.off,
        layer=attack.layer,
        most_seconds=attack.most_seconds,
        most_cpu_seconds=attack.most_cpu_seconds,
    )


def graded_attacks_at(level: Level, rest: bool = False) -> list[GradedAttack]:
    """What the tests try, or the rest: at ``bubblewrap``, where each takes seconds of CPU, all but ``FORGING``."""
    tried = [each for each in GRADED_ATTACKS if level in each.levels]
    return [each for each in tried if (level == "bubblewrap" and each not in FORGING) is rest]


@contextlib.contextmanager
def _interrupted_after(seconds: float, cpu_seconds: float) -> Iterator[None]:
    """Interrupts what takes longer, as Ctrl-C does: the grader cleans up, and swallows nothing."""
    timers = (signal.SIGALRM, signal.ITIMER_REAL, seconds), (signal.SIGPROF, signal.ITIMER_PROF, cpu_seconds)
    for number, timer, most in timers:
        signal.signal(number, signal.default_int_handler)
        signal.setitimer(timer, most)
    try:
        yield
    finally:
        for _, timer, _ in timers:
            signal.setitimer(timer, 0.0)


def main() -> None:
    level: Level = described(sys.argv[1]).name
    controls, rest = "--controls" in sys.argv, "--rest" in sys.argv
    names = set(sys.argv[2:]) - {"--controls", "--rest"}
    chosen = [*GRADED_ATTACKS] if controls else graded_attacks_at(level, rest)
    chosen = [each for each in GRADED_ATTACKS if each.name in names] if names else chosen
    harmful = []
    with tempfile.TemporaryDirectory() as folder, WarmProcess(level) as warm:
        runner = GradedRunner(warm, Path(folder))
        for attack in chosen:
            try:
                found = runner.run_control(attack) if controls else runner.run(attack)
            except AutograderError as error:
                found = {"name": attack.name, "harm": ["fault"], "harmed": False, "alarmed": False, "said": str(error)}
            print(json.dumps(found), flush=True)
            harmful += [attack.name] if found.get("harm") and level not in attack.open_at else []
    if rest and harmful:
        sys.exit(f"expected no harm, found some by {', '.join(harmful)}")


if __name__ == "__main__":
    main()
