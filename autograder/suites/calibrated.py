"""Calibrated: what calibration.json of a suite says about its training checks; written by ``autograder calibrate``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from autograder.errors import AutograderError

SCHEMA_VERSION = 1
FALSE_FAILURES = 0.001  # of a right trainer, all attempts together
FALSE_PASSES = 0.01  # of a broken trainer, all attempts together
Kind = Literal["reference", "right", "broken", "untrained"]


@dataclass(frozen=True)
class Band:
    """Between which returns the reference's learning curves lie, step by step.

    Attributes:
        steps: How far training had come.
        low: The 5% quantile at each of them.
        high: The 95% quantile.
    """

    steps: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def as_dict(self) -> dict[str, list[float]]:
        """Plain data for reports."""
        return {"steps": list(self.steps), "low": list(self.low), "high": list(self.high)}


@dataclass(frozen=True, kw_only=True)
class CalibratedTrainer:
    """Outcomes of one trainer, and how often the check judges it wrongly.

    Attributes:
        name: ``reference``, ``untrained``, a right variant's name or a misconception's id.
        kind: What it is.
        source: Digest of its cells.
        runs: How many were measured, each with seeds of its own.
        raised: Runs that raised; they count as failures.
        reached: Runs whose outcome reached the threshold.
        quantiles: Of the outcomes, at ``QUANTILES``; empty where all runs raised.
        run_bound: Upper Clopper-Pearson bound on the wrong verdict of one run: a right one below, a broken one above.
        joint_bound: The same of all attempts together.
        is_told_apart: Whether the joint bound is as small as it has to be.
        caught_by: Other checks that a broken trainer fails, if this one does not tell it apart.
    """

    name: str
    kind: Kind
    source: str
    runs: int
    raised: int
    reached: int
    quantiles: tuple[float, ...]
    run_bound: float
    joint_bound: float
    is_told_apart: bool
    caught_by: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CalibratedCheck:
    """How one training check judges, and what that was found from.

    Attributes:
        id: Id of the check.
        budget: Given to its run; None where it takes none.
        threshold: An outcome as large as this passes.
        attempts: Runs, each with fresh seeds, before a trainer has failed.
        trainers: What was measured.
        band: Of the reference's learning curves; None where the check has none.
    """

    id: str
    budget: int | None
    threshold: float
    attempts: int
    trainers: tuple[CalibratedTrainer, ...]
    band: Band | None = None


QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """The content of calibration.json.

    Attributes:
        assignment: Id.
        reference: Digest of the reference solution's code.
        measuring: Digest of the code that measures.
        confidence: Of each bound.
        versions: Of what took part.
        checks: By check.
    """

    assignment: str
    reference: str
    measuring: str
    confidence: float
    versions: dict[str, str]
    checks: tuple[CalibratedCheck, ...]
    quantiles: tuple[float, ...] = QUANTILES
    limits: dict[str, float] = field(
        default_factory=lambda: {"false_failures": FALSE_FAILURES, "false_passes": FALSE_PASSES}
    )
    schema_version: int = SCHEMA_VERSION

    def to_json(self) -> str:
        """The text of the file: one line for each trainer."""
        return _compact(asdict(self)) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Calibration:
        """Reads it back.

        Raises:
            ValueError: It is no calibration of this schema version.
        """
        try:
            fields = json.loads(text)
            if fields["schema_version"] != SCHEMA_VERSION:
                raise ValueError(f"expected schema_version {SCHEMA_VERSION}, received {fields['schema_version']!r}")
            checks = tuple(_check(each) for each in fields["checks"])
            return cls(**fields | {"checks": checks, "quantiles": tuple(fields["quantiles"])})
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"not a calibration: {error!r}") from error


def calibration_file(assignment_id: str) -> Path:
    """Where the calibration of a suite lies."""
    return Path(__file__).parent / assignment_id / "calibration.json"


@lru_cache
def read_calibration(assignment_id: str) -> Calibration:
    """The calibration of a suite.

    Raises:
        AutograderError: There is none, or it cannot be read.
    """
    file = calibration_file(assignment_id)
    try:
        return Calibration.from_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AutograderError(
            f"{file}: expected the thresholds of training checks, received none ({error}); "
            f"run `autograder calibrate {assignment_id}`"
        ) from error


def calibrated_check(assignment_id: str, check_id: str) -> CalibratedCheck:
    """How a training check judges.

    Raises:
        AutograderError: It has not been calibrated.
    """
    for each in read_calibration(assignment_id).checks:
        if each.id == check_id:
            return each
    raise AutograderError(f"{check_id}: has not been calibrated; run `autograder calibrate {assignment_id}`")


def _check(fields: dict[str, Any]) -> CalibratedCheck:
    trainers = (
        CalibratedTrainer(**each | {"quantiles": tuple(each["quantiles"]), "caught_by": tuple(each["caught_by"])})
        for each in fields["trainers"]
    )
    band = fields["band"] and Band(**{name: tuple(values) for name, values in fields["band"].items()})
    return CalibratedCheck(**fields | {"trainers": tuple(trainers), "band": band})


def _compact(value: Any, indent: str = "") -> str:
    """JSON in which whatever fits stands on one line."""
    line = json.dumps(value)
    deeper = indent + "  "
    if isinstance(value, dict) and ("trainers" in value or "checks" in value):
        parts = [f"{deeper}{json.dumps(key)}: {_compact(each, deeper)}" for key, each in value.items()]
        return "{\n" + ",\n".join(parts) + "\n" + indent + "}"
    if isinstance(value, list | tuple) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(deeper + _compact(each, deeper) for each in value) + "\n" + indent + "]"
    return line
