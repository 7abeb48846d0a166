"""Diagnosis: which known mistake behaves like a failing exercise on every hidden input.

The suite's fingerprint of an exercise calls it on hidden inputs and keeps all that comes back. It is taken of the
student's code, of each misconception, and of the reference solution; a misconception is named only if it is the
only one that agrees everywhere, and the reference does not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from autograder.errors import DeadlineExceeded, GuestDied, GuestError, ReplyRejected, SandboxError
from autograder.report import CheckOutcome, write_atomically
from autograder.sandbox.door import SubmissionProcess, WarmProcess
from autograder.sandbox.limits import Limits
from autograder.sandbox.student import Student
from autograder.sandbox.wire import Tensor, decode, encode
from autograder.suites.check_plugin import own_files, suite_digest
from autograder.suites.fingerprint import Print
from autograder.suites.judging import CheckProcess, check_rng
from autograder.suites.misconception import Misconception
from autograder.suites.suite_module import suite_module

_REFERENCE = "reference"
_ODD_BEHAVIOUR = (GuestError, ValueError, TypeError, KeyError, IndexError, AttributeError)


class Diagnostician:
    """Names misconceptions for one assignment; fingerprints of the known ones are taken once, when first needed.

    Args:
        assignment_id: Which suite.
        source: The assignment's source with solutions; it runs in a sandbox of its own.
        warm: Opens that sandbox.
        secret: The course's secret.
        cache: Folder that keeps fingerprints of the known ones from one run to the next.
    """

    def __init__(self, assignment_id: str, source: Path, warm: WarmProcess, secret: bytes, cache: Path) -> None:
        self._assignment_id = assignment_id
        self._source = source
        self._warm = warm
        self._secret = secret
        self._cache = cache
        self._known: dict[str, dict[str, Print]] = {}

    def diagnose(
        self,
        outcomes: Sequence[CheckOutcome],
        open_process: Callable[[], CheckProcess],
        already: Collection[str] = (),
    ) -> list[CheckOutcome]:
        """Adds to failed checks the misconception that explains them, with its sentence as the message.

        Args:
            outcomes: Of all checks of a submission.
            open_process: Forks the submission.
            already: Exercises whose outcomes say so already.

        Returns:
            The outcomes, in the same order.
        """
        failed = dict.fromkeys(outcome.exercise for outcome in outcomes if outcome.status == "failed")
        named = {exercise: self._name(exercise, open_process) for exercise in failed if exercise not in already}
        return [_explained(outcome, named.get(outcome.exercise)) for outcome in outcomes]

    def prepare(self) -> None:
        """Takes the fingerprints of all known mistakes that are not kept yet."""
        for exercise in dict.fromkeys(each.exercise for each in misconceptions(self._assignment_id)):
            if exercise in fingerprints(self._assignment_id):
                self._prints(exercise)

    def _name(self, exercise: str, open_process: Callable[[], CheckProcess]) -> Misconception | None:
        candidates = {each.id: each for each in misconceptions(self._assignment_id) if each.exercise == exercise}
        if exercise not in fingerprints(self._assignment_id) or not candidates:
            return None
        try:
            found = self._take(exercise, open_process)
        except _ODD_BEHAVIOUR:
            return None
        alike = [name for name, known in self._prints(exercise).items() if agree(found, known)]
        return candidates[alike[0]] if len(alike) == 1 and alike[0] != _REFERENCE else None

    def _prints(self, exercise: str) -> dict[str, Print]:
        """Fingerprints of the reference and of every misconception of an exercise."""
        if exercise not in self._known:
            file = self._cache / f"{self._assignment_id}-{exercise}-{self._digest(exercise)[:16]}.msgpack"
            try:
                self._known[exercise] = decode(file.read_bytes())
            except (OSError, ReplyRejected):
                self._known[exercise] = self._taken_anew(exercise)
                write_atomically(file, encode(self._known[exercise]))
        return self._known[exercise]

    def _digest(self, exercise: str) -> str:
        """Names everything that the fingerprints of an exercise depend on."""
        suite = suite_digest(self._assignment_id, leave_out=own_files(self._assignment_id))
        known = [each for each in misconceptions(self._assignment_id) if each.exercise == exercise]
        parts = (suite, repr(known), self._source.read_text(encoding="utf-8"), str(self._warm.versions))
        return hashlib.sha256(self._secret + "\0".join(parts).encode()).hexdigest()

    def _taken_anew(self, exercise: str) -> dict[str, Print]:
        with self._warm.submission(Limits()) as submission:
            ran = submission.run_cell(0, self._source.read_text(encoding="utf-8"), Limits().cell_seconds)
            if ran.error is not None:
                raise SandboxError(f"{self._source}: the reference does not run: {ran.error}: {ran.message}")
            return self._known_prints(exercise, submission)

    def _known_prints(self, exercise: str, submission: SubmissionProcess) -> dict[str, Print]:
        prints = {_REFERENCE: self._take(exercise, submission.open_check)}
        for each in misconceptions(self._assignment_id):
            if each.exercise == exercise:
                try:
                    prints[each.id] = self._take(exercise, submission.open_check, each.source)
                except _ODD_BEHAVIOUR:
                    continue  # it behaves too badly to be recognised by what it returns
        return prints

    def _take(
        self,
        exercise: str,
        open_process: Callable[[], CheckProcess],
        replacement: str | None = None,
    ) -> Print:
        """A process that ended, or that a busy machine kept waiting, is no answer yet: another one is asked, once."""
        try:
            return self._take_once(exercise, open_process, replacement)
        except (GuestDied, DeadlineExceeded):
            return self._take_once(exercise, open_process, replacement)

    def _take_once(self, exercise: str, open_process: Callable[[], CheckProcess], replacement: str | None) -> Print:
        process = open_process()
        try:
            student = Student(process)
            if replacement is not None:
                student.request("define", source=replacement)
            fingerprint = fingerprints(self._assignment_id)[exercise]
            return fingerprint(student, check_rng(self._secret, f"{self._assignment_id}.{exercise}.fingerprint"))
        finally:
            process.close()


def misconceptions(assignment_id: str) -> tuple[Misconception, ...]:
    """The known mistakes of an assignment; none where its suite lists none."""
    found: tuple[Misconception, ...] = getattr(suite_module(assignment_id, "misconceptions"), "MISCONCEPTIONS", ())
    return found


def fingerprints(assignment_id: str) -> dict[str, Callable[[Student, np.random.Generator], Print]]:
    """By exercise: how its fingerprint is taken; none where the suite has none."""
    found: dict[str, Any] = getattr(suite_module(assignment_id, "fingerprints"), "FINGERPRINTS", {})
    return found


def agree(one: Any, other: Any) -> bool:
    """Whether two fingerprints are the same: kinds, shapes, dtypes, and values up to rounding."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return agree(one.array, other.array)
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        alike = one.shape == other.shape and one.dtype == other.dtype
        return alike and bool(np.allclose(one, other, rtol=1e-4, atol=1e-6, equal_nan=True))
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(agree(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(agree(one[key], other[key]) for key in one)
    if isinstance(one, float) and isinstance(other, float):
        return bool(np.isclose(one, other, rtol=1e-4, atol=1e-6, equal_nan=True))
    return type(one) is type(other) and bool(one == other)


def _explained(outcome: CheckOutcome, misconception: Misconception | None) -> CheckOutcome:
    if misconception is None or outcome.status != "failed":
        return outcome
    return replace(outcome, message=misconception.sentence, misconception=misconception.id)
