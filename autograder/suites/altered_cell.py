"""AlteredCell: a right cell from which misconceptions are made by small edits, as students make them."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.suites.misconception import Misconception


@dataclass(frozen=True)
class AlteredCell:
    """A right implementation of an exercise.

    Attributes:
        exercise: Its name.
        source: The whole cell.
    """

    exercise: str
    source: str

    def misconception(self, identifier: str, sentence: str, *edits: tuple[str, str]) -> Misconception:
        """Makes a misconception.

        Args:
            identifier: Its id.
            sentence: What the student reads.
            edits: Pairs of a text that occurs once in the source, and what stands there instead.

        Raises:
            ValueError: A text does not occur, or more than once.
        """
        try:
            return Misconception(identifier, self.exercise, sentence, self.edited(*edits))
        except ValueError as error:
            raise ValueError(f"{self.exercise}.{identifier}: {error}") from error

    def edited(self, *edits: tuple[str, str]) -> str:
        """The cell after these edits.

        Raises:
            ValueError: A text does not occur, or more than once.
        """
        source = self.source
        for old, new in edits:
            found = source.count(old)
            if found != 1:
                raise ValueError(f"expected {old!r} once, received {found} of it")
            source = source.replace(old, new)
        return source.strip() + "\n"
