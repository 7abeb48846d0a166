"""Runs inside the sandbox: the student's cells, and the calls of the grader's checks.

Everything here may have been tampered with by the time a check runs; nothing that the grader relies on
for safety happens in this module. It speaks first only to ask a question about a hidden environment.
"""

from __future__ import annotations

import importlib
import inspect
import os
import random
from collections.abc import Callable
from typing import Any, Protocol

import gymnasium
import numpy as np
import torch

from autograder.errors import ReplyRejected
from autograder.sandbox.guest_environment import GuestEnvironment
from autograder.sandbox.guest_policy import fit_policy
from autograder.sandbox.guest_training import WatchedTraining
from autograder.sandbox.raised import MAX_TEXT, describe_exception
from autograder.sandbox.wire import DTYPES, HandleRef, Tensor

SEED = 0
MAX_DEPTH = 12


class GuestChannel(Protocol):
    """What a guest asks the grader through."""

    def send(self, message: Any) -> None:
        """Sends one message."""

    def receive(self) -> Any:
        """Receives one message."""

    def close(self) -> None:
        """Ends the connection."""


class Guest:
    """Answers the grader's requests in one process.

    Args:
        channel: The connection to the grader.
        namespace: The student's global names.
    """

    def __init__(self, channel: GuestChannel, namespace: dict[str, Any]) -> None:
        self.channel = channel
        self.namespace = namespace
        self._process = os.getpid()
        self._objects: dict[int, Any] = {}
        self.operations: dict[str, Callable[..., Any]] = {
            "attribute": self._attribute,
            "call": self._call,
            "define": self._define,
            "each": self._each,
            "environment": self._environment,
            "fit_policy": self._fit_policy,
            "gradients": self._gradients,
            "has": self._has,
            "has_attribute": self._has_attribute,
            "leaf": self._leaf,
            "library": self._library,
            "method": self._method,
            "parameter_gradients": self._parameter_gradients,
            "parameters": self._parameters,
            "repeated": self._repeated,
            "seed": seed_all,
            "set_parameters": self._set_parameters,
            "signature": self._signature,
            "spied": self._spied,
            "spy": self._spy,
            "train": self._train,
            "value": lambda handle: handle,
        }

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Carries out one request.

        Args:
            request: ``{"operation": name, "keep": bool, ...}``, the rest are the operation's arguments.

        Returns:
            ``{"result": ...}``, ``{"rejected": reason}`` or ``{"raised": {type, message, frames}}``.
        """
        request = dict(request)
        operation = self.operations[request.pop("operation")]
        keep = request.pop("keep", False)
        try:
            arguments = {name: self._arrive(value) for name, value in request.items()}
            result = operation(**arguments)
            return {"result": self._hold(result) if keep else self._leave(result)}
        except ReplyRejected as error:
            return {"rejected": str(error)[:MAX_TEXT]}
        except BaseException as error:
            return {"raised": describe_exception(error)}

    def ask(self, question: dict[str, Any]) -> Any:
        """Asks the grader something in the middle of a call (a step of a hidden environment).

        Raises:
            RuntimeError: A child of the process that the grader talks to asks; its answer would go astray.
        """
        if os.getpid() != self._process:
            raise RuntimeError("this environment answers one process only; use a SyncVectorEnv")
        self.channel.send({"ask": {name: self._leave(value) for name, value in question.items()}})
        return self.channel.receive()

    # Values on their way in and out

    def _arrive(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            return torch.from_numpy(value.array).requires_grad_(value.requires_grad)
        if isinstance(value, HandleRef):
            return self._objects[value.number]
        if isinstance(value, list):
            return [self._arrive(item) for item in value]
        if isinstance(value, dict):
            return {name: self._arrive(item) for name, item in value.items()}
        return value

    def _leave(self, value: Any, depth: int = 0) -> Any:
        if value is None or type(value) in (bool, int, float, str, bytes):
            return value
        if isinstance(value, torch.Tensor):
            return _leave_tensor(value)
        if isinstance(value, np.ndarray | np.generic):
            if value.dtype.name not in DTYPES:
                raise ReplyRejected(f"expected an array of numbers, received dtype {value.dtype}")
            return np.asarray(value)
        if depth < MAX_DEPTH and isinstance(value, list | tuple):
            return [self._leave(item, depth + 1) for item in value]
        if depth < MAX_DEPTH and type(value) is dict and all(type(name) is str for name in value):
            return {name: self._leave(item, depth + 1) for name, item in value.items()}
        return self._hold(value)

    def _hold(self, value: Any) -> HandleRef:
        number = len(self._objects)
        self._objects[number] = value
        return HandleRef(number, type(value).__name__)

    # Operations

    def _call(self, target: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        function = self._find(target) if isinstance(target, str) else target
        return function(*args, **kwargs)

    def _repeated(self, target: Any, times: int, args: list[Any], kwargs: dict[str, Any]) -> list[Any]:
        function = self._find(target) if isinstance(target, str) else target
        return [function(*args, **kwargs) for _ in range(times)]

    def _library(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        module, _, function = name.rpartition(".")
        return getattr(importlib.import_module(module), function)(*args, **kwargs)

    def _method(self, owner: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        return getattr(owner, name)(*args, **kwargs)

    def _each(self, owner: Any, name: str, rows: Any, kwargs: dict[str, Any]) -> list[Any]:
        method = getattr(owner, name)
        return [method(row, **kwargs) for row in rows]

    def _fit_policy(self, target: str, content: bytes, sizes: list[int]) -> dict[str, Any]:
        actor = self._find(target)
        return fit_policy(lambda width: actor(*sizes, width), content)

    def _train(self, target: str, kwargs: dict[str, Any], cpu_seconds: float, weights: bytes | None) -> dict[str, Any]:
        trainer = self._find(target)(**kwargs)
        return WatchedTraining(trainer, lambda report: self.ask({"training": report}), cpu_seconds).run(weights)

    def _define(self, source: str) -> None:
        exec(compile(source, "cell 0", "exec"), self.namespace)  # noqa: S102  # running code is what a guest is for

    def _find(self, name: str) -> Any:
        try:
            return self.namespace[name]
        except KeyError:
            raise NameError(f"`{name}` is not defined in the notebook") from None

    def _has(self, name: str) -> bool:
        return name in self.namespace

    def _attribute(self, owner: Any, name: str) -> Any:
        return getattr(owner, name)

    def _has_attribute(self, owner: Any, name: str) -> bool:
        return hasattr(owner, name)

    def _signature(self, name: str) -> list[str]:
        return list(inspect.signature(self._find(name)).parameters)

    def _leaf(self, value: torch.Tensor) -> torch.Tensor:
        return value.detach().clone().requires_grad_(True)

    def _gradients(self, of: torch.Tensor, wrt: list[torch.Tensor]) -> list[torch.Tensor | None]:
        if not isinstance(of, torch.Tensor) or not of.requires_grad:
            return [None] * len(wrt)
        return list(torch.autograd.grad(of.sum(), wrt, allow_unused=True, retain_graph=True))

    def _parameters(self, module: torch.nn.Module) -> dict[str, torch.Tensor]:
        return {name: parameter.detach().clone() for name, parameter in module.named_parameters()}

    def _parameter_gradients(self, of: torch.Tensor, module: torch.nn.Module) -> dict[str, torch.Tensor | None]:
        named = {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}
        return dict(zip(named, self._gradients(of, list(named.values())), strict=True))

    def _set_parameters(self, module: torch.nn.Module, values: dict[str, torch.Tensor]) -> None:
        named = dict(module.named_parameters())
        with torch.no_grad():
            for name, value in values.items():
                named[name].copy_(value)

    def _spy(self, owner: Any, name: str) -> Any:
        calls: list[dict[str, Any]] = []
        original = getattr(owner, name)

        def spying(*args: Any, **kwargs: Any) -> Any:
            calls.append({"args": _copied(list(args)), "kwargs": _copied(kwargs)})
            return original(*args, **kwargs)

        setattr(owner, name, spying)
        return _Spied(calls)

    def _spied(self, spy: Any) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = spy.calls
        return calls

    def _environment(self, env_id: str) -> None:
        gymnasium.registry.pop(env_id, None)  # an earlier check's: gymnasium would warn
        gymnasium.register(
            env_id,
            entry_point=lambda **_: GuestEnvironment(self.ask, env_id),
            disable_env_checker=True,
            order_enforce=False,
        )


class _Spied:
    """Keeps the recorded calls of a spied method inside the sandbox."""

    def __init__(self, calls: list[dict[str, Any]]) -> None:
        self.calls = calls


def seed_all(seed: int) -> None:
    """Seeds torch, numpy and random."""
    torch.default_generator.manual_seed(seed)  # torch.manual_seed looks for devices too: 2 ms in a fresh fork
    np.random.seed(seed % 2**32)  # students may use the global generator
    random.seed(seed)


def _leave_tensor(value: torch.Tensor) -> Tensor:
    dtype_name = str(value.dtype).removeprefix("torch.")
    if dtype_name not in DTYPES:
        raise ReplyRejected(f"expected a tensor of real numbers, received dtype {dtype_name}")
    plain = value.detach().cpu().contiguous()
    return Tensor(plain.numpy(), bool(value.requires_grad))


def _copied(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, list | tuple):
        return [_copied(item) for item in value]
    if isinstance(value, dict):
        return {name: _copied(item) for name, item in value.items()}
    return value
