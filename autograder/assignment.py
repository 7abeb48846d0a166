"""Assignment: its exercises, points, deadlines and limits, as course.toml has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from autograder.errors import InputError
from autograder.policy_task import POLICY, PolicyTask
from autograder.sandbox.limits import Limits

LATE_FRACTION = 0.5


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """One assignment.

    Attributes:
        id: Its one name everywhere: source, notebook, suite, gradebook.
        title: For people.
        exercises: Names of what the student writes, in the order of the notebook; none: it is not graded.
        bonus: Those of ``exercises`` whose points count as extra credit.
        soft_deadline: Full points up to this instant (in the course's time zone); ``None``: no deadline.
        hard_deadline: Half of the points up to this instant, none after it; ``None``: half for ever.
        extensions: By student id, an instant in place of the first deadline.
        limits: What one submission may use.
        titles: Its title in other languages.
        policy: What is asked of a trained agent, if one is asked for.
    """

    id: str
    title: str
    exercises: tuple[str, ...] = ()
    bonus: tuple[str, ...] = ()
    soft_deadline: datetime | None = None
    hard_deadline: datetime | None = None
    extensions: Mapping[str, datetime] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    titles: Mapping[str, str] = field(default_factory=dict)
    policy: PolicyTask | None = None

    def title_in(self, language: str) -> str:
        """The title in a language, else the one that everybody knows it by."""
        return self.titles.get(language, self.title)

    @property
    def judged(self) -> tuple[str, ...]:
        """Names of what has a check cell and points: the exercises, then ``policy`` if a trained agent gives any."""
        return (*self.exercises, POLICY) if self.policy is not None and self.policy.points else self.exercises

    @property
    def is_graded(self) -> bool:
        """Whether there is anything to hand in; what is not graded is only released."""
        return bool(self.exercises)

    @property
    def first_deadline(self) -> datetime | None:
        """The soft deadline, or the hard one where there is no other."""
        return self.soft_deadline or self.hard_deadline

    def for_student(self, student: str) -> Assignment:
        """The assignment with the deadlines of one student: an extension moves both by as much, on the clock."""
        extended, first = self.extensions.get(student), self.first_deadline
        if extended is None or first is None:
            return self
        by = extended.replace(tzinfo=None) - first.replace(tzinfo=None)
        soft, hard = (each and each + by for each in (self.soft_deadline, self.hard_deadline))
        return replace(self, soft_deadline=soft, hard_deadline=hard)

    def late_fraction(self, submitted: datetime) -> float:
        """Share of the points that is taken off a hand-in: 0, 0.5 or 1.

        Args:
            submitted: When it was handed in, with its time zone.

        Raises:
            InputError: ``submitted`` has no time zone, so that it names no instant.
        """
        instant = _instant(submitted)
        if self.hard_deadline is not None and instant > self.hard_deadline:
            return 1.0
        if self.soft_deadline is not None and instant > self.soft_deadline:
            return LATE_FRACTION
        return 0.0

    def seconds_late(self, submitted: datetime) -> float:
        """Seconds from the first deadline to the hand-in; 0 if it was in time.

        Raises:
            InputError: ``submitted`` has no time zone.
        """
        instant = _instant(submitted)
        deadline = self.first_deadline
        return 0.0 if deadline is None else max(0.0, (instant - deadline.astimezone(UTC)).total_seconds())

    def check_cell(self, exercise: str) -> str:
        """The ``grade_id`` of the graded check cell of an exercise."""
        return f"check_{exercise}"


def _instant(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise InputError(f"time of a hand-in: expected one with a time zone, received {moment}; add the zone")
    return moment.astimezone(UTC)
