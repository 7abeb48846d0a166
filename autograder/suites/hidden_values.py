"""Hidden values: numbers that a float32 holds exactly, and tensors that stay inside the sandbox."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.sandbox.student import Handle, Student
from autograder.sandbox.wire import Tensor

Floats = NDArray[np.float64]


def exact(values: Any) -> Floats:
    """Rounds to float32 and returns float64, so that an oracle sees the very numbers that the student gets."""
    return np.asarray(values, dtype=np.float32).astype(np.float64)


def kept(student: Student, sent: Tensor | Floats) -> Handle:
    """The tensor or array inside the sandbox: what a call does to it can be read back."""
    handle: Handle = student.request("value", keep=True, handle=sent)
    return handle


def values_of(student: Student, handles: list[Handle]) -> list[Any]:
    """All of these objects by value, in one request."""
    values = student.request("value", handle=handles)
    return values if isinstance(values, list) and len(values) == len(handles) else [None] * len(handles)
