"""What the course's notebooks import; nothing that students are asked to write."""

from typing import Any

from rlhelpers.seeding import set_seed
from rlhelpers.vector_environments import make_vec_env


def silence_mujoco() -> None: ...
def inline_checks(a: str) -> Any:
    return lambda name: None


def is_written(f: Any) -> bool:
    return "NotImplementedError" not in f.__code__.co_names
