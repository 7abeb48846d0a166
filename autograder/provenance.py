"""Provenance: what a grade was made from, as far as a report does not say it elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from autograder.report import GradeReport
from autograder.sandbox.limits import Limits

KIND = "provenance"
DIGITS = 12


def provenance(submission_digest: str, secret: bytes, limits: Limits) -> dict[str, Any]:
    """The entry of a report's evidence that an audit starts from.

    Args:
        submission_digest: SHA-256 of everything in the hand-in that the grade depends on.
        secret: The course's secret; the report names it, and does not give it away.
        limits: What the hand-in might use.

    Returns:
        ``{"kind": "provenance", "submission": ..., "secret": ..., "limits": {...}}``, digests shortened.
    """
    return {
        "kind": KIND,
        "submission": submission_digest[:DIGITS],
        "secret": secret_name(secret),
        "limits": asdict(limits),
    }


def secret_name(secret: bytes) -> str:
    """Names a secret: two that are named alike draw the same hidden inputs."""
    return hashlib.sha256(b"name of the secret" + secret).hexdigest()[:DIGITS]


def recorded(report: GradeReport) -> Mapping[str, Any]:
    """What a report says of its provenance; empty in one whose submission was not run."""
    return next((fact for fact in report.evidence if fact.get("kind") == KIND), {})
