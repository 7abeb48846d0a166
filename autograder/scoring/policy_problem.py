"""PolicyProblem: why a policy file cannot be used, in words for the student; what the sandbox says is a claim."""

from __future__ import annotations

from typing import Any

from autograder.message import message
from autograder.sandbox.claimed_text import clean_text

_PICKLES = (b"PK\x03\x04", b"\x80")  # torch.save's archive, and a bare pickle


def pickle_problem(content: bytes) -> str:
    """What to say of a file that is a pickle by its first bytes, which is never read any further; else nothing."""
    if not content.startswith(_PICKLES):
        return ""
    return message(
        "policy.safetensors: expected safetensors' format, received a pickle, as `torch.save` writes it, which is not "
        'read for safety; save the agent by `rlhelpers.save_policy(actor, "policy.safetensors")`.'
    )


def problem_text(problem: dict[str, Any]) -> str:
    """A problem that ``fit_policy`` has found."""
    remedy = message("load it into a new Actor with `rlhelpers.load_policy`, and save it again if that fails")
    name = clean_text(str(problem.get("name", "")), 60)
    match problem.get("kind"):
        case "names":
            return message(
                "policy.safetensors: expected the weights of your Actor, received others (missing: {missing}; unknown: "
                "{unknown}); {remedy}.",
                missing=_names(problem.get("missing")),
                unknown=_names(problem.get("unknown")),
                remedy=remedy,
            )
        case "shape" | "dtype":
            return message(
                "policy.safetensors: `{name}`: expected {expected} as in your Actor, received {received}; {remedy}.",
                name=name,
                expected=clean_text(str(problem.get("expected")), 60),
                received=clean_text(str(problem.get("received")), 60),
                remedy=remedy,
            )
        case "finite":
            return message(
                "policy.safetensors: `{name}`: expected finite numbers, received NaN or infinity: training has "
                "diverged; look at the learning rate and the losses, and train again.",
                name=name,
            )
    return message(
        "policy.safetensors: expected a file in safetensors' format, received something else ({reason}); save the "
        'agent by `rlhelpers.save_policy(actor, "policy.safetensors")`.',
        reason=clean_text(str(problem.get("reason", "")), 120),
    )


def _names(claimed: Any) -> str:
    names = [clean_text(str(name), 60) for name in claimed[:3]] if isinstance(claimed, list) else []
    return ", ".join(names) or message("no name")
