"""What the command line says beside its output, in one line."""

from __future__ import annotations

from rich.console import Console


def say(text: str) -> None:
    """Writes a line to standard error, with the program's name."""
    Console(stderr=True, soft_wrap=True).print(f"autograder: {text}", style="red", markup=False, highlight=False)
