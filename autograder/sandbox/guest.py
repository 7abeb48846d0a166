"""Runs inside the sandbox: the student's cells, and the calls of the grader's checks.

Everything here may have been tampered with by the time a check runs; nothing that the grader relies on
for safety happens in this module. It speaks first only to ask a question about a hidden environment.
"""

from __future__ import annotations

import inspect
import os
import random
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any, Protocol

import gymnasium
import numpy as np
import torch

from autograder.errors import ReplyRejected
from autograder.sandbox.cells import CellRunner
from autograder.sandbox.wire import DTYPES, Channel, HandleRef, Tensor

MAX_DEPTH = 12
MAX_TEXT = 2_000
MAX_FRAMES = 12


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
        cells: Runs notebook cells in that namespace; None where only calls are served.
    """

    def __init__(
        self, channel: GuestChannel, namespace: dict[str, Any], cells: CellRunner | None = None
    ) -> None:
        self._channel = channel
        self._namespace = namespace
        self._cells = cells
        self._objects: dict[int, Any] = {}
        self._children: list[int] = []
        self._operations: dict[str, Callable[..., Any]] = {
            "attribute": self._attribute,
            "call": self._call,
            "define": self._define,
            "environment": self._environment,
            "fork": self._fork,
            "gradients": self._gradients,
            "has": self._has,
            "has_attribute": self._has_attribute,
            "leaf": self._leaf,
            "method": self._method,
            "parameter_gradients": self._parameter_gradients,
            "parameters": self._parameters,
            "run_cell": self._run_cell,
            "seed": self._seed,
            "set_parameters": self._set_parameters,
            "signature": self._signature,
            "spied": self._spied,
            "spy": self._spy,
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
        operation = self._operations[request.pop("operation")]
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
        """Asks the grader something in the middle of a call (a step of a hidden environment)."""
        self._channel.send({"ask": {name: self._leave(value) for name, value in question.items()}})
        return self._channel.receive()

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

    def _method(self, owner: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        return getattr(owner, name)(*args, **kwargs)

    def _define(self, source: str) -> None:
        exec(compile(source, "cell 0", "exec"), self._namespace)  # noqa: S102  # running code is what a guest is for

    def _find(self, name: str) -> Any:
        try:
            return self._namespace[name]
        except KeyError:
            raise NameError(f"`{name}` is not defined in the notebook") from None

    def _has(self, name: str) -> bool:
        return name in self._namespace

    def _attribute(self, owner: Any, name: str) -> Any:
        return getattr(owner, name)

    def _has_attribute(self, owner: Any, name: str) -> bool:
        return hasattr(owner, name)

    def _signature(self, name: str) -> list[str]:
        return list(inspect.signature(self._find(name)).parameters)

    def _seed(self, seed: int) -> None:
        torch.manual_seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002  # students may use the global generator
        random.seed(seed)

    def _leaf(self, value: torch.Tensor) -> torch.Tensor:
        return value.detach().clone().requires_grad_(True)

    def _gradients(self, of: torch.Tensor, wrt: list[torch.Tensor]) -> list[torch.Tensor | None]:
        if not isinstance(of, torch.Tensor) or not of.requires_grad:
            return [None] * len(wrt)
        return list(torch.autograd.grad(of.sum(), wrt, allow_unused=True, retain_graph=True))

    def _parameters(self, module: torch.nn.Module) -> dict[str, torch.Tensor]:
        return {name: parameter.detach().clone() for name, parameter in module.named_parameters()}

    def _parameter_gradients(
        self, of: torch.Tensor, module: torch.nn.Module
    ) -> dict[str, torch.Tensor | None]:
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
        gymnasium.register(
            env_id,
            entry_point=lambda **_: HiddenEnvironment(self, env_id),
            disable_env_checker=True,
            order_enforce=False,
        )

    # Cells and forks, asked of the submission's own process only

    def _run_cell(self, index: int, source: str, seconds: float) -> dict[str, Any]:
        if self._cells is None:
            raise ReplyRejected("this process runs no cells")
        return self._cells.run(index, source, seconds)

    def _fork(self, descriptor: int) -> None:
        self._children = [pid for pid in self._children if os.waitpid(pid, os.WNOHANG)[0] == 0]
        pid = os.fork()
        if pid == 0:
            self._channel.close()
            serve_check(descriptor, self._namespace)
        os.close(descriptor)
        self._children.append(pid)


class _Spied:
    """Keeps the recorded calls of a spied method inside the sandbox."""

    def __init__(self, calls: list[dict[str, Any]]) -> None:
        self.calls = calls


class HiddenEnvironment(gymnasium.Env[Any, Any]):
    """An environment whose reset and step are answered by the grader; its dynamics are not in this process."""

    def __init__(self, guest: Guest, env_id: str) -> None:
        self._guest = guest
        self._process = os.getpid()
        described = guest.ask({"question": "make", "env_id": env_id})
        self._number = described["number"]
        self.observation_space = _space(described["observation_space"])
        self.action_space = _space(described["action_space"])

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Starts an episode; see ``gymnasium.Env.reset``."""
        super().reset(seed=seed)
        reply = self._ask("reset", seed=None if seed is None else int(seed))
        return reply["observation"], {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Takes one step; see ``gymnasium.Env.step``."""
        if isinstance(action, torch.Tensor):
            action = action.detach().numpy()
        reply = self._ask("step", action=np.asarray(action))
        return reply["observation"], reply["reward"], reply["terminated"], reply["truncated"], {}

    def _ask(self, question: str, **details: Any) -> Any:
        if os.getpid() != self._process:
            raise RuntimeError("this environment answers one process only; use a SyncVectorEnv")
        return self._guest.ask({"question": question, "number": self._number, **details})


def serve(channel: Channel, guest: Guest) -> None:
    """Answers requests until the grader closes the connection."""
    while True:
        try:
            request, descriptor = channel.receive_with_descriptor()
        except Exception:
            return
        if descriptor is not None:
            request["descriptor"] = descriptor
        reply = guest.answer(request)
        try:
            channel.send(reply)
        except ReplyRejected as error:
            channel.send({"rejected": str(error)[:MAX_TEXT]})


def serve_check(descriptor: int, namespace: dict[str, Any]) -> None:
    """Serves one check in this freshly forked process, and ends it."""
    try:
        channel = Channel(socket.socket(fileno=descriptor))
        pidfd = os.pidfd_open(os.getpid())
        channel.send({"result": None}, descriptor=pidfd)
        os.close(pidfd)
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115  # lives as long as the process
        serve(channel, Guest(channel, namespace))
    finally:
        os._exit(0)


def describe_exception(error: BaseException) -> dict[str, Any]:
    """What the grader is told about an exception of the student's code."""
    frames = [
        {
            "cell": entry.filename,
            "line": entry.lineno or 0,
            "function": entry.name[:100],
            "source": (entry.line or "")[:200],
        }
        for entry in traceback.extract_tb(error.__traceback__)
        if entry.filename.startswith("cell ")
    ]
    try:
        message = str(error)
    except Exception:
        message = "(its message cannot be printed)"
    return {
        "type": type(error).__name__[:100],
        "message": message[:MAX_TEXT],
        "frames": frames[-MAX_FRAMES:],
    }


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
    if isinstance(value, list):
        return [_copied(item) for item in value]
    if isinstance(value, dict):
        return {name: _copied(item) for name, item in value.items()}
    return value


def _space(described: dict[str, Any]) -> gymnasium.spaces.Space[Any]:
    if described["kind"] == "discrete":
        return gymnasium.spaces.Discrete(described["n"])
    low, high = described["low"], described["high"]
    return gymnasium.spaces.Box(low, high, low.shape, low.dtype.type)
