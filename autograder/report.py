"""GradeReport: the one immutable result of grading, and its JSON form; every outlet only reads it."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from autograder.errors import InputError
from autograder.language import SOURCE_LANGUAGE
from autograder.leftovers import hold
from autograder.message import Message, joined

SCHEMA_VERSION = 1
CheckStatus = Literal["passed", "failed", "error", "timeout", "blocked"]
ReportStatus = Literal["graded", "needs_attention"]
CHECK_MARKS: dict[CheckStatus, str] = {"passed": "✓", "failed": "✗", "timeout": "⏱", "blocked": "–", "error": "!"}


@dataclass(frozen=True, kw_only=True)
class CheckOutcome:
    """The verdict of one hidden check.

    Attributes:
        id: ``<assignment>.<exercise>.<what_it_shows>``.
        exercise: The function that the student was asked to write.
        points: Points earned, in [0, max_points].
        max_points: Points that the check can give.
        status: ``passed``; ``failed`` (the student's result is wrong); ``timeout``; ``blocked`` (could not be
            judged, because something it needs failed); ``error`` (a fault of the grader).
        message: For the student, in English, and a ``Message`` where it can be put into another language by its parts;
            never holds hidden source, inputs or expected values.
        misconception: Id of the one known mistake that explains the failure, if one does.
        seconds: Wall time of the check.
    """

    id: str
    exercise: str
    points: float
    max_points: float
    status: CheckStatus
    message: str = ""
    misconception: str | None = None
    seconds: float = 0.0

    @property
    def shows(self) -> str:
        """What it shows, in words: of ``ppo.rollout.stops_when_truncated`` "stops when truncated"."""
        prefix = f"{self.id.split('.', 1)[0]}.{self.exercise}."
        return self.id.removeprefix(prefix).replace("_", " ")


@dataclass(frozen=True, kw_only=True)
class GradeReport:
    """Everything that is known about one graded submission.

    The grade is ``total = score + bonus - late_penalty``, as in nbgrader's gradebook.

    Attributes:
        student: Student id (the folder name under ``submitted/``).
        assignment: Assignment id, for example ``ppo``.
        status: ``needs_attention`` when the submission or the grader needs a person to look.
        isolation: Level of isolation under which the student's code ran; ``none`` if it did not run.
        score: Points of the required checks, before any late penalty.
        max_score: Points that the required checks can give.
        bonus: Points of the bonus checks, before any late penalty.
        late_penalty: Points taken off ``score + bonus`` for lateness.
        checks: One outcome per hidden check, in the order of the suite.
        evidence: Facts beside the checks, each ``{"kind": ..., "text": ..., ...}``: notes on cells
            that failed or were restored, the reason of ``needs_attention``, lateness, where exercises are in the
            notebook, what ran (``provenance.py``), what was taken over (``earlier.py``), figures
            (``outlets/figures.py``). Texts are as in ``message``.
        language: Language of the notebook that was handed in; pages for the student are written in it.
        seconds: Wall time of grading.
        versions: Versions of what took part (autograder, suite, python, torch, ...).
    """

    student: str
    assignment: str
    status: ReportStatus
    isolation: str
    score: float
    max_score: float
    bonus: float = 0.0
    late_penalty: float = 0.0
    checks: tuple[CheckOutcome, ...] = ()
    evidence: tuple[dict[str, Any], ...] = ()
    language: str = SOURCE_LANGUAGE
    seconds: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION

    @property
    def total(self) -> float:
        """The grade in points: ``score + bonus - late_penalty``."""
        return self.score + self.bonus - self.late_penalty

    @property
    def attention(self) -> str:
        """Why a person has to look, or an empty string."""
        return joined(" ", (e.get("text", "") for e in self.evidence if e.get("kind") == "attention"))

    def without_times(self) -> GradeReport:
        """The same report with every duration set to zero, for comparing two runs."""
        return replace(self, seconds=0.0, checks=tuple(replace(c, seconds=0.0) for c in self.checks))

    def to_json(self) -> str:
        """The report as indented JSON with a fixed order of keys.

        Beside a text that is made of parts stand its ``parts``: the template that catalogues hold, and arguments.
        """
        fields = asdict(self)
        fields["checks"] = [_with_parts(check, "message") for check in fields["checks"]]
        fields["evidence"] = [_with_parts(fact, "text") for fact in fields["evidence"]]
        head = ("schema_version", "student", "assignment")
        ordered = {name: fields.pop(name) for name in head} | fields
        return json.dumps(ordered, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> GradeReport:
        """Reads a report back.

        Raises:
            InputError: The text is no JSON object of this schema version.
        """
        try:
            fields = json.loads(text)
            if fields["schema_version"] != SCHEMA_VERSION:
                raise InputError(
                    f"report.json: expected schema_version {SCHEMA_VERSION}, "
                    f"received {fields['schema_version']!r}; grade the submission again"
                )
            fields["checks"] = tuple(CheckOutcome(**_of_parts(check, "message")) for check in fields["checks"])
            fields["evidence"] = tuple(_of_parts(fact, "text") for fact in fields["evidence"])
            return cls(**fields)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise InputError(f"report.json: not a grade report ({error}); grade the submission again") from error


def write_atomically(path: Path, content: str | bytes) -> None:
    """Writes ``content`` to ``path`` so that a reader sees the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            hold(handle)
            stream.write(content.encode() if isinstance(content, str) else content)
            stream.flush()
            temporary.chmod(0o644)
            temporary.replace(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:  # a full disk does not say for which file
            raise OSError(error.errno, error.strerror, os.fspath(path)) from error
        raise


def write_report(path: Path, report: GradeReport) -> None:
    """Writes ``report.json`` atomically."""
    write_atomically(path, report.to_json())


def read_report(path: Path) -> GradeReport:
    """Reads one ``report.json``.

    Raises:
        InputError: The file is missing or is no grade report.
    """
    try:
        return GradeReport.from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error


def read_report_of(results: Path, student: str, assignment: str) -> GradeReport:
    """Reads the report of one student.

    Raises:
        InputError: There is none; the message says what there is.
    """
    path = results / student / assignment / "report.json"
    if not path.is_file():
        known = {report.student for report in read_reports(results, assignment)}
        raise InputError(
            f"{results}: expected a report of {student!r} for {assignment}, found those of {len(known)} others, "
            f"for example {min(known)}; check the spelling, or run `autograder grade`"
        )
    return read_report(path)


def read_reports(results: Path, assignment: str | None = None) -> list[GradeReport]:
    """Reads ``RESULTS/<student>/<assignment>/report.json`` of a class, sorted by assignment and student.

    Raises:
        InputError: The folder does not exist, holds no report, or holds a broken one.
    """
    if not results.is_dir():
        raise InputError(f"{results}: expected a folder written by `autograder grade --out`, found none")
    reports = [read_report(path) for path in results.glob(f"*/{assignment or '*'}/report.json")]
    if not reports:
        raise InputError(f"{results}: no report.json found; run `autograder grade` first")
    return sorted(reports, key=lambda report: (report.assignment, report.student))


def _with_parts(fields: dict[str, Any], key: str) -> dict[str, Any]:
    text = fields.get(key)
    return fields | {"parts": text.parts()} if isinstance(text, Message) and text.arguments else fields


def _of_parts(fields: dict[str, Any], key: str) -> dict[str, Any]:
    """The same with the message in place of its text and parts; what a person has changed in the text stays."""
    fields = dict(fields)
    if "parts" in fields:
        text = Message.of_parts(fields.pop("parts"))
        fields[key] = text if text == fields[key] else fields[key]
    return fields


def check_statuses() -> tuple[str, ...]:
    """All values that ``CheckOutcome.status`` may take."""
    return get_args(CheckStatus)
