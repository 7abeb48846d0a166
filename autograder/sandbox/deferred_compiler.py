"""Defers torch's compiler until somebody compiles.

``torch.optim`` imports ``torch._dynamo`` at its first step, only to tell a compiler that is not running where to stop:
a second of CPU and 500 modules. A stand-in answers these two questions; any other one brings in the real module.
See ``_use_grad_for_differentiable`` and ``_disable_dynamo`` in torch 2.13.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable
from typing import Any

NAME = "torch._dynamo"


class DeferredCompiler(types.ModuleType):
    """Stands for ``torch._dynamo`` while nothing is compiled."""

    @staticmethod
    def graph_break(msg: str = "") -> None:
        """Nothing is traced, so that there is no graph to break."""

    @staticmethod
    def disable(fn: Callable[..., Any] | None = None, recursive: bool = True, **_: Any) -> Any:
        """Nothing is compiled, so that every function is as it should be."""
        return fn if fn is not None else lambda function: function

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__path__":
            raise AttributeError(name)
        import torch

        if sys.modules.get(NAME) is self:
            del sys.modules[NAME]
            vars(torch).pop("_dynamo")
        return getattr(importlib.import_module(NAME), name)


def defer_compiler() -> None:
    """Puts the stand-in in its place, unless the real module has been imported."""
    import torch

    if NAME not in sys.modules:
        sys.modules[NAME] = torch._dynamo = DeferredCompiler(NAME)
