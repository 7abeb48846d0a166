"""Student: the proxy through which hidden checks call the code of a student; all it holds is plain data.

``student.multi_step_returns(rewards, values, dones)`` is a call through the door. What comes back by value is
None, bool, int, float, str, list, dict, ``numpy.ndarray`` or ``wire.Tensor``; anything else stays inside and is
named by a ``Handle``. Values that arrive are claims: the wire has checked type, dtype, shape and size, a check
judges the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.errors import ReplyRejected
from autograder.sandbox.claimed_text import clean_text, student_raised
from autograder.sandbox.environments import EnvironmentDesk, HiddenEnvironment
from autograder.sandbox.transport import Transport
from autograder.sandbox.wire import HandleRef, Tensor, tensor

MAX_DEPTH = 32


class Student:
    """The student's notebook as an object: each of its global functions is a method.

    Args:
        transport: Leads to a process in which the notebook has run.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._desk = EnvironmentDesk()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self.call(name, *args, **kwargs)

    @property
    def keep(self) -> Keeping:
        """Like the student, but results stay inside: ``student.keep.Actor(3, 2, 8)`` is a Handle."""
        return Keeping(lambda name, args, kwargs: self.request("call", True, target=name, args=args, kwargs=kwargs))

    def call(self, target: str, *args: Any, **kwargs: Any) -> Any:
        """Calls the global ``target`` and returns its result by value."""
        return self.request("call", target=target, args=args, kwargs=kwargs)

    def repeated(self, times: int, target: str, *args: Any, **kwargs: Any) -> list[Any]:
        """Calls the global ``target`` several times with the same arguments; the results by value, in order."""
        results = self.request("repeated", target=target, times=times, args=args, kwargs=kwargs)
        if not isinstance(results, list) or len(results) != times:
            raise ReplyRejected("expected one result for each call")
        return results

    def library(self, name: str, *args: Any, **kwargs: Any) -> Handle:
        """Calls what a library offers and keeps the result inside: ``student.library("numpy.random.default_rng", 3)``.

        Lists stay lists on their way; ``student.library("builtins.tuple", [3, 1])`` makes a tuple of one.
        """
        handle: Handle = self.request("library", True, name=name, args=args, kwargs=kwargs)
        return handle

    def has(self, name: str) -> bool:
        """Whether the notebook defines ``name``."""
        return self.request("has", name=name) is True

    def signature(self, name: str) -> list[str]:
        """Names of the parameters of a global function."""
        names = self.request("signature", name=name)
        return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []

    def seed(self, seed: int) -> None:
        """Seeds torch, numpy and random inside."""
        self.request("seed", seed=seed)

    def leaf(self, values: Any, dtype: str = "float32") -> Handle:
        """A tensor that stays inside, a leaf that requires a gradient."""
        handle: Handle = self.request("leaf", True, value=tensor(values, dtype))
        return handle

    def gradients(self, of: Handle, wrt: list[Handle]) -> list[Tensor | None]:
        """Gradients of the sum of ``of`` with respect to each of ``wrt``; None where no graph leads to it."""
        result = self.request("gradients", of=of, wrt=wrt)
        if not isinstance(result, list) or len(result) != len(wrt):
            raise ReplyRejected("expected one gradient for each tensor")
        return [gradient if isinstance(gradient, Tensor) else None for gradient in result]

    def spied(self, recorder: Handle) -> list[dict[str, Any]]:
        """The calls that a spy has recorded: ``{"args": [...], "kwargs": {...}}`` each, by value."""
        calls = self.request("spied", spy=recorder)
        for call in calls if isinstance(calls, list) else [None]:
            match call:
                case {"args": list(), "kwargs": dict(), **rest} if not rest:
                    continue
            raise ReplyRejected("expected the recorded calls, received a malformed reply")
        return list(calls)

    def environment(self, env_id: str, factory: Callable[[], HiddenEnvironment]) -> None:
        """Registers a gymnasium id in the sandbox whose environments are stepped by the grader."""
        self._desk.register(env_id, factory)
        self.request("environment", env_id=env_id)

    def environments_made(self, env_id: str) -> list[Any]:
        """The hidden environments that the student's code has made by this id, in order."""
        return list(self._desk.made(env_id))

    def fit_policy(self, target: str, content: bytes, sizes: list[int]) -> Fitted | dict[str, Any]:
        """Builds ``target(*sizes, width)`` with the weights of a policy file, of a width that fits them.

        Returns:
            The network and what goes with it, or what does not fit, a claim: ``{"kind": ..., ...}``.
        """
        reply = self.request("fit_policy", target=target, content=content, sizes=sizes)
        match reply:
            case {"actor": Handle(), "width": int(), "steps": list(), "returns": list()} if len(reply) == 4:
                return Fitted(**reply)
            case {"problem": {"kind": str()} as problem, **rest} if not rest:
                return dict(problem)
        raise ReplyRejected("expected a network, received a malformed reply")

    def train(
        self,
        target: str,
        arguments: dict[str, Any],
        cpu_seconds: float,
        listener: Callable[[dict[str, Any]], bool],
        weights: bytes | None = None,
    ) -> tuple[Handle, bool]:
        """Runs a trainer's ``learn`` until it is done, its processor time is up, or the listener has it ended.

        Args:
            target: The trainer's class.
            arguments: Of its constructor.
            cpu_seconds: Processor time after which it is stopped.
            listener: Gets the reports on the way, and says of each whether training shall end there.
            weights: Of a policy file, to begin with.

        Returns:
            The actor as it is in the end, and whether it was stopped.
        """
        self._desk.listen(listener)
        try:
            reply = self.request("train", target=target, kwargs=arguments, cpu_seconds=cpu_seconds, weights=weights)
        finally:
            self._desk.listen(None)
        match reply:
            case {"actor": Handle() as actor, "stopped": bool(stopped), **rest} if not rest:
                return actor, stopped
        raise ReplyRejected("expected a network, received a malformed reply")

    def request(self, operation: str, keep: bool = False, **arguments: Any) -> Any:
        """Carries out one operation of the guest.

        Raises:
            StudentRaised: The student's code raised.
            ReplyRejected: The result may not cross the door.
            DeadlineExceeded: No reply in time.
            GuestDied: The process is gone.
        """
        sent = {name: _outgoing(value) for name, value in arguments.items()}
        reply = self._transport.exchange({"operation": operation, "keep": keep, **sent}, self._desk.answer)
        match reply:
            case {"result": result, **rest} if not rest and (isinstance(result, HandleRef) or not keep):
                return self._incoming(result)
            case {"rejected": str(reason), **rest} if not rest:
                raise ReplyRejected(clean_text(reason))
            case {"raised": dict(raised), **rest} if not rest:
                raise student_raised(raised)
        raise ReplyRejected("expected a result, received a malformed reply")

    def _incoming(self, value: Any, depth: int = 0) -> Any:
        if depth > MAX_DEPTH:
            raise ReplyRejected(f"expected at most {MAX_DEPTH} lists within lists")
        if isinstance(value, HandleRef):
            return Handle(self, value)
        if isinstance(value, list):
            return [self._incoming(item, depth + 1) for item in value]
        if isinstance(value, dict):
            return {name: self._incoming(item, depth + 1) for name, item in value.items()}
        return value


@dataclass(frozen=True)
class Fitted:
    """A network of some width with the weights of a policy file, which tells of the episodes of its training.

    Transitions at the ends of the episodes, and their returns, are claims, and so is the width.
    """

    actor: Handle
    width: int
    steps: list[Any]
    returns: list[Any]


class Handle:
    """An object that stays inside the sandbox: ``handle.method(...)`` calls its method, result by value.

    Attributes:
        reference: How the wire names it.
        type_name: Name of its class, as the sandbox claims it.
    """

    def __init__(self, student: Student, reference: HandleRef) -> None:
        self._student = student
        self.reference = reference
        self.type_name = clean_text(reference.type_name)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self._method(False, name, args, kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._student.request("call", target=self, args=args, kwargs=kwargs)

    @property
    def keep(self) -> Keeping:
        """Like the object, but results of its methods stay inside."""
        return Keeping(lambda name, args, kwargs: self._method(True, name, args, kwargs))

    def _method(self, keep: bool, name: str, args: Any, kwargs: Any) -> Any:
        return self._student.request("method", keep, owner=self, name=name, args=args, kwargs=kwargs)

    def each(self, method: str, rows: np.ndarray, **kwargs: Any) -> list[Any]:
        """Calls a method with each row of an array; the results by value, in order."""
        results = self._student.request("each", owner=self, name=method, rows=rows, kwargs=kwargs)
        if not isinstance(results, list) or len(results) != len(rows):
            raise ReplyRejected("expected one result for each row")
        return results

    def value(self) -> Any:
        """The object by value."""
        return self._student.request("value", handle=self)

    def attribute(self, name: str) -> Any:
        """An attribute by value."""
        return self._student.request("attribute", owner=self, name=name)

    def keep_attribute(self, name: str) -> Handle:
        """An attribute that stays inside."""
        handle: Handle = self._student.request("attribute", True, owner=self, name=name)
        return handle

    def has_attribute(self, name: str) -> bool:
        """Whether the object has an attribute."""
        return self._student.request("has_attribute", owner=self, name=name) is True

    def spy(self, method: str) -> Handle:
        """Records the arguments of each call of a method from now on; read them with ``student.spied``."""
        handle: Handle = self._student.request("spy", True, owner=self, name=method)
        return handle

    def parameters(self) -> dict[str, Tensor]:
        """Values of a module's parameters by name."""
        return self._tensors(self._student.request("parameters", module=self))

    def parameter_gradients(self, of: Handle) -> dict[str, Tensor | None]:
        """Gradients of the sum of ``of`` by name of parameter; None where no graph leads to it."""
        result = self._student.request("parameter_gradients", of=of, module=self)
        known: dict[str, Tensor | None] = dict.fromkeys(result if isinstance(result, dict) else ())
        return known | self._tensors(result)

    def set_parameters(self, values: dict[str, Tensor]) -> None:
        """Overwrites parameters of a module by name."""
        self._student.request("set_parameters", module=self, values=values)

    @staticmethod
    def _tensors(result: Any) -> dict[str, Tensor]:
        if not isinstance(result, dict):
            raise ReplyRejected("expected named tensors")
        return {name: value for name, value in result.items() if isinstance(value, Tensor)}


class Keeping:
    """Turns ``keep.name(...)`` into a call whose result stays inside."""

    def __init__(self, call: Callable[[str, Any, Any], Handle]) -> None:
        self._call = call

    def __getattr__(self, name: str) -> Callable[..., Handle]:
        return lambda *args, **kwargs: self._call(name, args, kwargs)


def _outgoing(value: Any) -> Any:
    if isinstance(value, Handle):
        return value.reference
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple):
        return [_outgoing(item) for item in value]
    if isinstance(value, dict):
        return {name: _outgoing(item) for name, item in value.items()}
    return value
