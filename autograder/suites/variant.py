"""Variant: right solutions that look unlike the reference, which a hidden suite has to pass."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.errors import InputError


@dataclass(frozen=True)
class Variant:
    """Right cells in place of the reference's, handed in together.

    Attributes:
        id: Name of the variant.
        cells: Source by exercise.
        styles: Name of each exercise's solution, where it has one of its own.
    """

    id: str
    cells: Mapping[str, str]
    styles: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def numbered(cls, name: str, kinds: Mapping[str, Mapping[str, str]], number: int) -> Variant:
        """One solution of every exercise.

        Args:
            name: Id of the variant.
            kinds: By exercise: sources by the names of their styles.
            number: Which one of each, counted round.
        """
        styles = {exercise: list(sources)[number % len(sources)] for exercise, sources in kinds.items()}
        return cls(name, {exercise: kinds[exercise][style] for exercise, style in styles.items()}, styles)

    def style(self, exercise: str) -> str:
        """What the solution of an exercise is called."""
        return self.styles.get(exercise, self.id)

    @property
    def source(self) -> str:
        """All its cells, one after the other."""
        return "\n".join(self.cells.values())


def read_variants(module: str | None) -> tuple[Variant, ...]:
    """``VARIANTS`` of a module; none where no module is named.

    Raises:
        InputError: There is no such module, or no variants in it.
    """
    if module is None:
        return ()
    try:
        sys.path.insert(0, str(Path.cwd()))
        found = tuple(importlib.import_module(module).VARIANTS)
    except (ImportError, AttributeError, TypeError) as error:
        raise InputError(
            f"--variants {module}: expected a module with VARIANTS, right solutions of class "
            f"autograder.suites.variant.Variant; {error}"
        ) from error
    finally:
        sys.path.remove(str(Path.cwd()))
    if strangers := [each for each in found if not isinstance(each, Variant)]:
        raise InputError(
            f"--variants {module}: expected VARIANTS of class autograder.suites.variant.Variant, received "
            f"{type(strangers[0]).__name__}"
        )
    return found
