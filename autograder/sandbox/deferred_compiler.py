"""Imports torch without what only its compiler needs, until somebody compiles; see torch 2.13.

- ``torch._dynamo``: ``torch.optim`` imports it at its first step, only to tell a compiler that is not running where to
  stop (``_use_grad_for_differentiable``, ``_disable_dynamo``): a second of CPU and 500 modules. A stand-in answers
  these two questions; any other one brings in the real module.
- ``torch._meta_registrations``: shapes of results without data, a third of the import of torch. They come when the
  first tensor on the device ``meta`` is made, or with the compiler.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable
from typing import Any

COMPILER = "torch._dynamo"
META = "torch._meta_registrations"
# Every tensor on the device meta begins with one of these.
_META_FACTORIES = (("empty", "memory_format"), ("empty_strided", "default"))


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
        if isinstance(shapes := sys.modules.get(META), DeferredShapes):
            shapes.bring()  # not half-way through the import of the compiler, which makes tensors without data
        return getattr(_imported(self), name)


class DeferredShapes(types.ModuleType):
    """Stands for ``torch._meta_registrations`` while no tensor is without data."""

    library: Any = None

    def defer(self) -> None:
        """Takes the place of the factories of such tensors, until one is called."""
        import torch

        self.library = torch.library.Library("aten", "IMPL", "Meta")  # type: ignore[no-untyped-call]
        for name, overload in _META_FACTORIES:
            self.library.impl(f"{name}.{overload}".removesuffix(".default"), self._first(name, overload))

    def _first(self, name: str, overload: str) -> Callable[..., Any]:
        def factory(*args: Any, **kwargs: Any) -> Any:
            import torch

            self.bring()
            return getattr(getattr(torch.ops.aten, name), overload)(*args, **kwargs)

        return factory

    def bring(self) -> types.ModuleType:
        """Gives the factories back and imports the real module."""
        if self.library is not None:
            self.library._destroy()
            self.library = None
        return _imported(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.bring(), name)


def import_torch() -> None:
    """Imports torch and puts the stand-ins in their places, unless torch has been imported before."""
    if "torch" in sys.modules:
        return
    sys.modules[META] = shapes = DeferredShapes(META)
    import torch

    shapes.defer()
    sys.modules[COMPILER] = torch._dynamo = DeferredCompiler(COMPILER)


def _imported(stand_in: types.ModuleType) -> types.ModuleType:
    """The real module in place of its stand-in."""
    import torch

    name = stand_in.__name__
    if sys.modules.get(name) is stand_in:
        del sys.modules[name]
        vars(torch).pop(name.removeprefix("torch."), None)
    return importlib.import_module(name)
