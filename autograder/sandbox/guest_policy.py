"""Runs inside the sandbox: builds the student's Actor and puts the weights of a policy file into it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import torch

from rlhelpers.policy_file import likely_widths

MAX_NAMES = 3
MAX_EPISODES = 2000


def fit_policy(build: Callable[[int], Any], content: bytes) -> dict[str, Any]:
    """Builds an actor that the weights fit, and loads them.

    The file does not say how wide the student's networks are: widths that occur in its shapes are tried, the most
    frequent one first.

    Args:
        build: Makes an actor of a given width.
        content: A file in safetensors' format.

    Returns:
        ``{"actor": the actor, "width": its width, "steps": [...], "returns": [...]}`` with the episodes of training
        that the file tells of, or ``{"problem": {"kind": "format" | "names" | "shape" | "dtype" | "finite", ...}}``.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        weights = load(content)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        return {"problem": {"kind": "format", "reason": str(error)[:200]}}
    problems = []
    for width in likely_widths(weights):
        actor = build(width)
        problem = _problem(actor.state_dict(), weights)
        if problem is None:
            actor.load_state_dict(weights)
            return {"actor": actor.eval(), "width": width, **_history(content)}
        problems.append(problem)
    kinds = ("finite", "dtype", "shape", "names")  # the nearer to fitting, the more it tells
    return {"problem": min(problems, key=lambda problem: kinds.index(problem["kind"]))}


def _history(content: bytes) -> dict[str, Any]:
    """The episodes of training that ``rlhelpers.save_policy`` has written into the file's header, if it has."""
    steps, returns = [], []
    try:
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        for step, total in json.loads(header["__metadata__"]["history"])[:MAX_EPISODES]:
            steps.append(float(step))
            returns.append(float(total))
    except (KeyError, ValueError, TypeError, RecursionError):
        return {"steps": [], "returns": []}
    return {"steps": steps, "returns": returns}


def _problem(own: Mapping[str, torch.Tensor], weights: Mapping[str, torch.Tensor]) -> dict[str, Any] | None:
    """The first reason why the weights are not those of the network, or None."""
    missing, unknown = sorted(own.keys() - weights.keys()), sorted(weights.keys() - own.keys())
    if missing or unknown:
        return {"kind": "names", "missing": missing[:MAX_NAMES], "unknown": unknown[:MAX_NAMES]}
    for name, tensor in weights.items():
        if tensor.shape != own[name].shape:
            shapes = {"expected": list(own[name].shape), "received": list(tensor.shape)}
            return {"kind": "shape", "name": name, **shapes}
    for name, tensor in weights.items():
        if tensor.is_floating_point() != own[name].is_floating_point():
            dtypes = {"expected": str(own[name].dtype), "received": str(tensor.dtype)}
            return {"kind": "dtype", "name": name, **dtypes}
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            return {"kind": "finite", "name": name}
    return None


def policy_bytes(actor: torch.nn.Module) -> bytes:
    """The weights and buffers of a network as a file in safetensors' format."""
    from safetensors.torch import save

    weights = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in actor.state_dict().items()}
    content: bytes = save(weights)
    return content
