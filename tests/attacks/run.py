"""Runs attacks at one isolation level, and prints a line of JSON for each.

python -m tests.attacks.run LEVEL                what is tried at a level
python -m tests.attacks.run none                 controls: the same without isolation
python -m tests.attacks.run namespaces --lifted  controls: the same with larger limits
python -m tests.attacks.run LEVEL NAME...        these
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

from autograder.errors import AutograderError
from autograder.sandbox.door import SubmissionProcess, WarmProcess
from autograder.sandbox.levels import Level, described
from autograder.sandbox.limits import Limits
from tests.attacks.attack import Attack, Outcome
from tests.attacks.corpus import SANDBOX_ATTACKS
from tests.attacks.scene import Scene, planted_before


class Runner:
    """Runs attacks against a scene.

    Args:
        warm: Opens submissions.
        scene: What is attacked.
        lifted: Whether limits are larger than the attack's own: for controls.
    """

    def __init__(self, warm: WarmProcess, scene: Scene, lifted: bool) -> None:
        self._warm = warm
        self._scene = scene
        self._lifted = lifted
        self._shared: SubmissionProcess | None = None

    def close(self) -> None:
        """Ends what is left open."""
        if self._shared is not None:
            self._shared.close()

    def run(self, attack: Attack) -> dict[str, Any]:
        """Runs one; whether it got what it wanted, and whether others were harmed."""
        started = time.monotonic()
        limits = replace(Limits(), **(attack.lifted if self._lifted else attack.limits))
        cell_seconds = (attack.lifted_seconds if self._lifted else None) or attack.seconds
        with self._layers_off(attack), self._submission(attack, limits) as submission:
            printed, cell_started = [], time.monotonic()
            try:
                if self._warm.level == "none" and attack.planted:
                    planting = f"import os\nSECRET = {self._scene.secret!r}\n{attack.planted}"
                    assert submission.run_cell(-1, planting, 10.0).error is None
                for index, cell in enumerate(attack.notebook(self._scene.facts).cells):
                    cell_started = time.monotonic()
                    result = submission.run_cell(index, cell.source, cell_seconds)
                    printed += [result.error or "", result.message]
                    printed += [str(text) for output in result.outputs for text in output.values()]
            except AutograderError as error:
                printed.append(f"{type(error).__name__}: {error}")
            went_on = time.monotonic() - cell_started
            answers = self._scene.sibling_answers()
        seconds = time.monotonic() - started
        events = self._scene.events() | ({"sibling ended"} if not answers else set())
        facts = {"seconds": seconds, "left processes": float(self._scene.end_left_processes())}
        outcome = Outcome("\n".join(printed), frozenset(events), facts)
        return {
            "name": attack.name,
            "harmed": went_on >= attack.lifted_seconds
            if self._lifted and attack.lifted_seconds
            else attack.is_harmed(outcome, self._scene.secret),
            "others": sorted(events),
            "seconds": round(seconds, 2),
            "printed": outcome.printed[-600:].replace(self._scene.secret, "SECRET"),
        }

    @contextlib.contextmanager
    def _layers_off(self, attack: Attack) -> Iterator[None]:
        """For a control at ``none``."""
        with contextlib.ExitStack() as layers:
            for place, other in attack.off.items() if self._warm.level == "none" else ():
                layers.enter_context(mock.patch(place, other))
            yield

    @contextlib.contextmanager
    def _submission(self, attack: Attack, limits: Limits) -> Iterator[SubmissionProcess]:
        """One for each attack; where that takes a start of seconds, one for all that leave it as it was."""
        if self._warm.level != "bubblewrap" or attack.goal == "exhaust":
            with self._warm.submission(limits) as submission:
                yield submission
            return
        if self._shared is None or self._shared.closed:
            self._shared = self._warm.open_submission(limits)
        yield self._shared


def attacks_at(level: Level, lifted: bool = False) -> list[Attack]:
    """What is tried there."""
    if lifted:
        return [each for each in SANDBOX_ATTACKS if each.limits and not each.uncontrolled]
    if level == "none":
        return [each for each in SANDBOX_ATTACKS if not each.limits and not each.uncontrolled]
    return [*SANDBOX_ATTACKS]


def main() -> None:
    level: Level = described(sys.argv[1]).name
    lifted = "--lifted" in sys.argv
    names = set(sys.argv[2:]) - {"--lifted"}
    chosen = [each for each in SANDBOX_ATTACKS if each.name in names] if names else attacks_at(level, lifted)
    with tempfile.TemporaryDirectory() as folder, WarmProcess(level) as warm:
        scene = Scene(warm, Path(folder))
        try:
            with planted_before(warm, scene.secret), contextlib.closing(Runner(warm, scene, lifted)) as runner:
                for attack in chosen:
                    print(json.dumps(runner.run(attack)), flush=True)
        finally:
            scene.close()


if __name__ == "__main__":
    main()
