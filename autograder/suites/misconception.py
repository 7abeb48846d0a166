"""Misconception: one known mistake as a program, with the sentence that explains it to the student."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Misconception:
    """A wrong implementation of one exercise, as a student would write it.

    It serves the tests of the suites (the suite must fail it), the demonstration class, and diagnosis (a
    failing hand-in that behaves like it on every hidden input is told its sentence).

    Attributes:
        id: Short name, unique within its exercise, for example ``ignores_dones``.
        exercise: The exercise that it gets wrong.
        sentence: What the student reads, for example ``Your return keeps adding rewards after `done`: ...``.
        source: The whole cell of the exercise, in place of the right one.
    """

    id: str
    exercise: str
    sentence: str
    source: str
