"""Imports torch without its compiler, until somebody compiles; see torch 2.13.

``torch.optim`` imports ``torch._dynamo`` at its first step, only to tell a compiler that is not running where to stop
(``_use_grad_for_differentiable``, ``_disable_dynamo``): a second of CPU and 500 modules. A stand-in answers these two
questions; any other one brings in the real module.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable
from typing import Any

COMPILER = "torch._dynamo"


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

        if sys.modules.get(COMPILER) is self:
            del sys.modules[COMPILER]
            vars(torch).pop("_dynamo", None)
        return getattr(importlib.import_module(COMPILER), name)


def import_torch() -> None:
    """Imports torch and puts the stand-in in its place, unless torch has been imported before."""
    if "torch" in sys.modules:
        return
    import torch

    sys.modules[COMPILER] = torch._dynamo = DeferredCompiler(COMPILER)
