"""Variant: right solutions that look unlike the reference."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Variant:
    """Right cells in place of the reference's.

    Attributes:
        id: Name of the variant.
        cells: Source by exercise.
    """

    id: str
    cells: dict[str, str]
